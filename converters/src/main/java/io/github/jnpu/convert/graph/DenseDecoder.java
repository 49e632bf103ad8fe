package io.github.jnpu.convert.graph;

import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.convert.graph.Operation.Attention;
import io.github.jnpu.convert.graph.Operation.GatedActivation;
import io.github.jnpu.convert.graph.Operation.Rope;
import io.github.jnpu.convert.graph.Operation.RopeLayout;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Dequantizer;

/**
 * The block that llama made common: pre-norm, rope attention with grouped heads, gated SiLU feed-forward. The models of this
 * family differ in rope's layout, in biases and in norms of the heads; the latter two are known by their tensors.
 */
final class DenseDecoder {
    /**
     * llama.cpp reads {@code attention.sliding_window} for other families (Phi 3, Gemma) and passes over it here: with
     * {@code --override-kv llama.attention.sliding_window=int:16} its 0.7.0 gives the same perplexity to the last digit.
     */
    private static final int NO_WINDOW = 0;

    private final ModelConfig config;
    private final ModelSource source;
    private final RopeLayout ropeLayout;
    private final GraphAssembler graph;
    private final RopeFrequencies frequencies;

    DenseDecoder(ModelConfig config, ModelSource source, RopeLayout ropeLayout) {
        this.config = config;
        this.source = source;
        this.ropeLayout = ropeLayout;
        this.graph = new GraphAssembler(config, source);
        this.frequencies = RopeFrequencies.of(config.rope(), ropeFactors());
        if (source.metadata().integer(config.architecture() + ".expert_count").orElse(0L) > 0) {
            throw new ModelFormatException(
                    "%s: mixture-of-experts models are not supported yet".formatted(source.location()));
        }
    }

    DecoderGraph build() {
        Value stream = graph.embed("token_embd.weight");
        for (int i = 0; i < config.layers(); i++) {
            Value attended = attention(i, stream);
            stream = feedForward(i, attended);
            graph.endLayer(stream);
        }
        Value normed = graph.rmsNorm("output_norm", stream);
        // Without a table of its own, the output shares the embedding's.
        String output = source.tensor("output.weight").isPresent() ? "output.weight" : "token_embd.weight";
        ModelTensor table = graph.require(output, config.vocabularySize(), config.embeddingLength());
        Value logits = graph.add("output", config.vocabularySize(),
                value -> new Operation.Projection(normed, table, source.tensor("output.bias"), value));
        return graph.finish(logits);
    }

    private Value attention(int layer, Value stream) {
        String prefix = "blk." + layer + ".";
        int keyWidth = config.keyLength();
        Value normed = graph.rmsNorm(prefix + "attn_norm", stream);
        Value query = graph.project(prefix + "attn_q", normed, config.heads() * keyWidth);
        Value key = graph.project(prefix + "attn_k", normed, config.keyValueHeads() * keyWidth);
        Value value = graph.project(prefix + "attn_v", normed, config.keyValueHeads() * config.valueLength());
        Value turnedQuery = turn(prefix + "attn_q", query);
        Value turnedKey = turn(prefix + "attn_k", key);
        float scale = (float) (1 / Math.sqrt(keyWidth));
        Value attended = graph.add(prefix + "attn", config.heads() * config.valueLength(),
                output -> new Attention(turnedQuery, turnedKey, value, layer, config.heads(), config.keyValueHeads(),
                        keyWidth,
                        config.valueLength(), scale, NO_WINDOW, output));
        Value projected = graph.project(prefix + "attn_output", attended, config.embeddingLength());
        return graph.addValues(prefix + "attn_residual", stream, projected);
    }

    /** Norm of the heads, where the model has one, and rope. */
    private Value turn(String name, Value heads) {
        Value normed = source.tensor(name + "_norm.weight").isPresent()
                ? graph.headNorm(name + "_norm", heads, config.keyLength())
                : heads;
        return graph.add(name + "_rope", heads.width(),
                output -> new Rope(normed, config.keyLength(), ropeLayout, frequencies, output));
    }

    private Value feedForward(int layer, Value stream) {
        String prefix = "blk." + layer + ".";
        Value normed = graph.rmsNorm(prefix + "ffn_norm", stream);
        Value gate = graph.project(prefix + "ffn_gate", normed, config.feedForwardLength());
        Value up = graph.project(prefix + "ffn_up", normed, config.feedForwardLength());
        Value gated = graph.add(prefix + "ffn_gated", config.feedForwardLength(),
                output -> new GatedActivation(gate, up, Activation.SILU, output));
        Value down = graph.project(prefix + "ffn_down", gated, config.embeddingLength());
        return graph.addValues(prefix + "ffn_residual", stream, down);
    }

    /** Llama 3.1's divisors per feature pair. */
    private float[] ropeFactors() {
        return source.tensor("rope_freqs.weight").map(tensor -> {
            float[] factors = new float[config.rope().dimensions() / 2];
            graph.require("rope_freqs.weight", factors.length);
            Dequantizer.dequantize(tensor.type(), tensor.data(), 0, factors, 0, factors.length);
            return factors;
        }).orElseGet(() -> new float[0]);
    }
}
