package io.github.jnpu.engine.backend.cpu;

import java.lang.foreign.MemorySegment;

/** A weight matrix ready for products. Thread-safe as long as threads take different rows. */
public interface WeightMatrix {

    int rows();

    int columns();

    /** A multiple of this many rows is a good share for a worker. */
    default int rowGranularity() {
        return 16;
    }

    /**
     * Prefill: {@code output[t][r] = dot(input[t], row r)}, for rows {@code fromRow} to {@code toRow - 1}. What a token gets does
     * not depend on the other tokens, to the last bit: prompts are cut where the cache ends, and that must not change the text.
     *
     * @param input
     *            {@code tokens} rows of {@link #columns()} floats
     * @param panels
     *            the same by {@link Kernels#pack}
     * @param output
     *            {@code tokens} rows of {@link #rows()} floats, the first at {@code outputOffset}
     * @param scratch
     *            the worker's own
     */
    void multiply(float[] input, MemorySegment panels, int tokens, float[] output, int outputOffset, int fromRow,
            int toRow,
            Scratch scratch);

    /**
     * Decode: the same for one token, made for memory bandwidth. The last bits may differ from {@link #multiply}.
     */
    void multiplyOne(float[] input, float[] output, int outputOffset, int fromRow, int toRow, Scratch scratch);

    /** How many floats of scratch memory a worker needs for a product with up to so many tokens. */
    int scratchFloats(int tokens);

    /**
     * Where the weights lie that {@link #load} fills, or that lie there already; before anything else.
     *
     * @param memory
     *            native memory, aligned to 64 bytes, of {@link #packedBytes} bytes; zeros, or what an equal matrix was laid out to
     */
    default void place(MemorySegment memory) {}

    /** What {@link #load} fills for these rows, which begin at a multiple of {@link #rowGranularity()}. */
    default MemorySegment packed(int fromRow, int toRow) {
        return MemorySegment.NULL;
    }

    /**
     * Lays rows out as products want them, if that is not how they lie in the file; once for each row, before its first product.
     * Threads may share the work, each with rows that begin at a multiple of {@link #rowGranularity()}.
     */
    default void load(int fromRow, int toRow) {}

    /** Bytes that {@link #load} fills, in all; 0 if the weights stay where they are. */
    default long packedBytes() {
        return 0;
    }

    /** Bytes of the same weights in the file; 0 if unknown. */
    default long fileBytes() {
        return 0;
    }

    /** Writes one row as {@link #columns()} floats, for looking embeddings up. */
    void copyRow(int row, float[] target, int offset);
}
