package io.github.jnpu.engine.chat.tool;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads a call out of a JSON object, in the ways in which models write it. */
public final class ToolCallJson {
    /** Models write line ends into strings as they are. */
    private static final ObjectMapper JSON = JsonMapper.builder().enable(
            JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private ToolCallJson() {}

    /** A JSON object as Java values, in order; empty if the text is none. */
    public static Optional<Map<String, Object>> object(String text) {
        try {
            return Optional.ofNullable(JSON.readValue(text, new TypeReference<LinkedHashMap<String, Object>>() {
            }));
        } catch (JsonProcessingException e) {
            // What a model writes need not be JSON; the caller passes it on as text.
            return Optional.empty();
        }
    }

    /** A call of one of the tools; the index is 0. */
    static Optional<ToolCallPiece.Call> call(Map<String, Object> object, Set<String> names) {
        Object function = object.get("function");
        if (function instanceof Map<?, ?> inner && !object.containsKey("name")) {
            return call(copy(inner), names);
        }
        Optional<String> name = CallObject.NAME_KEYS.stream().map(object::get).filter(String.class::isInstance).map(
                String.class::cast).findFirst();
        if (name.isPresent()) {
            return name.filter(names::contains).flatMap(known -> arguments(object).map(
                    arguments -> new ToolCallPiece.Call(0, known, arguments)));
        }
        // {"get_weather": {"city": "Rome"}}
        if (object.size() == 1) {
            Map.Entry<String, Object> entry = object.entrySet().iterator().next();
            if (names.contains(entry.getKey()) && entry.getValue() instanceof Map<?, ?> arguments) {
                return Optional.of(new ToolCallPiece.Call(0, entry.getKey(), copy(arguments)));
            }
        }
        return Optional.empty();
    }

    private static Optional<Map<String, Object>> arguments(Map<String, Object> object) {
        for (String key : CallObject.ARGUMENT_KEYS) {
            Object value = object.get(key);
            if (value instanceof Map<?, ?> map) {
                return Optional.of(copy(map));
            }
            if (value instanceof String text) {
                return text.isBlank() ? Optional.of(Map.of()) : object(text);
            }
            if (value instanceof List<?> || value instanceof Number || value instanceof Boolean) {
                return Optional.empty();
            }
        }
        // A function without parameters.
        return Optional.of(Map.of());
    }

    private static Map<String, Object> copy(Map<?, ?> map) {
        Map<String, Object> result = new LinkedHashMap<>();
        map.forEach((key, value) -> result.put(String.valueOf(key), value));
        return result;
    }
}
