package io.github.jnpu.engine.backend.cpu;

/**
 * A worker's own memory for products: dequantised weights, partial sums, where rows are.
 *
 * @param floats
 *            as many as {@link WeightMatrix#scratchFloats(int)} asks for
 * @param addresses
 *            {@link #ROWS} addresses in native memory
 */
public record Scratch(float[] floats, long[] addresses) {
    /** The most rows that a kernel multiplies together. */
    public static final int ROWS = 8;

    /** Enough for products of matrices that need so many floats. */
    public static Scratch of(int floats) {
        return new Scratch(new float[floats], new long[ROWS]);
    }

    /** Enough for products of a matrix with up to so many tokens. */
    public static Scratch of(WeightMatrix matrix, int tokens) {
        return of(matrix.scratchFloats(tokens));
    }
}
