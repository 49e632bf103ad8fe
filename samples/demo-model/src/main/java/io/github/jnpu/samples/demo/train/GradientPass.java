package io.github.jnpu.samples.demo.train;

import io.github.jnpu.samples.demo.train.MatrixProduct.Factor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One pass forward and back through a network: the mean cross-entropy of a batch, and its gradient in the parameters.
 * Holds the buffers of the passes; for one thread.
 */
public final class GradientPass {
    private final Network network;
    private final NetworkShape shape;
    private final Workers workers;
    private final Attention attention;
    private final int maxTokens;
    private final List<LayerState> states = new ArrayList<>();
    private final float[] stream;
    private final float[] outputScales;
    private final float[] normed;
    private final float[] logits;
    private final float[] streamGradient;
    private final float[] wideGradient;
    private final float[] featureGradient;

    /** What the way back needs to know of a layer's way forward. */
    private static final class LayerState {
        private final float[] input;
        private final float[] attentionScales;
        private final float[] attentionInput;
        private final float[] queryKeyValue;
        private float[] probabilities = {};
        private final float[] attended;
        private final float[] middle;
        private final float[] feedForwardScales;
        private final float[] feedForwardInput;
        private final float[] gateUp;
        private final float[] gated;

        LayerState(NetworkShape shape, int tokens) {
            input = new float[tokens * shape.width()];
            attentionScales = new float[tokens];
            attentionInput = new float[tokens * shape.width()];
            queryKeyValue = new float[tokens * shape.queryKeyValueWidth()];
            attended = new float[tokens * shape.width()];
            middle = new float[tokens * shape.width()];
            feedForwardScales = new float[tokens];
            feedForwardInput = new float[tokens * shape.width()];
            gateUp = new float[tokens * 2 * shape.feedForward()];
            gated = new float[tokens * shape.feedForward()];
        }
    }

    /**
     * Allocates buffers.
     *
     * @param maxTokens
     *            of a batch
     */
    public GradientPass(Network network, Workers workers, int maxTokens) {
        this.network = network;
        this.shape = network.shape();
        this.workers = workers;
        this.maxTokens = maxTokens;
        this.attention = new Attention(shape);
        for (int i = 0; i < shape.layers(); i++) {
            states.add(new LayerState(shape, maxTokens));
        }
        stream = new float[maxTokens * shape.width()];
        outputScales = new float[maxTokens];
        normed = new float[maxTokens * shape.width()];
        logits = new float[maxTokens * shape.paddedVocabulary()];
        streamGradient = new float[maxTokens * shape.width()];
        wideGradient = new float[maxTokens * Math.max(shape.feedForward(), shape.queryKeyValueWidth())];
        featureGradient = new float[maxTokens * shape.width()];
    }

    /**
     * Adds the gradient of the batch's mean loss to the parameters' gradients.
     *
     * @return the mean cross-entropy in nats over the scored tokens
     */
    public double accumulate(Batch batch) {
        double loss = forward(batch);
        backward(batch);
        return loss;
    }

    /** The mean cross-entropy alone. */
    public double loss(Batch batch) {
        return forward(batch);
    }

    /** Whether each sequence's scored tokens are all the network's first choice: then greedy decoding writes them. */
    public boolean[] predictsExactly(Batch batch) {
        forwardToLogits(batch);
        boolean[] exact = new boolean[batch.sequences()];
        Arrays.fill(exact, true);
        int row = shape.paddedVocabulary();
        int sequence = 0;
        for (int i = 0; i < batch.scored(); i++) {
            while (batch.predictors()[i] >= batch.start(sequence + 1)) {
                sequence++;
            }
            float best = logits[i * row + batch.targets()[i]];
            for (int j = 0; j < shape.vocabulary(); j++) {
                exact[sequence] &= logits[i * row + j] <= best;
            }
        }
        return exact;
    }

    private double forward(Batch batch) {
        forwardToLogits(batch);
        return crossEntropy(batch);
    }

    private void forwardToLogits(Batch batch) {
        int tokens = batch.size();
        if (tokens > maxTokens || batch.scored() == 0) {
            throw new IllegalArgumentException(
                    "a batch of %d tokens, %d of them scored; at most %d, at least one scored".formatted(tokens,
                            batch.scored(), maxTokens));
        }
        List<Parameter> matrices = network.parameters().stream().filter(Parameter::isMatrix).toList();
        workers.forEach(matrices.size(), i -> matrices.get(i).transpose());
        int width = shape.width();
        float[] table = network.embeddings().value;
        for (int t = 0; t < tokens; t++) {
            System.arraycopy(table, batch.tokens()[t] * width, stream, t * width, width);
        }
        for (int i = 0; i < shape.layers(); i++) {
            forward(batch, network.layers().get(i), states.get(i));
        }
        int scored = batch.scored();
        float[] norm = network.outputNorm().value;
        workers.forEach(scored, i -> outputScales[i] = normalize(stream, batch.predictors()[i] * width, norm, normed,
                i * width));
        project(network.embeddings(), normed, logits, scored, false);
    }

    private void forward(Batch batch, Network.Layer layer, LayerState state) {
        int tokens = batch.size();
        int width = shape.width();
        System.arraycopy(stream, 0, state.input, 0, tokens * width);
        normalize(state.input, layer.attentionNorm(), state.attentionInput, state.attentionScales, tokens);
        project(layer.queryKeyValue(), state.attentionInput, state.queryKeyValue, tokens, false);
        attention.rotate(workers, batch, state.queryKeyValue, 1);
        int needed = attention.probabilityCount(batch);
        if (state.probabilities.length < needed) {
            state.probabilities = new float[needed];
        }
        attention.forward(workers, batch, state.queryKeyValue, state.probabilities, state.attended);
        project(layer.attentionOutput(), state.attended, stream, tokens, true);
        System.arraycopy(stream, 0, state.middle, 0, tokens * width);
        normalize(state.middle, layer.feedForwardNorm(), state.feedForwardInput, state.feedForwardScales, tokens);
        project(layer.gateUp(), state.feedForwardInput, state.gateUp, tokens, false);
        int feedForward = shape.feedForward();
        workers.forEach(tokens, t -> RowKernels.gate(state.gateUp, t * 2 * feedForward, state.gated, t * feedForward,
                feedForward));
        project(layer.down(), state.gated, stream, tokens, true);
    }

    /** Leaves the gradient of the logits in their place. */
    private double crossEntropy(Batch batch) {
        int scored = batch.scored();
        int row = shape.paddedVocabulary();
        float share = 1f / scored;
        double[] losses = new double[scored];
        workers.forEach(scored, i -> {
            int offset = i * row;
            RowKernels.softmax(logits, offset, shape.vocabulary(), row);
            int target = offset + batch.targets()[i];
            losses[i] = -StrictMath.log(Math.max(logits[target], Float.MIN_NORMAL));
            logits[target] -= 1;
            for (int j = offset; j < offset + row; j++) {
                logits[j] *= share;
            }
        });
        return Arrays.stream(losses).sum() / scored;
    }

    private void backward(Batch batch) {
        int width = shape.width();
        int scored = batch.scored();
        Parameter table = network.embeddings();
        Arrays.fill(streamGradient, 0, batch.size() * width, 0);
        projectBackward(table, normed, logits, featureGradient, scored);
        normalizeBackward(stream, batch.predictors(), network.outputNorm(), outputScales, featureGradient, scored);
        for (int i = shape.layers() - 1; i >= 0; i--) {
            backward(batch, network.layers().get(i), states.get(i));
        }
        for (int t = 0; t < batch.size(); t++) {
            int target = batch.tokens()[t] * width;
            for (int d = 0; d < width; d++) {
                table.gradient[target + d] += streamGradient[t * width + d];
            }
        }
    }

    private void backward(Batch batch, Network.Layer layer, LayerState state) {
        int tokens = batch.size();
        int feedForward = shape.feedForward();
        projectBackward(layer.down(), state.gated, streamGradient, wideGradient, tokens);
        workers.forEach(tokens, t -> RowKernels.gateBackward(state.gateUp, t * 2 * feedForward, wideGradient,
                t * feedForward, feedForward));
        projectBackward(layer.gateUp(), state.feedForwardInput, state.gateUp, featureGradient, tokens);
        normalizeBackward(state.middle, null, layer.feedForwardNorm(), state.feedForwardScales, featureGradient,
                tokens);
        projectBackward(layer.attentionOutput(), state.attended, streamGradient, featureGradient, tokens);
        attention.backward(workers, batch, state.queryKeyValue, state.probabilities, state.attended, featureGradient,
                wideGradient);
        attention.rotate(workers, batch, wideGradient, -1);
        projectBackward(layer.queryKeyValue(), state.attentionInput, wideGradient, featureGradient, tokens);
        normalizeBackward(state.input, null, layer.attentionNorm(), state.attentionScales, featureGradient, tokens);
    }

    private void project(Parameter weight, float[] input, float[] output, int tokens, boolean add) {
        MatrixProduct.multiply(workers, Factor.of(input, weight.columns()), weight.transposed(), output, tokens,
                weight.rows(), weight.columns(), add);
    }

    /** The weight's gradient is added to, the input's replaced. */
    private void projectBackward(Parameter weight, float[] input, float[] outputGradient, float[] inputGradient,
            int tokens) {
        MatrixProduct.multiply(workers, Factor.transposed(outputGradient, weight.rows()), input, weight.gradient,
                weight.rows(), weight.columns(), tokens, true);
        MatrixProduct.multiply(workers, Factor.of(outputGradient, weight.rows()), weight.value, inputGradient, tokens,
                weight.columns(), weight.rows(), false);
    }

    private void normalize(float[] input, Parameter weight, float[] output, float[] scales, int tokens) {
        int width = shape.width();
        workers.forEach(tokens, t -> scales[t] = normalize(input, t * width, weight.value, output, t * width));
    }

    private float normalize(float[] input, int offset, float[] weight, float[] output, int target) {
        int width = shape.width();
        float square = RowKernels.dot(input, offset, input, offset, width) / width;
        float scale = (float) (1 / Math.sqrt(square + NetworkShape.NORM_EPSILON));
        for (int d = 0; d < width; d++) {
            output[target + d] = input[offset + d] * scale * weight[d];
        }
        return scale;
    }

    /**
     * Adds to the gradients of the residual stream and of the norm's weight.
     *
     * @param rows
     *            the row of the stream that each gradient belongs to; null for all in order
     */
    private void normalizeBackward(float[] input, int[] rows, Parameter weight, float[] scales, float[] gradient,
            int count) {
        int width = shape.width();
        float[] sum = weight.gradient;
        for (int i = 0; i < count; i++) {
            int at = (rows == null ? i : rows[i]) * width;
            float scale = scales[i];
            for (int d = 0; d < width; d++) {
                sum[d] += gradient[i * width + d] * input[at + d] * scale;
            }
        }
        workers.forEach(count, i -> {
            int at = (rows == null ? i : rows[i]) * width;
            int from = i * width;
            float scale = scales[i];
            for (int d = 0; d < width; d++) {
                gradient[from + d] *= weight.value[d];
            }
            float slope = RowKernels.dot(gradient, from, input, at, width) * scale * scale * scale / width;
            for (int d = 0; d < width; d++) {
                streamGradient[at + d] += gradient[from + d] * scale - input[at + d] * slope;
            }
        });
    }
}
