package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.convert.graph.Operation.RopeLayout;
import io.github.jnpu.convert.graph.RopeFrequencies;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** The steps that a {@link Program} is made of, one for each kind of operation; attention has {@link AttentionSteps}. */
final class Steps {
    private Steps() {}

    /** Token ids to rows of the table. */
    record Embed(WeightMatrix table, float[] output) implements Step {
        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            int width = table.columns();
            for (int t = Step.share(rows, worker, workers), end = Step.share(rows, worker + 1, workers); t < end; t++) {
                table.copyRow(batch.tokens[batch.from + t], output, t * width);
            }
        }

        @Override
        public List<Object> reads() {
            return List.of();
        }

        @Override
        public List<Object> writes() {
            return List.of(output);
        }
    }

    /** The residual stream as the caller brings it. */
    record StreamIn(float[] output, int width) implements Step {
        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            int from = Step.share(rows, worker, workers) * width;
            int to = Step.share(rows, worker + 1, workers) * width;
            System.arraycopy(batch.stream, batch.streamOffset + from, output, from, to - from);
        }

        @Override
        public List<Object> reads() {
            return List.of();
        }

        @Override
        public List<Object> writes() {
            return List.of(output);
        }
    }

    /** The residual stream for whoever goes on with it. */
    record StreamOut(float[] input, int width) implements Step {
        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            int from = Step.share(rows, worker, workers) * width;
            int to = Step.share(rows, worker + 1, workers) * width;
            System.arraycopy(input, from, batch.stream, batch.streamOffset + from, to - from);
        }

        @Override
        public List<Object> reads() {
            return List.of(input);
        }

        @Override
        public List<Object> writes() {
            return List.of();
        }
    }

    /** Moves the rows whose logits are wanted to the front. */
    record SelectLast(float[] stream, int width) implements Step {
        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            if (worker == 0) {
                System.arraycopy(stream, (batch.count - rows) * width, stream, 0, rows * width);
            }
        }

        @Override
        public List<Object> reads() {
            return List.of(stream);
        }

        @Override
        public List<Object> writes() {
            return List.of(stream);
        }
    }

    /** A norm of whole rows, or of each head where the gain is shorter than a row. */
    record RmsNorm(Kernels kernels, float[] input, float[] gain, float epsilon, int width, float[] output)
            implements
                Step {
        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            int groups = rows * (width / gain.length);
            for (int g = Step.share(groups, worker, workers),
                    end = Step.share(groups, worker + 1, workers); g < end; g++) {
                kernels.rmsNorm(input, g * gain.length, gain, epsilon, output, g * gain.length);
            }
        }

        @Override
        public List<Object> reads() {
            return List.of(input);
        }

        @Override
        public List<Object> writes() {
            return List.of(output);
        }
    }

    /** Rearranges the input of the products that follow; decode reads it as it is. */
    record Pack(Kernels kernels, float[] input, int columns, MemorySegment panels) implements Step {
        /** Columns that a worker takes at once: whole lines of the input. */
        private static final int COLUMNS = 16;

        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            if (batch.decode) {
                return;
            }
            int blocks = (columns + COLUMNS - 1) / COLUMNS;
            kernels.pack(input, rows, columns, panels, Step.share(blocks, worker, workers) * COLUMNS,
                    Math.min(columns, Step.share(blocks, worker + 1, workers) * COLUMNS));
        }

        @Override
        public List<Object> reads() {
            return List.of(input);
        }

        @Override
        public List<Object> writes() {
            return List.of(panels);
        }
    }

    /**
     * A product with a weight matrix.
     *
     * @param panels
     *            where {@link Pack} put the input
     * @param bias
     *            null for none
     * @param output
     *            null for the caller's logits
     * @param scratch
     *            one array for each worker
     * @param ones
     *            room for one token's input for each worker; empty if there is no decode
     */
    record Projection(WeightMatrix weight, float[] input, MemorySegment panels, float[] bias, float[] output,
            Scratch[] scratch, float[][] ones) implements Step {
        /** Of weights: what a core's second-level cache keeps beside a product's inputs. */
        private static final long CACHED_BYTES = 256 << 10;

        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            int blocks = (weight.rows() + weight.rowGranularity() - 1) / weight.rowGranularity();
            int from = Step.share(blocks, worker, workers) * weight.rowGranularity();
            int to = Math.min(weight.rows(), Step.share(blocks, worker + 1, workers) * weight.rowGranularity());
            if (from >= to) {
                return;
            }
            float[] target = output == null ? batch.logits : output;
            int offset = output == null ? batch.logitsOffset : 0;
            if (batch.decode && rows == 1) {
                weight.multiplyOne(input, target, offset, from, to, scratch[worker]);
            } else if (batch.decode) {
                multiplyEach(rows, target, offset, from, to, worker);
            } else {
                weight.multiply(input, panels, rows, target, offset, from, to, scratch[worker]);
            }
            if (bias != null) {
                for (int t = 0; t < rows; t++) {
                    int row = offset + t * weight.rows();
                    for (int i = from; i < to; i++) {
                        target[row + i] += bias[i];
                    }
                }
            }
        }

        /**
         * Some rows of weights times each token: the first brings them from memory, the others find them in the core's cache. Each
         * token gets what it would get alone.
         */
        private void multiplyEach(int rows, float[] target, int offset, int from, int to, int worker) {
            float[] one = ones[worker];
            int columns = weight.columns();
            long bytesPerRow = Math.max(1, Math.max(weight.packedBytes(), weight.fileBytes()) / weight.rows());
            int granularity = weight.rowGranularity();
            int band = Math.toIntExact(Math.max(1, CACHED_BYTES / bytesPerRow / granularity)) * granularity;
            for (int row = from; row < to; row += band) {
                int end = Math.min(to, row + band);
                for (int t = 0; t < rows; t++) {
                    System.arraycopy(input, t * columns, one, 0, columns);
                    weight.multiplyOne(one, target, offset + t * weight.rows(), row, end, scratch[worker]);
                }
            }
        }

        @Override
        public List<Object> reads() {
            return List.of(input, panels);
        }

        @Override
        public List<Object> writes() {
            return output == null ? List.of() : List.of(output);
        }
    }

    /**
     * Sine and cosine of all positions in the batch, once for all layers.
     *
     * @param cosines
     *            [tokens][pairs]
     */
    record RopeAngles(RopeFrequencies frequencies, float[] cosines, float[] sines) implements Step {
        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            float[] inverse = frequencies.inverse();
            for (int t = Step.share(rows, worker, workers), end = Step.share(rows, worker + 1, workers); t < end; t++) {
                for (int i = 0; i < inverse.length; i++) {
                    // In double: at position 100,000 a float angle is off by a hundredth of a radian.
                    double angle = (double) batch.position(t) * inverse[i];
                    cosines[t * inverse.length + i] = (float) Math.cos(angle) * frequencies.magnitude();
                    sines[t * inverse.length + i] = (float) Math.sin(angle) * frequencies.magnitude();
                }
            }
        }

        @Override
        public List<Object> reads() {
            return List.of();
        }

        @Override
        public List<Object> writes() {
            return List.of(cosines, sines);
        }
    }

    /** Turns the feature pairs of every head. */
    record Rope(float[] input, int width, int headWidth, RopeLayout layout, float[] cosines, float[] sines, int pairs,
            float[] output) implements Step {
        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            int heads = width / headWidth;
            int tasks = rows * heads;
            int stride = layout == RopeLayout.ADJACENT ? 1 : pairs;
            int step = layout == RopeLayout.ADJACENT ? 2 : 1;
            for (int task = Step.share(tasks, worker, workers), end = Step.share(tasks, worker + 1,
                    workers); task < end; task++) {
                int offset = task * headWidth;
                int angles = task / heads * pairs;
                for (int i = 0; i < pairs; i++) {
                    int first = offset + i * step;
                    float a = input[first];
                    float b = input[first + stride];
                    float cos = cosines[angles + i];
                    float sin = sines[angles + i];
                    output[first] = a * cos - b * sin;
                    output[first + stride] = a * sin + b * cos;
                }
                System.arraycopy(input, offset + 2 * pairs, output, offset + 2 * pairs, headWidth - 2 * pairs);
            }
        }

        @Override
        public List<Object> reads() {
            return List.of(input, cosines, sines);
        }

        @Override
        public List<Object> writes() {
            return List.of(output);
        }
    }

    /** {@code activation(gate) * up}. */
    record Gate(Kernels kernels, Activation activation, float[] gate, float[] up, int width, float[] output)
            implements
                Step {
        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            int count = rows * width;
            kernels.gate(activation, gate, up, output, Step.share(count, worker, workers),
                    Step.share(count, worker + 1, workers));
        }

        @Override
        public List<Object> reads() {
            return List.of(gate, up);
        }

        @Override
        public List<Object> writes() {
            return List.of(output);
        }
    }

    /** {@code left + right}. */
    record Add(Kernels kernels, float[] left, float[] right, int width, float[] output) implements Step {
        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            int count = rows * width;
            kernels.add(left, right, output, Step.share(count, worker, workers),
                    Step.share(count, worker + 1, workers));
        }

        @Override
        public List<Object> reads() {
            return List.of(left, right);
        }

        @Override
        public List<Object> writes() {
            return List.of(output);
        }
    }
}
