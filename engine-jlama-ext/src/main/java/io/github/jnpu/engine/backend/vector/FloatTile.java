package io.github.jnpu.engine.backend.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products of a few rows of floats with many tokens: a tile of 4 rows and 4 tokens keeps 16 sums in registers, so that a loaded
 * vector is used four times.
 *
 * <p>A stride that C2 cannot see as constant keeps it from unrolling, which was worth half as much again on a Zen 5; on the Xeon
 * (Granite Rapids, 2.6 GHz, JDK 25.0.3) that this was measured on it lost a quarter: 134 to 158 against 101 to 126 microseconds
 * for 64 rows of 2048 and 32 tokens. So the loop is a plain one.
 */
final class FloatTile {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    /** Rows that {@link #multiply} takes at once. */
    static final int ROWS = 4;

    private FloatTile() {}

    /** Scratch floats that {@link #multiply} needs for its sums, behind the weights. */
    static final int SUMS = 16 * F.length();

    /**
     * {@code output[t * outputStride + r] = dot(weights[r], input[t])} for up to 4 rows.
     *
     * @param weights
     *            {@code ROWS * columns} floats from the start of the array, of which {@code rows} rows are used; behind them
     *            {@link #SUMS} floats of scratch
     */
    static void multiply(float[] weights, int rows, int columns, float[] input, int tokens, float[] output,
            int outputOffset, int outputStride) {
        int sums = ROWS * columns;
        int t = 0;
        if (rows == ROWS) {
            for (; t + 4 <= tokens; t += 4) {
                fourByFour(weights, columns, input, t * columns, weights, sums);
                for (int i = 0; i < 16; i++) {
                    output[outputOffset + (t + i / 4) * outputStride + i % 4] = Lanes.sum(weights,
                            sums + i * F.length());
                }
                if (columns % F.length() != 0) {
                    addTail(weights, columns, input, t * columns, output, outputOffset + t * outputStride,
                            outputStride);
                }
            }
        }
        for (; t < tokens; t++) {
            for (int r = 0; r < rows; r++) {
                output[outputOffset + t * outputStride + r] = oneByOne(weights, r * columns, input, t * columns,
                        columns,
                        weights, sums);
            }
        }
    }

    /** What is left over from the tiles, summed in their order: a token's result must not depend on its neighbours. */
    private static float oneByOne(float[] w, int wOffset, float[] x, int xOffset, int columns, float[] sums,
            int sumsOffset) {
        FloatVector s = FloatVector.zero(F);
        int end = F.loopBound(columns);
        for (int i = 0; i < end; i += F.length()) {
            s = FloatVector.fromArray(F, w, wOffset + i).fma(FloatVector.fromArray(F, x, xOffset + i), s);
        }
        s.intoArray(sums, sumsOffset);
        float sum = Lanes.sum(sums, sumsOffset);
        for (int i = end; i < columns; i++) {
            sum += w[wOffset + i] * x[xOffset + i];
        }
        return sum;
    }

    /** The columns behind the last whole vector. */
    private static void addTail(float[] w, int columns, float[] x, int xOffset, float[] output, int outputOffset,
            int outputStride) {
        for (int i = F.loopBound(columns); i < columns; i++) {
            for (int t = 0; t < 4; t++) {
                float v = x[xOffset + t * columns + i];
                for (int r = 0; r < 4; r++) {
                    output[outputOffset + t * outputStride + r] += w[r * columns + i] * v;
                }
            }
        }
    }

    /** Leaves 16 vectors of partial sums, token by token: sixteen calls that take a vector would box every one of them. */
    private static void fourByFour(float[] w, int columns, float[] x, int xOffset, float[] sums, int sumsOffset) {
        FloatVector s00 = FloatVector.zero(F);
        FloatVector s01 = s00;
        FloatVector s02 = s00;
        FloatVector s03 = s00;
        FloatVector s10 = s00;
        FloatVector s11 = s00;
        FloatVector s12 = s00;
        FloatVector s13 = s00;
        FloatVector s20 = s00;
        FloatVector s21 = s00;
        FloatVector s22 = s00;
        FloatVector s23 = s00;
        FloatVector s30 = s00;
        FloatVector s31 = s00;
        FloatVector s32 = s00;
        FloatVector s33 = s00;
        int end = F.loopBound(columns);
        int x1 = xOffset + columns;
        int x2 = x1 + columns;
        int x3 = x2 + columns;
        for (int i = 0; i < end; i += F.length()) {
            FloatVector w0 = FloatVector.fromArray(F, w, i);
            FloatVector w1 = FloatVector.fromArray(F, w, columns + i);
            FloatVector w2 = FloatVector.fromArray(F, w, 2 * columns + i);
            FloatVector w3 = FloatVector.fromArray(F, w, 3 * columns + i);
            FloatVector v = FloatVector.fromArray(F, x, xOffset + i);
            s00 = w0.fma(v, s00);
            s01 = w1.fma(v, s01);
            s02 = w2.fma(v, s02);
            s03 = w3.fma(v, s03);
            v = FloatVector.fromArray(F, x, x1 + i);
            s10 = w0.fma(v, s10);
            s11 = w1.fma(v, s11);
            s12 = w2.fma(v, s12);
            s13 = w3.fma(v, s13);
            v = FloatVector.fromArray(F, x, x2 + i);
            s20 = w0.fma(v, s20);
            s21 = w1.fma(v, s21);
            s22 = w2.fma(v, s22);
            s23 = w3.fma(v, s23);
            v = FloatVector.fromArray(F, x, x3 + i);
            s30 = w0.fma(v, s30);
            s31 = w1.fma(v, s31);
            s32 = w2.fma(v, s32);
            s33 = w3.fma(v, s33);
        }
        s00.intoArray(sums, sumsOffset);
        s01.intoArray(sums, sumsOffset + F.length());
        s02.intoArray(sums, sumsOffset + 2 * F.length());
        s03.intoArray(sums, sumsOffset + 3 * F.length());
        s10.intoArray(sums, sumsOffset + 4 * F.length());
        s11.intoArray(sums, sumsOffset + 5 * F.length());
        s12.intoArray(sums, sumsOffset + 6 * F.length());
        s13.intoArray(sums, sumsOffset + 7 * F.length());
        s20.intoArray(sums, sumsOffset + 8 * F.length());
        s21.intoArray(sums, sumsOffset + 9 * F.length());
        s22.intoArray(sums, sumsOffset + 10 * F.length());
        s23.intoArray(sums, sumsOffset + 11 * F.length());
        s30.intoArray(sums, sumsOffset + 12 * F.length());
        s31.intoArray(sums, sumsOffset + 13 * F.length());
        s32.intoArray(sums, sumsOffset + 14 * F.length());
        s33.intoArray(sums, sumsOffset + 15 * F.length());
    }

    /** The product of two ranges. */
    static float dot(float[] a, int aOffset, float[] b, int bOffset, int count) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        int i = 0;
        for (; i + 4 * F.length() <= count; i += 4 * F.length()) {
            s0 = FloatVector.fromArray(F, a, aOffset + i).fma(FloatVector.fromArray(F, b, bOffset + i), s0);
            s1 = FloatVector.fromArray(F, a, aOffset + i + F.length())
                    .fma(FloatVector.fromArray(F, b, bOffset + i + F.length()), s1);
            s2 = FloatVector.fromArray(F, a, aOffset + i + 2 * F.length())
                    .fma(FloatVector.fromArray(F, b, bOffset + i + 2 * F.length()), s2);
            s3 = FloatVector.fromArray(F, a, aOffset + i + 3 * F.length())
                    .fma(FloatVector.fromArray(F, b, bOffset + i + 3 * F.length()), s3);
        }
        for (; i + F.length() <= count; i += F.length()) {
            s0 = FloatVector.fromArray(F, a, aOffset + i).fma(FloatVector.fromArray(F, b, bOffset + i), s0);
        }
        float sum = Lanes.sum(s0.add(s1).add(s2.add(s3)));
        for (; i < count; i++) {
            sum += a[aOffset + i] * b[bOffset + i];
        }
        return sum;
    }
}
