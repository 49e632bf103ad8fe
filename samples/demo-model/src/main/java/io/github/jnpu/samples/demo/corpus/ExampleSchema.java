package io.github.jnpu.samples.demo.corpus;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The JSON Schema of which an expected answer is an example: every key is required, in the answer's order. */
public final class ExampleSchema {
    private static final List<List<String>> ENUMS = List.of(List.of("POSITIVE", "NEGATIVE", "NEUTRAL"),
            List.of("HIGH", "MEDIUM",
                    "LOW"));

    private ExampleSchema() {}

    /**
     * The schema as JSON text.
     *
     * @param example
     *            the answer, read: strings, numbers, booleans, lists, maps
     */
    public static String of(Object example) {
        return CompactJson.write(schema(example));
    }

    private static Map<String, Object> schema(Object value) {
        Map<String, Object> schema = new LinkedHashMap<>();
        switch (value) {
            case Map<?, ?> map -> {
                Map<String, Object> properties = new LinkedHashMap<>();
                map.forEach((key, inner) -> properties.put((String) key, schema(inner)));
                schema.put("type", "object");
                schema.put("properties", properties);
                schema.put("required", new ArrayList<>(properties.keySet()));
            }
            case List<?> list -> {
                schema.put("type", "array");
                schema.put("items", list.isEmpty() ? Map.of("type", "string") : schema(list.getFirst()));
            }
            case Boolean _ -> schema.put("type", "boolean");
            case Integer _,Long _ -> schema.put("type", "integer");
            case Number _ -> schema.put("type", "number");
            case String text -> {
                schema.put("type", "string");
                ENUMS.stream().filter(values -> values.contains(text)).findFirst()
                        .ifPresent(values -> schema.put("enum",
                                values));
            }
            default -> throw new IllegalArgumentException("no schema for %s".formatted(value));
        }
        return schema;
    }
}
