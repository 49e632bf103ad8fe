package io.github.jnpu.engine.backend;

import java.util.List;
import java.util.Optional;

/**
 * A network made ready for a device. It belongs to one scheduler thread: neither it nor its sequences are thread-safe.
 */
public interface Decoder extends AutoCloseable {

    /**
     * Room for one text.
     *
     * @param capacity
     *            how many tokens it can hold
     * @throws BackendException
     *             if the memory cannot be had
     */
    DecoderSequence newSequence(int capacity);

    /** Whether {@link #decode} runs several texts in one pass, so that the weights are read once for all of them. */
    default boolean decodesTogether() {
        return false;
    }

    /**
     * Runs one token each of several texts; only where {@link #decodesTogether()} says so. What a text gets is to the last bit what
     * {@link DecoderSequence#forward(int[], int, int, float[])} gives it alone.
     *
     * @param sequences
     *            of this decoder, all different
     * @param tokens
     *            the next one of each
     * @param logits
     *            receives one row each
     * @throws BackendException
     *             if the device fails; all texts stay as they were
     */
    default void decode(List<DecoderSequence> sequences, int[] tokens, float[][] logits) {
        throw new UnsupportedOperationException("this decoder takes one text at a time");
    }

    /** How many threads compute; a small model may use fewer than it was allowed. */
    int threads();

    /** In which number formats it computes, for people: {@code int8 products, f32 cache}; empty if there is nothing to say. */
    default String precision() {
        return "";
    }

    /** How many nodes of a compiled graph run on the device and how many elsewhere; empty if there is no such thing or nobody knows. */
    default Optional<NodeCounts> nodes() {
        return Optional.empty();
    }

    /** Nodes of a graph that a runtime has compiled. */
    record NodeCounts(int onDevice, int elsewhere) {}

    /** How many bytes one token takes in the KV cache, all layers together. */
    long cacheBytesPerToken();

    /** How many bytes buffers take that are there whether or not there is a sequence; weights left out. */
    default long bufferBytes() {
        return 0;
    }

    /** Frees weights and threads; sequences must be closed before. */
    @Override
    void close();
}
