package io.github.jnpu.engine.backend.cpu;

/** The tokens that go through the network together; reused from batch to batch, read by all workers. */
final class Batch {
    int[] tokens;
    /** Where the batch begins in {@link #tokens}. */
    int from;
    int count;
    /** Whether this is one token with logits, which runs on other kernels than prefill. */
    boolean decode;
    /** The position of the first token in its sequence. */
    int position;
    KeyValueCache cache;
    /** The residual stream that comes from another part of the network or goes to one; null for a whole network. */
    float[] stream;
    int streamOffset;
    /** For how many of the last tokens logits are wanted. */
    int logitRows;
    float[] logits;
    int logitsOffset;
}
