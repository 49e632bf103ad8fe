package io.github.jnpu.engine.backend.cpu;

/**
 * A worker's own memory for a product: dequantised weights, quantised activations, partial sums.
 *
 * @param floats
 *            as many as {@link WeightMatrix#scratchFloats()} asks for
 * @param ints
 *            as many as {@link WeightMatrix#scratchInts()} asks for
 */
public record Scratch(float[] floats, int[] ints) {

    /** Enough for products of a matrix with up to so many tokens. */
    public static Scratch of(WeightMatrix matrix, int tokens) {
        return new Scratch(new float[matrix.scratchFloats(tokens)], new int[matrix.scratchInts()]);
    }
}
