package io.github.jnpu.engine.backend;

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

    /** How many threads compute; a small model may use fewer than it was allowed. */
    int threads();

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
