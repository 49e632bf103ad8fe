package io.github.jnpu.samples.demo.train;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Work on single rows. Results do not depend on the vector width. */
final class RowKernels {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    /** Row lengths here are multiples of it: two vectors of 512 bits. */
    static final int WIDTH_MULTIPLE = 32;

    private static final float LOG2_E = 1.44269504f;
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    /** 1.5 * 2^23: adding it rounds a small float to a whole number in the low bits. */
    private static final float ROUNDER = 12582912f;

    private RowKernels() {}

    /**
     * {@code target[0..width) = sum over i of weight[i] * rows[i]}, or adds to it.
     *
     * @param weightStride
     *            distance of neighbouring weights
     * @param rowStride
     *            distance of neighbouring rows
     * @param width
     *            a multiple of {@value #WIDTH_MULTIPLE}
     */
    static void combine(float[] weights, int weightOffset, int weightStride, int count, float[] rows, int rowOffset,
            int rowStride, float[] target, int targetOffset, int width, boolean accumulate) {
        int column = 0;
        // Four chains of sums at a time where there are as many columns: a multiply-add takes four cycles.
        for (; column + 4 * LANES <= width; column += 4 * LANES) {
            combineFour(weights, weightOffset, weightStride, count, rows, rowOffset + column, rowStride, target,
                    targetOffset + column, accumulate);
        }
        for (; column < width; column += 2 * LANES) {
            FloatVector low = accumulate
                    ? FloatVector.fromArray(SPECIES, target, targetOffset + column)
                    : FloatVector.zero(SPECIES);
            FloatVector high = accumulate
                    ? FloatVector.fromArray(SPECIES, target, targetOffset + column + LANES)
                    : FloatVector.zero(SPECIES);
            int w = weightOffset;
            int r = rowOffset + column;
            for (int i = 0; i < count; i++) {
                FloatVector weight = FloatVector.broadcast(SPECIES, weights[w]);
                low = weight.fma(FloatVector.fromArray(SPECIES, rows, r), low);
                high = weight.fma(FloatVector.fromArray(SPECIES, rows, r + LANES), high);
                w += weightStride;
                r += rowStride;
            }
            low.intoArray(target, targetOffset + column);
            high.intoArray(target, targetOffset + column + LANES);
        }
    }

    /**
     * {@link #combine} for four rows of weights and of targets at once: eight chains of sums, so that the multiply-adds need not wait
     * for each other.
     *
     * @param weightRow
     *            distance of the rows of weights
     * @param targetRow
     *            distance of the rows of targets
     */
    static void combineFourRows(float[] weights, int weightOffset, int weightRow, int weightStride, int count,
            float[] rows, int rowOffset, int rowStride, float[] target, int targetOffset, int targetRow, int width,
            boolean accumulate) {
        for (int column = 0; column < width; column += 2 * LANES) {
            int t0 = targetOffset + column;
            int t1 = t0 + targetRow;
            int t2 = t1 + targetRow;
            int t3 = t2 + targetRow;
            FloatVector zero = FloatVector.zero(SPECIES);
            FloatVector low0 = accumulate ? FloatVector.fromArray(SPECIES, target, t0) : zero;
            FloatVector high0 = accumulate ? FloatVector.fromArray(SPECIES, target, t0 + LANES) : zero;
            FloatVector low1 = accumulate ? FloatVector.fromArray(SPECIES, target, t1) : zero;
            FloatVector high1 = accumulate ? FloatVector.fromArray(SPECIES, target, t1 + LANES) : zero;
            FloatVector low2 = accumulate ? FloatVector.fromArray(SPECIES, target, t2) : zero;
            FloatVector high2 = accumulate ? FloatVector.fromArray(SPECIES, target, t2 + LANES) : zero;
            FloatVector low3 = accumulate ? FloatVector.fromArray(SPECIES, target, t3) : zero;
            FloatVector high3 = accumulate ? FloatVector.fromArray(SPECIES, target, t3 + LANES) : zero;
            int w = weightOffset;
            int r = rowOffset + column;
            for (int i = 0; i < count; i++) {
                FloatVector low = FloatVector.fromArray(SPECIES, rows, r);
                FloatVector high = FloatVector.fromArray(SPECIES, rows, r + LANES);
                FloatVector weight = FloatVector.broadcast(SPECIES, weights[w]);
                low0 = weight.fma(low, low0);
                high0 = weight.fma(high, high0);
                weight = FloatVector.broadcast(SPECIES, weights[w + weightRow]);
                low1 = weight.fma(low, low1);
                high1 = weight.fma(high, high1);
                weight = FloatVector.broadcast(SPECIES, weights[w + 2 * weightRow]);
                low2 = weight.fma(low, low2);
                high2 = weight.fma(high, high2);
                weight = FloatVector.broadcast(SPECIES, weights[w + 3 * weightRow]);
                low3 = weight.fma(low, low3);
                high3 = weight.fma(high, high3);
                w += weightStride;
                r += rowStride;
            }
            low0.intoArray(target, t0);
            high0.intoArray(target, t0 + LANES);
            low1.intoArray(target, t1);
            high1.intoArray(target, t1 + LANES);
            low2.intoArray(target, t2);
            high2.intoArray(target, t2 + LANES);
            low3.intoArray(target, t3);
            high3.intoArray(target, t3 + LANES);
        }
    }

    private static void combineFour(float[] weights, int weightOffset, int weightStride, int count, float[] rows,
            int rowOffset, int rowStride, float[] target, int targetOffset, boolean accumulate) {
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector s0 = accumulate ? FloatVector.fromArray(SPECIES, target, targetOffset) : zero;
        FloatVector s1 = accumulate ? FloatVector.fromArray(SPECIES, target, targetOffset + LANES) : zero;
        FloatVector s2 = accumulate ? FloatVector.fromArray(SPECIES, target, targetOffset + 2 * LANES) : zero;
        FloatVector s3 = accumulate ? FloatVector.fromArray(SPECIES, target, targetOffset + 3 * LANES) : zero;
        int w = weightOffset;
        int r = rowOffset;
        for (int i = 0; i < count; i++) {
            FloatVector weight = FloatVector.broadcast(SPECIES, weights[w]);
            s0 = weight.fma(FloatVector.fromArray(SPECIES, rows, r), s0);
            s1 = weight.fma(FloatVector.fromArray(SPECIES, rows, r + LANES), s1);
            s2 = weight.fma(FloatVector.fromArray(SPECIES, rows, r + 2 * LANES), s2);
            s3 = weight.fma(FloatVector.fromArray(SPECIES, rows, r + 3 * LANES), s3);
            w += weightStride;
            r += rowStride;
        }
        s0.intoArray(target, targetOffset);
        s1.intoArray(target, targetOffset + LANES);
        s2.intoArray(target, targetOffset + 2 * LANES);
        s3.intoArray(target, targetOffset + 3 * LANES);
    }

    /** The dot product as eight interleaved partial sums. */
    static float dot(float[] a, int aOffset, float[] b, int bOffset, int length) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        float s4 = 0;
        float s5 = 0;
        float s6 = 0;
        float s7 = 0;
        for (int i = 0; i < length; i += 8) {
            s0 += a[aOffset + i] * b[bOffset + i];
            s1 += a[aOffset + i + 1] * b[bOffset + i + 1];
            s2 += a[aOffset + i + 2] * b[bOffset + i + 2];
            s3 += a[aOffset + i + 3] * b[bOffset + i + 3];
            s4 += a[aOffset + i + 4] * b[bOffset + i + 4];
            s5 += a[aOffset + i + 5] * b[bOffset + i + 5];
            s6 += a[aOffset + i + 6] * b[bOffset + i + 6];
            s7 += a[aOffset + i + 7] * b[bOffset + i + 7];
        }
        return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
    }

    /**
     * Turns the first {@code length} of {@code paddedLength} scores into probabilities and zeroes the rest.
     *
     * @param paddedLength
     *            a multiple of {@value #WIDTH_MULTIPLE}
     */
    static void softmax(float[] row, int offset, int length, int paddedLength) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < length; i++) {
            max = Math.max(max, row[offset + i]);
        }
        for (int i = length; i < paddedLength; i++) {
            row[offset + i] = max;
        }
        for (int i = 0; i < paddedLength; i += LANES) {
            exp(FloatVector.fromArray(SPECIES, row, offset + i).sub(max)).intoArray(row, offset + i);
        }
        double sum = 0;
        for (int i = 0; i < length; i++) {
            sum += row[offset + i];
        }
        float inverse = (float) (1 / sum);
        for (int i = 0; i < length; i++) {
            row[offset + i] *= inverse;
        }
        for (int i = length; i < paddedLength; i++) {
            row[offset + i] = 0;
        }
    }

    /** {@code target = silu(gate) * up}; a row of {@code gateUp} is the gate's features, then as many of {@code up}. */
    static void gate(float[] gateUp, int offset, float[] target, int targetOffset, int width) {
        for (int i = 0; i < width; i += LANES) {
            FloatVector g = FloatVector.fromArray(SPECIES, gateUp, offset + i);
            FloatVector up = FloatVector.fromArray(SPECIES, gateUp, offset + width + i);
            FloatVector sigmoid = FloatVector.broadcast(SPECIES, 1).div(exp(g.neg()).add(1));
            g.mul(sigmoid).mul(up).intoArray(target, targetOffset + i);
        }
    }

    /** The gradient of {@link #gate} overwrites {@code gateUp}. */
    static void gateBackward(float[] gateUp, int offset, float[] gradient, int gradientOffset, int width) {
        for (int i = 0; i < width; i += LANES) {
            FloatVector g = FloatVector.fromArray(SPECIES, gateUp, offset + i);
            FloatVector up = FloatVector.fromArray(SPECIES, gateUp, offset + width + i);
            FloatVector d = FloatVector.fromArray(SPECIES, gradient, gradientOffset + i);
            FloatVector sigmoid = FloatVector.broadcast(SPECIES, 1).div(exp(g.neg()).add(1));
            FloatVector silu = g.mul(sigmoid);
            // d silu / d g = s + g s (1 - s) = s + silu - silu s
            FloatVector slope = sigmoid.add(silu).sub(silu.mul(sigmoid));
            d.mul(up).mul(slope).intoArray(gateUp, offset + i);
            d.mul(silu).intoArray(gateUp, offset + width + i);
        }
    }

    // Math.exp may differ in the last bit between machines, this one may not. Relative error below 2e-7 (Cephes' expf
    // polynomial).
    private static FloatVector exp(FloatVector x) {
        FloatVector clamped = x.max(-87f).min(88f);
        FloatVector rounded = clamped.mul(LOG2_E).add(ROUNDER);
        FloatVector n = rounded.sub(ROUNDER);
        FloatVector r = clamped.sub(n.mul(LN2_HIGH)).sub(n.mul(LN2_LOW));
        FloatVector p = r.mul(1.9875691500e-4f).add(1.3981999507e-3f);
        p = p.mul(r).add(8.3334519073e-3f);
        p = p.mul(r).add(4.1665795894e-2f);
        p = p.mul(r).add(1.6666665459e-1f);
        p = p.mul(r).add(5.0000001201e-1f);
        p = p.mul(r).mul(r).add(r).add(1);
        IntVector power = rounded.reinterpretAsInts().sub(Float.floatToRawIntBits(ROUNDER)).add(127)
                .lanewise(VectorOperators.LSHL, 23);
        return p.mul(power.reinterpretAsFloats());
    }
}
