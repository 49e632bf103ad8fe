package io.github.jnpu.convert.model;

import io.github.jnpu.convert.model.ModelConfig.RopeConfig;
import io.github.jnpu.convert.model.ModelConfig.RopeScaling;

/** Reads a {@link ModelConfig} from GGUF keys, with the defaults that llama.cpp applies. */
final class ModelConfigReader {
    // Far beyond any published model, and small enough that products of two stay inside an int or long.
    private static final int MAX_LAYERS = 4096;
    private static final int MAX_WIDTH = 1 << 20;
    private static final int MAX_CONTEXT = 1 << 28;
    private static final int MAX_NAME = 64;

    private final ModelSource source;
    private final Metadata metadata;
    private final String architecture;

    ModelConfigReader(ModelSource source) {
        this.source = source;
        this.metadata = source.metadata();
        this.architecture = metadata.string("general.architecture").orElseThrow(
                () -> new ModelFormatException(
                        "%s: metadata 'general.architecture' is missing".formatted(source.location())));
        // It is part of every key and so of every message.
        if (architecture.isEmpty() || architecture.length() > MAX_NAME
                || !architecture.equals(ModelFormatException.printable(architecture))) {
            throw new ModelFormatException("%s: metadata 'general.architecture' is '%s', not a name"
                    .formatted(source.location(), ModelFormatException.printable(architecture)));
        }
    }

    ModelConfig read() {
        refuseParts();
        int embeddingLength = required("embedding_length", 1, MAX_WIDTH);
        int layers = required("block_count", 1, MAX_LAYERS);
        int heads = required("attention.head_count", 1, MAX_WIDTH);
        int keyValueHeads = optional("attention.head_count_kv", heads, 1, MAX_WIDTH);
        if (heads % keyValueHeads != 0) {
            throw invalid("attention.head_count_kv", keyValueHeads + ", which does not divide " + heads + " heads");
        }
        int keyLength = optional("attention.key_length", embeddingLength / heads, 1, MAX_WIDTH);
        int valueLength = optional("attention.value_length", keyLength, 1, MAX_WIDTH);
        if ((long) heads * Math.max(keyLength, valueLength) > MAX_WIDTH) {
            throw invalid("attention.head_count", "%d of %d features each, more than %d together".formatted(heads,
                    Math.max(keyLength, valueLength), MAX_WIDTH));
        }
        int ropeDimensions = optional("rope.dimension_count", keyLength, 2, MAX_WIDTH);
        if (ropeDimensions > keyLength || ropeDimensions % 2 != 0) {
            throw invalid("rope.dimension_count", ropeDimensions + ", expected an even number up to " + keyLength);
        }
        float epsilon = metadata.number(key("attention.layer_norm_rms_epsilon")).orElse(1e-5f);
        if (!(epsilon >= 0 && epsilon < 1)) {
            throw invalid("attention.layer_norm_rms_epsilon", Float.toString(epsilon));
        }
        return new ModelConfig(architecture,
                metadata.string("general.name").map(ModelFormatException::printable).orElse(architecture),
                vocabularySize(),
                required("context_length", 1, MAX_CONTEXT), embeddingLength, layers, heads, keyValueHeads, keyLength,
                valueLength, required("feed_forward_length", 1, MAX_WIDTH * 4),
                new RopeConfig(ropeDimensions, ropeBase(), ropeScaling()),
                optional("attention.sliding_window", 0, 0, MAX_CONTEXT),
                epsilon);
    }

    private void refuseParts() {
        long parts = metadata.integer("split.count").orElse(1L);
        if (parts > 1) {
            throw new ModelFormatException(
                    "%s: one of %d parts of a split model; join them with llama.cpp's 'llama-gguf-split --merge'"
                            .formatted(source.location(), parts));
        }
    }

    private int vocabularySize() {
        ModelTensor embeddings = source.requireTensor("token_embd.weight");
        if (embeddings.shape().length != 2 || embeddings.shape()[0] < 1
                || embeddings.shape()[0] > Integer.MAX_VALUE / 4) {
            throw new ModelFormatException(
                    "%s: tensor '%s' is not a table of embeddings".formatted(source.location(), embeddings));
        }
        return embeddings.rows();
    }

    private float ropeBase() {
        float base = metadata.number(key("rope.freq_base")).orElse(10_000f);
        if (!(base > 0 && base < Float.POSITIVE_INFINITY)) {
            throw invalid("rope.freq_base", Float.toString(base));
        }
        return base;
    }

    private RopeScaling ropeScaling() {
        // "rope.scale_linear" is the older spelling of a linear factor.
        float factor = metadata.number(key("rope.scaling.factor"))
                .or(() -> metadata.number(key("rope.scale_linear"))).orElse(0f);
        String kindName = metadata.string(key("rope.scaling.type")).orElse("linear");
        RopeScaling.Kind kind = ModelConfig.scalingKind(kindName)
                .orElseThrow(() -> invalid("rope.scaling.type",
                        "'" + ModelFormatException.printable(kindName) + "', known are none, linear, yarn"));
        if (factor == 0 || kind == RopeScaling.Kind.NONE) {
            return RopeScaling.NONE;
        }
        if (!(factor > 0 && factor < Float.POSITIVE_INFINITY)) {
            throw invalid("rope.scaling.factor", Float.toString(factor));
        }
        float attentionFactor = metadata.number(key("rope.scaling.attn_factor")).orElse(1f);
        if (!(attentionFactor > 0 && attentionFactor < Float.POSITIVE_INFINITY)) {
            throw invalid("rope.scaling.attn_factor", Float.toString(attentionFactor));
        }
        int originalContext = optional("rope.scaling.original_context_length", 0, 0, MAX_CONTEXT);
        return new RopeScaling(kind, factor, originalContext, attentionFactor);
    }

    private int required(String suffix, int min, int max) {
        long value = metadata.integer(key(suffix)).orElseThrow(
                () -> new ModelFormatException(
                        "%s: metadata '%s' is missing".formatted(source.location(), key(suffix))));
        return inRange(suffix, value, min, max);
    }

    private int optional(String suffix, int otherwise, int min, int max) {
        return inRange(suffix, metadata.integer(key(suffix)).orElse((long) otherwise), min, max);
    }

    private int inRange(String suffix, long value, int min, int max) {
        if (value < min || value > max) {
            throw invalid(suffix, "%d, expected %d to %d".formatted(value, min, max));
        }
        return (int) value;
    }

    private ModelFormatException invalid(String suffix, String value) {
        return new ModelFormatException("%s: metadata '%s' is %s".formatted(source.location(), key(suffix), value));
    }

    private String key(String suffix) {
        return architecture + "." + suffix;
    }
}
