package io.github.jnpu.convert.graph;

import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.convert.graph.Operation.GatedActivation;
import io.github.jnpu.convert.graph.Operation.Projection;
import io.github.jnpu.convert.graph.Operation.Rope;
import io.github.jnpu.convert.graph.Operation.RopeLayout;
import io.github.jnpu.convert.graph.Operation.TokenEmbedding;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * BERT (Devlin et al. 2018) and what Nomic made of it, as llama.cpp names their tensors: norms behind each half of a layer, attention
 * over the whole text. {@code bert} adds a table of positions and has a GELU network; {@code nomic-bert} turns queries and keys
 * by rope and has a gated SiLU network.
 *
 * <p>GELU is the tanh approximation, as llama.cpp computes it for these files; trained models have the exact one, which differs by up to 5e-4.
 */
final class BertEncoder {
    private static final float DEFAULT_EPSILON = 1e-12f;

    private final ModelConfig config;
    private final ModelSource source;
    private final boolean nomic;
    private final float epsilon;
    private final List<EncoderOperation> operations = new ArrayList<>();
    private int nextId;

    BertEncoder(ModelConfig config, ModelSource source) {
        this.config = config;
        this.source = source;
        this.nomic = config.architecture().equals("nomic-bert");
        this.epsilon = source.metadata().number(key("attention.layer_norm_epsilon")).orElse(DEFAULT_EPSILON);
        if (!(epsilon >= 0 && epsilon < 1)) {
            throw invalid("attention.layer_norm_epsilon", Float.toString(epsilon));
        }
        if (source.metadata().bool(key("attention.causal")).orElse(false)) {
            throw invalid("attention.causal", "true, which encoders of this architecture are not");
        }
        if (config.keyLength() != config.valueLength() || config.keyValueHeads() != config.heads()
                || config.heads() * config.keyLength() != config.embeddingLength()) {
            throw invalid("attention.head_count", "%d heads of %d and %d features for a width of %d".formatted(
                    config.heads(), config.keyLength(), config.valueLength(), config.embeddingLength()));
        }
        if (config.rope().scaling().kind() != ModelConfig.RopeScaling.Kind.NONE && !nomic) {
            throw invalid("rope.scaling.type", "of a model without rope");
        }
    }

    EncoderGraph build() {
        int width = config.embeddingLength();
        ModelTensor table = require("token_embd.weight", config.vocabularySize(), width);
        Value stream = add("embedding", width, output -> new TokenEmbedding(table, output));
        Optional<ModelTensor> types = source.tensor("token_types.weight");
        if (types.isPresent()) {
            stream = addTypes(types.get(), stream);
        }
        if (!nomic) {
            ModelTensor positions = require("position_embd.weight", config.contextLength(), width);
            Value before = stream;
            stream = add("position_embedding", width,
                    output -> new EncoderOperation.PositionEmbedding(before, positions, output));
        }
        stream = norm("token_embd_norm", stream);
        RopeFrequencies frequencies = RopeFrequencies.of(config.rope(), new float[0]);
        for (int layer = 0; layer < config.layers(); layer++) {
            String prefix = "blk." + layer + ".";
            Value attended = norm(prefix + "attn_output_norm",
                    sum(prefix + "attn_residual", attention(prefix, stream, frequencies), stream));
            stream = norm(prefix + "layer_output_norm",
                    sum(prefix + "ffn_residual", feedForward(prefix, attended), attended));
        }
        return new EncoderGraph(config, operations, stream, pooling(), nextId);
    }

    private Value addTypes(ModelTensor table, Value stream) {
        if (table.shape().length < 1 || table.shape().length > 2 || table.columns() != stream.width()
                || table.rows() < 1) {
            throw new ModelFormatException("%s: tensor '%s' is no table of token types of width %d".formatted(
                    source.location(), table, stream.width()));
        }
        return add("type_embedding", stream.width(),
                output -> new EncoderOperation.TokenTypeEmbedding(stream, table, output));
    }

    private Value attention(String prefix, Value stream, RopeFrequencies frequencies) {
        int width = stream.width();
        Value query;
        Value key;
        Value value;
        if (source.tensor(prefix + "attn_qkv.weight").isPresent()) {
            query = projectPart(prefix + "attn_qkv", 0, stream);
            key = projectPart(prefix + "attn_qkv", 1, stream);
            value = projectPart(prefix + "attn_qkv", 2, stream);
        } else {
            query = project(prefix + "attn_q", stream, width);
            key = project(prefix + "attn_k", stream, width);
            value = project(prefix + "attn_v", stream, width);
        }
        Value turnedQuery = nomic ? turn(prefix + "attn_q", query, frequencies) : query;
        Value turnedKey = nomic ? turn(prefix + "attn_k", key, frequencies) : key;
        float scale = (float) (1 / Math.sqrt(config.keyLength()));
        Value attended = add(prefix + "attn", width, output -> new EncoderOperation.FullAttention(turnedQuery,
                turnedKey, value, config.heads(), config.keyLength(), scale, output));
        return project(prefix + "attn_output", attended, width);
    }

    private Value turn(String name, Value heads, RopeFrequencies frequencies) {
        return add(name + "_rope", heads.width(),
                output -> new Rope(heads, config.keyLength(), RopeLayout.HALVES, frequencies, output));
    }

    private Value feedForward(String prefix, Value stream) {
        int inner = config.feedForwardLength();
        Value up = project(prefix + "ffn_up", stream, inner);
        Value active;
        if (nomic) {
            Value gate = project(prefix + "ffn_gate", stream, inner);
            active = add(prefix + "ffn_gated", inner,
                    output -> new GatedActivation(gate, up, Activation.SILU, output));
        } else {
            active = add(prefix + "ffn_active", inner,
                    output -> new EncoderOperation.Activate(up, Activation.GELU, output));
        }
        return project(prefix + "ffn_down", active, stream.width());
    }

    private Pooling pooling() {
        long id = source.metadata().integer(key("pooling_type")).orElse((long) Pooling.MEAN.fileId());
        return Pooling.of(id).orElseThrow(() -> invalid("pooling_type",
                id + ", which makes no vector of a text; known are 1 (mean), 2 (first token), 3 (last token)"));
    }

    private Value add(String name, int width, Function<Value, EncoderOperation> operation) {
        Value output = new Value(nextId++, name, width);
        operations.add(operation.apply(output));
        return output;
    }

    private Value sum(String name, Value left, Value right) {
        return add(name, left.width(), output -> new Operation.Add(left, right, output));
    }

    private Value norm(String name, Value input) {
        ModelTensor gain = require(name + ".weight", input.width());
        ModelTensor bias = require(name + ".bias", input.width());
        return add(name, input.width(),
                output -> new EncoderOperation.LayerNorm(input, gain, bias, epsilon, output));
    }

    private Value project(String name, Value input, int width) {
        ModelTensor weight = require(name + ".weight", width, input.width());
        Optional<ModelTensor> bias = source.tensor(name + ".bias").map(_ -> require(name + ".bias", width));
        return add(name, width, output -> new Projection(input, weight, bias, output));
    }

    /** A third of a projection that the file keeps in one piece: whole rows, so it is a matrix of its own. */
    private Value projectPart(String name, int part, Value input) {
        int width = input.width();
        ModelTensor weight = rows(require(name + ".weight", 3 * width, width), part, width, width);
        Optional<ModelTensor> bias = source.tensor(name + ".bias")
                .map(_ -> rows(require(name + ".bias", 3 * width), part, width));
        return add(name + "." + part, width, output -> new Projection(input, weight, bias, output));
    }

    private static ModelTensor rows(ModelTensor whole, int part, long... shape) {
        long bytes = whole.data().byteSize() / 3;
        return new ModelTensor(whole.name() + "." + part, whole.type(), shape,
                whole.data().asSlice(part * bytes, bytes));
    }

    private ModelTensor require(String name, long... shape) {
        ModelTensor tensor = source.requireTensor(name);
        if (!Arrays.equals(tensor.shape(), shape)) {
            throw new ModelFormatException("%s: tensor '%s' should have the shape %s".formatted(source.location(),
                    tensor, Arrays.toString(shape)));
        }
        return tensor;
    }

    private ModelFormatException invalid(String suffix, String value) {
        return new ModelFormatException("%s: metadata '%s' is %s".formatted(source.location(), key(suffix), value));
    }

    private String key(String suffix) {
        return config.architecture() + "." + suffix;
    }
}
