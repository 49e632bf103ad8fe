package io.github.jnpu.engine.backend.cpu;

/**
 * The tokens that go through the network together: of one text one behind the other, or one each of several texts. Reused from batch to
 * batch, read by all workers.
 */
final class Batch {
    int[] tokens;
    /** Where the batch begins in {@link #tokens}. */
    int from;
    int count;
    /** Whether these are tokens with logits, one of each text, which run on other kernels than prefill. */
    boolean decode;
    /** The position of the first token in its sequence, where all are of one. */
    int position;
    KeyValueCache cache;
    /** The position of each token where each is of another text; else null. */
    int[] positions;
    KeyValueCache[] caches;
    /** The residual stream that comes from another part of the network or goes to one; null for a whole network. */
    float[] stream;
    int streamOffset;
    /** For how many of the last tokens logits are wanted. */
    int logitRows;
    float[] logits;
    int logitsOffset;

    /** Whether each token is of another text. */
    boolean ofSeveralTexts() {
        return positions != null;
    }

    int position(int token) {
        return positions == null ? position + token : positions[token];
    }

    KeyValueCache cache(int token) {
        return caches == null ? cache : caches[token];
    }
}
