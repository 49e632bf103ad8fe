package io.github.jnpu.samples.demo.train;

import java.util.Arrays;

/** Causal grouped-query attention with rope over the sequences of a batch, forward and backward. */
final class Attention {
    private final NetworkShape shape;
    private final float[] cosines;
    private final float[] sines;
    private final float scale;

    Attention(NetworkShape shape) {
        this.shape = shape;
        int pairs = shape.headWidth() / 2;
        cosines = new float[shape.context() * pairs];
        sines = new float[shape.context() * pairs];
        for (int position = 0; position < shape.context(); position++) {
            for (int pair = 0; pair < pairs; pair++) {
                double angle = position * StrictMath.pow(NetworkShape.ROPE_BASE, -2.0 * pair / shape.headWidth());
                cosines[position * pairs + pair] = (float) StrictMath.cos(angle);
                sines[position * pairs + pair] = (float) StrictMath.sin(angle);
            }
        }
        scale = (float) (1 / Math.sqrt(shape.headWidth()));
    }

    /** Floats needed for the attention probabilities of a batch. */
    int probabilityCount(Batch batch) {
        int count = 0;
        for (int s = 0; s < batch.sequences(); s++) {
            count += shape.heads() * batch.length(s) * padded(batch.length(s));
        }
        return count;
    }

    private static int padded(int length) {
        int multiple = RowKernels.WIDTH_MULTIPLE;
        return (length + multiple - 1) / multiple * multiple;
    }

    /**
     * Turns neighbouring features of queries and keys by the position's angles, in place.
     *
     * @param direction
     *            1, or -1 for the way back (the gradient)
     */
    void rotate(Workers workers, Batch batch, float[] queryKeyValue, int direction) {
        int pairs = shape.headWidth() / 2;
        int stride = shape.queryKeyValueWidth();
        int turning = shape.width() + shape.keyValueWidth();
        workers.forEach(batch.size(), token -> {
            int angles = batch.positions()[token] * pairs;
            for (int i = 0; i < turning / 2; i++) {
                int at = token * stride + 2 * i;
                float cosine = cosines[angles + i % pairs];
                float sine = direction * sines[angles + i % pairs];
                float a = queryKeyValue[at];
                float b = queryKeyValue[at + 1];
                queryKeyValue[at] = a * cosine - b * sine;
                queryKeyValue[at + 1] = a * sine + b * cosine;
            }
        });
    }

    /**
     * Forward.
     *
     * @param queryKeyValue
     *            {@code [tokens, queryKeyValueWidth]}, rotated
     * @param probabilities
     *            receives them, for the way back
     * @param output
     *            {@code [tokens, width]}
     */
    void forward(Workers workers, Batch batch, float[] queryKeyValue, float[] probabilities, float[] output) {
        int[] offsets = probabilityOffsets(batch);
        workers.forEach(batch.sequences(), s -> forward(batch.start(s), batch.length(s), queryKeyValue, probabilities,
                offsets[s], output));
    }

    private void forward(int start, int length, float[] qkv, float[] probabilities, int offset, float[] output) {
        int stride = shape.queryKeyValueWidth();
        int headWidth = shape.headWidth();
        int padded = padded(length);
        float[] keys = new float[headWidth * padded];
        for (int head = 0; head < shape.heads(); head++) {
            int keyAt = start * stride + keyOffset(head);
            int valueAt = keyAt + shape.keyValueWidth();
            transpose(qkv, keyAt, stride, length, keys, padded);
            for (int i = 0; i < length; i++) {
                int row = offset + (head * length + i) * padded;
                int visible = padded(i + 1);
                RowKernels.combine(qkv, (start + i) * stride + head * headWidth, 1, headWidth, keys, 0, padded,
                        probabilities, row, visible, false);
                for (int j = row; j < row + visible; j++) {
                    probabilities[j] *= scale;
                }
                RowKernels.softmax(probabilities, row, i + 1, visible);
            }
            combineCausal(probabilities, offset + head * length * padded, padded, length, qkv, valueAt, stride, output,
                    start * shape.width() + head * headWidth, shape.width());
        }
    }

    /**
     * Backward.
     *
     * @param outputGradient
     *            {@code [tokens, width]}
     * @param gradient
     *            receives the gradient of {@code queryKeyValue}, still rotated
     */
    void backward(Workers workers, Batch batch, float[] queryKeyValue, float[] probabilities, float[] output,
            float[] outputGradient, float[] gradient) {
        int[] offsets = probabilityOffsets(batch);
        workers.forEach(batch.sequences(), s -> backward(batch.start(s), batch.length(s), queryKeyValue, probabilities,
                offsets[s], output, outputGradient, gradient));
    }

    private void backward(int start, int length, float[] qkv, float[] probabilities, int offset, float[] output,
            float[] outputGradient, float[] gradient) {
        int stride = shape.queryKeyValueWidth();
        int width = shape.width();
        int headWidth = shape.headWidth();
        int padded = padded(length);
        float[] values = new float[headWidth * padded];
        float[] scores = new float[length * padded];
        for (int head = 0; head < shape.heads(); head++) {
            int queryAt = start * stride + head * headWidth;
            int keyAt = start * stride + keyOffset(head);
            int valueAt = keyAt + shape.keyValueWidth();
            int outputAt = start * width + head * headWidth;
            int firstRow = offset + head * length * padded;
            transpose(qkv, valueAt, stride, length, values, padded);
            for (int i = 0; i < length; i++) {
                int row = i * padded;
                RowKernels.combine(outputGradient, outputAt + i * width, 1, headWidth, values, 0, padded, scores, row,
                        padded(i + 1), false);
                float mean = RowKernels.dot(output, outputAt + i * width, outputGradient, outputAt + i * width,
                        headWidth);
                for (int j = 0; j <= i; j++) {
                    scores[row + j] = scale * probabilities[firstRow + row + j] * (scores[row + j] - mean);
                }
                // What four rows at once may read.
                Arrays.fill(scores, row + i + 1, row + padded(i + 1), 0);
            }
            combineCausal(scores, 0, padded, length, qkv, keyAt, stride, gradient, queryAt, stride);
            // The first query head of a group begins the group's sum.
            boolean add = head % (shape.heads() / shape.keyValueHeads()) != 0;
            gather(scores, 0, padded, length, qkv, queryAt, stride, gradient, keyAt, stride, add);
            gather(probabilities, firstRow, padded, length, outputGradient, outputAt, width, gradient, valueAt, stride,
                    add);
        }
    }

    /** Row i of the target becomes the sum of rows 0 to i, weighted with row i of a matrix that is zero behind it. */
    private void combineCausal(float[] weights, int weightAt, int padded, int length, float[] rows, int rowAt,
            int rowStride, float[] target, int targetAt, int targetStride) {
        int headWidth = shape.headWidth();
        int i = 0;
        for (; i + 4 <= length; i += 4) {
            RowKernels.combineFourRows(weights, weightAt + i * padded, padded, 1, i + 4, rows, rowAt, rowStride, target,
                    targetAt + i * targetStride, targetStride, headWidth, false);
        }
        for (; i < length; i++) {
            RowKernels.combine(weights, weightAt + i * padded, 1, i + 1, rows, rowAt, rowStride, target,
                    targetAt + i * targetStride, headWidth, false);
        }
    }

    /** The transposed {@link #combineCausal}: row j is the sum of the rows from j on, weighted with column j. */
    private void gather(float[] weights, int weightAt, int padded, int length, float[] rows, int rowAt, int rowStride,
            float[] target, int targetAt, int targetStride, boolean add) {
        int headWidth = shape.headWidth();
        int j = 0;
        for (; j + 4 <= length; j += 4) {
            RowKernels.combineFourRows(weights, weightAt + j * padded + j, 1, padded, length - j, rows,
                    rowAt + j * rowStride, rowStride, target, targetAt + j * targetStride, targetStride, headWidth,
                    add);
        }
        for (; j < length; j++) {
            RowKernels.combine(weights, weightAt + j * padded + j, padded, length - j, rows,
                    rowAt + j * rowStride, rowStride, target, targetAt + j * targetStride, headWidth, add);
        }
    }

    private int keyOffset(int head) {
        return shape.width() + head / (shape.heads() / shape.keyValueHeads()) * shape.headWidth();
    }

    private int[] probabilityOffsets(Batch batch) {
        int[] offsets = new int[batch.sequences()];
        for (int s = 1; s < offsets.length; s++) {
            int length = batch.length(s - 1);
            offsets[s] = offsets[s - 1] + shape.heads() * length * padded(length);
        }
        return offsets;
    }

    private void transpose(float[] from, int offset, int stride, int length, float[] to, int padded) {
        for (int i = 0; i < length; i++) {
            for (int d = 0; d < shape.headWidth(); d++) {
                to[d * padded + i] = from[offset + i * stride + d];
            }
        }
    }
}
