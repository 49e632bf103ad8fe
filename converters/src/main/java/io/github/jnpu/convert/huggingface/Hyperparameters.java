package io.github.jnpu.convert.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.convert.model.ModelFormatException;

import java.util.Map;
import java.util.Optional;

/** From {@code config.json} to GGUF's keys. */
final class Hyperparameters {
    private final JsonFile config;
    private final ModelFamily family;
    private final Map<String, Object> metadata;

    Hyperparameters(JsonFile config, ModelFamily family, Map<String, Object> metadata) {
        this.config = config;
        this.family = family;
        this.metadata = metadata;
    }

    /**
     * Adds the keys.
     *
     * @throws ModelFormatException
     *             if a needed value is missing or of the wrong kind
     */
    void put() {
        long heads = required("num_attention_heads");
        long width = required("hidden_size");
        put("block_count", required("num_hidden_layers"));
        put("context_length", required("max_position_embeddings"));
        put("embedding_length", width);
        put("feed_forward_length", required("intermediate_size"));
        put("attention.head_count", heads);
        put("attention.head_count_kv", optional("num_key_value_heads").orElse(heads));
        put("attention.layer_norm_rms_epsilon", number(config.path("rms_norm_eps"), "rms_norm_eps"));
        put("vocab_size", required("vocab_size"));
        Optional<Long> given = optional("head_dim");
        long headWidth = given.orElse(width / heads);
        if (given.isPresent() && headWidth != width / heads || family.architecture().equals("qwen3")) {
            put("attention.key_length", headWidth);
            put("attention.value_length", headWidth);
        }
        put("rope.dimension_count", headWidth);
        JsonNode scaling = config.path("rope_parameters").isObject()
                ? config.path("rope_parameters")
                : config.path("rope_scaling");
        JsonNode base = config.root().hasNonNull("rope_theta") ? config.path("rope_theta") : scaling.path("rope_theta");
        put("rope.freq_base", base.isMissingNode() ? 10_000f : number(base, "rope_theta"));
        scaling(scaling);
        if (config.path("use_sliding_window").asBoolean(true)) {
            optional("sliding_window").ifPresent(window -> put("attention.sliding_window", window));
        }
    }

    private void scaling(JsonNode scaling) {
        String type = scaling.path("rope_type").asText(scaling.path("type").asText("default"));
        switch (type) {
            // Factors for each frequency are a tensor.
            case "default", "llama3" -> {
            }
            case "linear" -> {
                put("rope.scaling.type", "linear");
                put("rope.scaling.factor", number(scaling.path("factor"), "rope_scaling.factor"));
            }
            case "yarn" -> {
                put("rope.scaling.type", "yarn");
                put("rope.scaling.factor", number(scaling.path("factor"), "rope_scaling.factor"));
                put("rope.scaling.original_context_length", whole(scaling.path("original_max_position_embeddings"),
                        "rope_scaling.original_max_position_embeddings"));
            }
            default -> throw config.invalid("rope scaling of type '%s' is not supported".formatted(ModelFormatException
                    .printable(type)));
        }
    }

    /**
     * What Llama 3.1 divides each frequency by, so that long waves stretch and short ones stay: 1 for waves shorter than
     * {@code original / high_freq_factor}, {@code factor} for those longer than {@code original / low_freq_factor}, between the
     * two a blend. Source: transformers' {@code modeling_rope_utils}.
     */
    Optional<float[]> ropeFactors() {
        JsonNode scaling = config.path("rope_parameters").isObject()
                ? config.path("rope_parameters")
                : config.path("rope_scaling");
        if (!scaling.path("rope_type").asText(scaling.path("type").asText()).equals("llama3")) {
            return Optional.empty();
        }
        double factor = number(scaling.path("factor"), "rope_scaling.factor");
        double low = number(scaling.path("low_freq_factor"), "rope_scaling.low_freq_factor");
        double high = number(scaling.path("high_freq_factor"), "rope_scaling.high_freq_factor");
        double original = number(scaling.path("original_max_position_embeddings"),
                "rope_scaling.original_max_position_embeddings");
        int width = Math.toIntExact((Long) metadata.get(key("rope.dimension_count")));
        double base = (Float) metadata.get(key("rope.freq_base"));
        float[] factors = new float[width / 2];
        for (int i = 0; i < factors.length; i++) {
            double wave = 2 * Math.PI * Math.pow(base, 2.0 * i / width);
            if (wave < original / high) {
                factors[i] = 1;
            } else if (wave > original / low) {
                factors[i] = (float) factor;
            } else {
                double blend = (original / wave - low) / (high - low);
                factors[i] = (float) (1 / ((1 - blend) / factor + blend));
            }
        }
        return Optional.of(factors);
    }

    private String key(String name) {
        return family.architecture() + "." + name;
    }

    private void put(String name, Object value) {
        metadata.put(key(name), value);
    }

    private long required(String field) {
        return whole(config.path(field), field);
    }

    private Optional<Long> optional(String field) {
        return config.root().hasNonNull(field) ? Optional.of(required(field)) : Optional.empty();
    }

    private long whole(JsonNode value, String field) {
        if (!value.canConvertToLong() || !value.isIntegralNumber() || value.longValue() < 1) {
            throw config.invalid("'%s' is %s, expected a whole number above 0".formatted(field, value.isMissingNode()
                    ? "missing"
                    : ModelFormatException.printable(value.toString())));
        }
        return value.longValue();
    }

    private float number(JsonNode value, String field) {
        if (!value.isNumber()) {
            throw config.invalid("'%s' is %s, expected a number".formatted(field, value.isMissingNode()
                    ? "missing"
                    : ModelFormatException.printable(value.toString())));
        }
        return value.floatValue();
    }
}
