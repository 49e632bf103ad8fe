package io.github.jnpu.samples.demo.train;

import java.util.Random;

/** A weight matrix (or a norm's vector, one row) with its gradient and AdamW's two moments. */
public final class Parameter {
    private final String name;
    private final int rows;
    private final int columns;
    final float[] value;
    final float[] gradient;
    final float[] firstMoment;
    final float[] secondMoment;
    private final float[] transposed;

    Parameter(String name, int rows, int columns) {
        this.name = name;
        this.rows = rows;
        this.columns = columns;
        this.value = new float[rows * columns];
        this.gradient = new float[rows * columns];
        this.firstMoment = new float[rows * columns];
        this.secondMoment = new float[rows * columns];
        this.transposed = new float[rows == 1 ? 0 : rows * columns];
    }

    Parameter gaussian(Random random, double deviation, int usedRows) {
        for (int i = 0; i < usedRows * columns; i++) {
            value[i] = (float) (deviation * random.nextGaussian());
        }
        return this;
    }

    Parameter ones() {
        java.util.Arrays.fill(value, 1);
        return this;
    }

    public String name() {
        return name;
    }

    public int rows() {
        return rows;
    }

    public int columns() {
        return columns;
    }

    /** The weights, row-major {@code [rows, columns]}; the array itself. */
    public float[] value() {
        return value;
    }

    /** What a checkpoint has to keep. */
    java.util.List<float[]> state() {
        return java.util.List.of(value, firstMoment, secondMoment);
    }

    boolean isMatrix() {
        return rows > 1;
    }

    /** {@code [columns, rows]}, as of the last {@link #transpose}. */
    float[] transposed() {
        return transposed;
    }

    void transpose() {
        // In squares, so that both sides stay in the cache.
        int square = 16;
        for (int r0 = 0; r0 < rows; r0 += square) {
            for (int c0 = 0; c0 < columns; c0 += square) {
                int lastRow = Math.min(rows, r0 + square);
                int lastColumn = Math.min(columns, c0 + square);
                for (int c = c0; c < lastColumn; c++) {
                    for (int r = r0; r < lastRow; r++) {
                        transposed[c * rows + r] = value[r * columns + c];
                    }
                }
            }
        }
    }
}
