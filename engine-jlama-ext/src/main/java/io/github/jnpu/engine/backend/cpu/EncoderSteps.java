package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.convert.graph.EncoderOperation.FullAttention;
import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.convert.graph.RopeFrequencies;

import java.util.Arrays;
import java.util.List;

/** The steps that only an {@link EncoderProgram} has. */
final class EncoderSteps {
    private EncoderSteps() {}

    /** Adds the same row to all tokens. */
    record AddRow(float[] input, float[] row, float[] output) implements Step {
        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            for (int t = Step.share(rows, worker, workers), end = Step.share(rows, worker + 1, workers); t < end; t++) {
                int offset = t * row.length;
                for (int i = 0; i < row.length; i++) {
                    output[offset + i] = input[offset + i] + row[i];
                }
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

    /** Adds to each token the row of its position. */
    record AddPositions(TextLayout layout, float[] input, float[] table, int width, float[] output) implements Step {
        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            for (int t = Step.share(rows, worker, workers), end = Step.share(rows, worker + 1, workers); t < end; t++) {
                int row = layout.positions[t] * width;
                for (int i = 0; i < width; i++) {
                    output[t * width + i] = input[t * width + i] + table[row + i];
                }
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

    /** A norm of whole rows. */
    record LayerNorm(Kernels kernels, float[] input, float[] gain, float[] bias, float epsilon, float[] output)
            implements
                Step {
        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            for (int t = Step.share(rows, worker, workers), end = Step.share(rows, worker + 1, workers); t < end; t++) {
                kernels.layerNorm(input, t * gain.length, gain, bias, epsilon, output, t * gain.length);
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

    /** {@code activation(input)}. */
    record Activate(Kernels kernels, Activation activation, float[] input, int width, float[] output) implements Step {
        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            int count = rows * width;
            kernels.activate(activation, input, output, Step.share(count, worker, workers),
                    Step.share(count, worker + 1, workers));
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

    /** Sine and cosine of each token's position in its text, once for all layers. */
    record RopeAngles(TextLayout layout, RopeFrequencies frequencies, float[] cosines, float[] sines) implements Step {
        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            float[] inverse = frequencies.inverse();
            for (int t = Step.share(rows, worker, workers), end = Step.share(rows, worker + 1, workers); t < end; t++) {
                for (int i = 0; i < inverse.length; i++) {
                    double angle = (double) layout.positions[t] * inverse[i];
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

    /**
     * A worker's own memory for attention.
     *
     * @param queries
     *            [rows][head width], scaled
     * @param keys
     *            up to {@link AttentionKernels#PANEL} positions as a panel
     * @param values
     *            the same as panels
     * @param scores
     *            [rows][{@link AttentionKernels#PANEL}]
     */
    record Workspace(float[] queries, float[] keys, float[] values, float[] scores, AttentionState state) {
        /** As many as share a panel of keys before it is gathered again. */
        static final int ROWS = 64;

        static Workspace of(int headWidth) {
            int panel = AttentionKernels.PANEL;
            return new Workspace(new float[ROWS * headWidth], new float[headWidth * panel],
                    new float[AttentionState.panels(headWidth) * panel * panel], new float[ROWS * panel],
                    AttentionState.of(ROWS, headWidth));
        }
    }

    /** Attention of each text over itself: a head and up to {@link Workspace#ROWS} tokens of a text are one task. */
    record Attend(AttentionKernels kernels, FullAttention attention, TextLayout layout, float[] query, float[] key,
            float[] value, float[] output, Workspace[] workspaces) implements Step {
        private static final int PANEL = AttentionKernels.PANEL;

        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            int task = 0;
            for (int text = 0; text < layout.texts(); text++) {
                int start = layout.starts[text];
                int end = layout.starts[text + 1];
                for (int head = 0; head < attention.heads(); head++) {
                    for (int from = start; from < end; from += Workspace.ROWS) {
                        if (task++ % workers == worker) {
                            attend(workspaces[worker], head, start, end, from, Math.min(end, from + Workspace.ROWS));
                        }
                    }
                }
            }
        }

        private void attend(Workspace workspace, int head, int start, int end, int from, int to) {
            int width = attention.headWidth();
            int stride = attention.heads() * width;
            int column = head * width;
            int rows = to - from;
            float[] queries = workspace.queries();
            for (int row = 0; row < rows; row++) {
                int source = (from + row) * stride + column;
                for (int i = 0; i < width; i++) {
                    queries[row * width + i] = query[source + i] * attention.scale();
                }
            }
            AttentionState state = workspace.state();
            state.clear(0, rows);
            for (int page = start; page < end; page += PANEL) {
                int positions = Math.min(PANEL, end - page);
                gather(workspace, page, positions, stride, column);
                Arrays.fill(workspace.scores(), 0, rows * PANEL, 0);
                kernels.multiplyAdd(queries, 0, width, rows, 0, width, workspace.keys(), 0, positions,
                        workspace.scores(), 0, PANEL);
                kernels.weigh(workspace.scores(), rows, 0, positions, state, 0);
                for (int first = 0; first < width; first += PANEL) {
                    kernels.multiplyAdd(workspace.scores(), 0, PANEL, rows, 0, positions, workspace.values(),
                            first * PANEL, Math.min(PANEL, width - first), state.outputs(), first, state.stride());
                }
            }
            for (int row = 0; row < rows; row++) {
                state.finishRow(row, output, (from + row) * stride + column, width);
            }
        }

        /** Keys by features, values by positions. */
        private void gather(Workspace workspace, int page, int positions, int stride, int column) {
            int width = attention.headWidth();
            for (int position = 0; position < positions; position++) {
                int source = (page + position) * stride + column;
                for (int i = 0; i < width; i++) {
                    workspace.keys()[i * PANEL + position] = key[source + i];
                }
                for (int first = 0; first < width; first += PANEL) {
                    System.arraycopy(value, source + first, workspace.values(), (first + position) * PANEL,
                            Math.min(PANEL, width - first));
                }
            }
        }

        @Override
        public List<Object> reads() {
            return List.of(query, key, value);
        }

        @Override
        public List<Object> writes() {
            return List.of(output);
        }
    }
}
