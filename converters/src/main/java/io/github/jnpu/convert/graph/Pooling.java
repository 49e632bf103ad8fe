package io.github.jnpu.convert.graph;

import java.util.Arrays;
import java.util.Optional;

/** How the rows of a text's tokens become one vector. */
public enum Pooling {
    /** The mean of all rows. */
    MEAN(1),
    /** The first row. */
    CLS(2),
    /** The last row. */
    LAST(3);

    private final int fileId;

    Pooling(int fileId) {
        this.fileId = fileId;
    }

    /** The pooling with llama.cpp's number ({@code ARCHITECTURE.pooling_type}), if it is one that makes a vector. */
    public static Optional<Pooling> of(long fileId) {
        return Arrays.stream(values()).filter(pooling -> pooling.fileId == fileId).findFirst();
    }

    /** GGUF's number. */
    public int fileId() {
        return fileId;
    }

    /**
     * Pools the rows of one text.
     *
     * @param rows
     *            [tokens][width]
     * @param firstRow
     *            the text's first row
     * @param count
     *            its tokens, at least 1
     * @param target
     *            [width]
     */
    public void pool(float[] rows, int firstRow, int count, float[] target) {
        int width = target.length;
        switch (this) {
            case CLS -> System.arraycopy(rows, firstRow * width, target, 0, width);
            case LAST -> System.arraycopy(rows, (firstRow + count - 1) * width, target, 0, width);
            case MEAN -> {
                Arrays.fill(target, 0);
                for (int row = firstRow; row < firstRow + count; row++) {
                    for (int i = 0; i < width; i++) {
                        target[i] += rows[row * width + i];
                    }
                }
                for (int i = 0; i < width; i++) {
                    target[i] /= count;
                }
            }
        }
    }
}
