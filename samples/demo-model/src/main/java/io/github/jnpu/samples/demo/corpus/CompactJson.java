package io.github.jnpu.samples.demo.corpus;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Writes values on one line with a blank behind colons and commas: so the engine hands tools to a template, and its grammars
 * allow the layout.
 */
final class CompactJson {
    private CompactJson() {}

    /**
     * The text of a value.
     *
     * @param value
     *            a string, number, boolean, list, map in its order, or null
     */
    static String write(Object value) {
        return switch (value) {
            case null -> "null";
            case String text -> quote(text);
            case Map<?, ?> map -> map.entrySet().stream()
                    .map(entry -> quote((String) entry.getKey()) + ": " + write(entry.getValue()))
                    .collect(Collectors.joining(", ", "{", "}"));
            case List<?> list -> list.stream().map(CompactJson::write).collect(Collectors.joining(", ", "[", "]"));
            case Number number -> number.toString();
            case Boolean flag -> flag.toString();
            default -> throw new IllegalArgumentException("no JSON for %s".formatted(value.getClass().getName()));
        };
    }

    private static String quote(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }
}
