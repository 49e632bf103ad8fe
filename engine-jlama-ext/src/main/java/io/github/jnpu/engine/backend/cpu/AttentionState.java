package io.github.jnpu.engine.backend.cpu;

import java.util.Arrays;

/**
 * What rows of attention have gathered so far; a row is one query head of one token.
 *
 * @param maxima
 *            the largest score of a row; minus infinity if it has seen nothing
 * @param sums
 *            [rows][{@link AttentionKernels#SUMS}]: parts of the sum of {@code exp(score - maximum)}
 * @param outputs
 *            [rows][stride]: values weighted by {@code exp(score - maximum)}
 * @param stride
 *            whole panels
 */
public record AttentionState(float[] maxima, float[] sums, float[] outputs, int stride) {

    static AttentionState of(int rows, int valueWidth) {
        int stride = panels(valueWidth) * AttentionKernels.PANEL;
        return new AttentionState(new float[rows], new float[Math.multiplyExact(rows, AttentionKernels.SUMS)],
                new float[Math.multiplyExact(rows, stride)], stride);
    }

    /** How many panels values of this width take. */
    static int panels(int valueWidth) {
        return (valueWidth + AttentionKernels.PANEL - 1) / AttentionKernels.PANEL;
    }

    int rows() {
        return maxima.length;
    }

    /** Forgets what some rows have gathered. */
    void clear(int firstRow, int rows) {
        Arrays.fill(maxima, firstRow, firstRow + rows, Float.NEGATIVE_INFINITY);
        Arrays.fill(sums, firstRow * AttentionKernels.SUMS, (firstRow + rows) * AttentionKernels.SUMS, 0);
        Arrays.fill(outputs, firstRow * stride, (firstRow + rows) * stride, 0);
    }

    /** Takes a row over as it is. */
    void copyRow(int row, AttentionState from, int fromRow) {
        maxima[row] = from.maxima[fromRow];
        System.arraycopy(from.sums, fromRow * AttentionKernels.SUMS, sums, row * AttentionKernels.SUMS,
                AttentionKernels.SUMS);
        System.arraycopy(from.outputs, fromRow * stride, outputs, row * stride, stride);
    }

    /** Adds what a row has gathered elsewhere, from later positions. */
    void addRow(int row, AttentionState from, int fromRow) {
        if (maxima[row] == Float.NEGATIVE_INFINITY) {
            copyRow(row, from, fromRow);
            return;
        }
        float maximum = Math.max(maxima[row], from.maxima[fromRow]);
        // One of the two is 1; Math.exp rounds alike in the interpreter and in compiled code.
        float mine = (float) Math.exp(maxima[row] - maximum);
        float theirs = (float) Math.exp(from.maxima[fromRow] - maximum);
        maxima[row] = maximum;
        add(sums, row * AttentionKernels.SUMS, mine, from.sums, fromRow * AttentionKernels.SUMS, theirs,
                AttentionKernels.SUMS);
        add(outputs, row * stride, mine, from.outputs, fromRow * stride, theirs, stride);
    }

    private static void add(float[] a, int aOffset, float aScale, float[] b, int bOffset, float bScale, int count) {
        for (int i = 0; i < count; i++) {
            a[aOffset + i] = a[aOffset + i] * aScale + b[bOffset + i] * bScale;
        }
    }

    /** Writes what a row gathered, divided by the sum of its weights. */
    void finishRow(int row, float[] target, int offset, int width) {
        float sum = 0;
        for (int i = row * AttentionKernels.SUMS; i < (row + 1) * AttentionKernels.SUMS; i++) {
            sum += sums[i];
        }
        float scale = 1 / sum;
        for (int i = 0; i < width; i++) {
            target[offset + i] = outputs[row * stride + i] * scale;
        }
    }
}
