package io.github.jnpu.server.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.engine.placement.PlacementWish;
import io.github.jnpu.engine.sampling.SamplingOptions;
import io.github.jnpu.server.model.PlacementParameters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The options of a request over the parameters of its model's Modelfile. */
final class OptionValues {
    private static final Logger LOGGER = LoggerFactory.getLogger(OptionValues.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Each is searched in the text after every token. */
    private static final int MAX_STOPS = 256;
    private static final int MIN_CONTEXT = 4;
    private static final int DEFAULT_KEEP = 4;

    private static final Set<String> INTEGERS = Set.of("num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread",
            "draft_num_predict", "num_keep", "seed", "num_predict", "top_k", "repeat_last_n");
    private static final Set<String> FLOATS = Set.of("top_p", "min_p", "typical_p", "temperature", "repeat_penalty",
            "presence_penalty", "frequency_penalty");
    private static final Set<String> BOOLEANS = Set.of("use_mmap", PlacementParameters.STRICT);
    private static final Set<String> TEXTS = Set.of(PlacementParameters.PLACE);
    private static final Set<String> WITHDRAWN = Set.of("penalize_newline", "low_vram", "f16_kv", "logits_all",
            "vocab_only", "use_mlock", "mirostat", "mirostat_tau", "mirostat_eta");

    /** Names that somebody sent and nobody knows: each is worth one line in the log, and not a million. */
    private static final Set<String> REPORTED = ConcurrentHashMap.newKeySet();
    private static final int MAX_REPORTED = 100;

    private final Map<String, JsonNode> values;

    private OptionValues(Map<String, JsonNode> values) {
        this.values = values;
    }

    /**
     * Merges both; the request wins.
     *
     * @throws ApiException
     *             500, as Ollama answers, if a value has the wrong type
     */
    static OptionValues of(Map<String, Object> modelfile, Optional<JsonNode> request) {
        Map<String, JsonNode> values = new HashMap<>();
        modelfile.forEach((name, value) -> put(values, name, JSON.valueToTree(value)));
        request.ifPresent(
                object -> object.properties().forEach(entry -> put(values, entry.getKey(), entry.getValue())));
        return new OptionValues(values);
    }

    private static void put(Map<String, JsonNode> values, String name, JsonNode value) {
        if (value.isNull() || WITHDRAWN.contains(name)) {
            return;
        }
        if (INTEGERS.contains(name)) {
            require(value.isNumber(), name, "integer");
        } else if (FLOATS.contains(name)) {
            require(value.isNumber(), name, "float32");
        } else if (BOOLEANS.contains(name)) {
            require(value.isBoolean(), name, "boolean");
        } else if (TEXTS.contains(name)) {
            require(value.isTextual(), name, "string");
        } else if (name.equals("stop")) {
            require(value.isArray(), name, "array");
            for (JsonNode element : value) {
                if (!element.isTextual()) {
                    throw new ApiException(500, "option \"stop\" must be of an array of strings");
                }
            }
        } else {
            if (REPORTED.size() < MAX_REPORTED && REPORTED.add(name)) {
                LOGGER.warn("option '{}' is unknown and ignored", name.length() > 80 ? name.substring(0, 80) : name);
            }
            return;
        }
        values.put(name, value);
    }

    private static void require(boolean condition, String name, String type) {
        if (!condition) {
            throw new ApiException(500, "option \"%s\" must be of type %s".formatted(name, type));
        }
    }

    private int integer(String name, int absent) {
        JsonNode value = values.get(name);
        // Fractions are cut off; what does not fit an int is as good as its largest value.
        return value == null ? absent : (int) Math.clamp(value.asDouble(), Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    private float number(String name, float absent) {
        JsonNode value = values.get(name);
        return value == null ? absent : value.floatValue();
    }

    /** Tokens that the context must hold; 0 where nobody said. */
    int contextLength(int absent) {
        return values.containsKey("num_ctx") ? Math.max(MIN_CONTEXT, integer("num_ctx", 0)) : absent;
    }

    /** Cores to use, no more than there are; 0 for the engine's choice. */
    int threads() {
        return Math.clamp(integer("num_thread", 0), 0, Runtime.getRuntime().availableProcessors());
    }

    /** Whether weights stay in the mapped file; false copies them into memory. */
    boolean useMmap() {
        JsonNode value = values.get("use_mmap");
        return value == null || value.booleanValue();
    }

    /**
     * What runs the model, if somebody said.
     *
     * @throws ApiException
     *             400 if it cannot be read
     */
    Optional<PlacementWish> place() {
        JsonNode place = values.get(PlacementParameters.PLACE);
        JsonNode strict = values.get(PlacementParameters.STRICT);
        try {
            return PlacementParameters.wish(place == null ? null : place.textValue(), strict == null
                    ? null
                    : strict.booleanValue());
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("invalid option: place: " + e.getMessage());
        }
    }

    /** Tokens to generate at most; negative for what the context holds. */
    int maxTokens() {
        return integer("num_predict", -1);
    }

    /** Tokens at the beginning that survive when others are dropped; negative for all. */
    int keep() {
        return integer("num_keep", DEFAULT_KEEP);
    }

    List<String> stop() {
        JsonNode value = values.get("stop");
        if (value == null) {
            return List.of();
        }
        List<String> stops = new ArrayList<>();
        for (JsonNode element : value) {
            if (!element.textValue().isEmpty()) {
                stops.add(element.textValue());
            }
        }
        if (stops.size() > MAX_STOPS) {
            throw ApiException
                    .badRequest("option \"stop\" has %d entries, at most %d are allowed".formatted(stops.size(),
                            MAX_STOPS));
        }
        return stops;
    }

    /**
     * How to draw tokens.
     *
     * @throws ApiException
     *             400 if a value is out of range
     */
    SamplingOptions sampling() {
        SamplingOptions defaults = SamplingOptions.DEFAULT;
        JsonNode seed = values.get("seed");
        boolean random = seed == null || seed.asLong() == -1;
        try {
            return new SamplingOptions(number("temperature", defaults.temperature()),
                    integer("top_k", defaults.topK()), number("top_p", defaults.topP()),
                    number("min_p", defaults.minP()),
                    number("typical_p", defaults.typicalP()), integer("repeat_last_n", defaults.repeatLastN()),
                    number("repeat_penalty", defaults.repeatPenalty()),
                    number("presence_penalty", defaults.presencePenalty()),
                    number("frequency_penalty", defaults.frequencyPenalty()),
                    random ? OptionalLong.empty() : OptionalLong.of(seed.asLong()));
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("invalid option: " + e.getMessage());
        }
    }
}
