package io.github.jnpu.engine.backend.cpu;

/**
 * A worker's own memory for products: dequantised weights, partial sums.
 *
 * @param floats
 *            as many as {@link WeightMatrix#scratchFloats(int)} asks for
 */
public record Scratch(float[] floats) {

    /** Enough for products of a matrix with up to so many tokens. */
    public static Scratch of(WeightMatrix matrix, int tokens) {
        return new Scratch(new float[matrix.scratchFloats(tokens)]);
    }
}
