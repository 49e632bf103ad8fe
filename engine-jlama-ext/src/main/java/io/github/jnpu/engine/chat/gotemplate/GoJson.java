package io.github.jnpu.engine.chat.gotemplate;

import io.github.jnpu.engine.chat.gotemplate.GoValue.Field;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Mapping;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Slice;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Struct;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Text;

import java.util.Locale;
import java.util.Map;

/** Writes values as Go's {@code json.Marshal} does: compact, keys of maps in order, safe for HTML. */
final class GoJson {
    private final ExecutionBudget budget;
    private final StringBuilder out = new StringBuilder();

    private GoJson(ExecutionBudget budget) {
        this.budget = budget;
    }

    static String write(Object value, ExecutionBudget budget) {
        GoJson json = new GoJson(budget);
        json.append(value);
        return json.out.toString();
    }

    private void append(Object value) {
        budget.enter();
        switch (value) {
            case null -> out.append("null");
            case String text -> string(text);
            // JSON has no word for what is no number; Go's functions leave the text empty then.
            case Double number -> out.append(Double.isFinite(number) ? GoNumbers.json(number) : "null");
            case Slice slice -> slice(slice);
            case Mapping mapping -> mapping(mapping);
            case Struct struct -> struct(struct);
            default -> out.append(value);
        }
        budget.leave();
    }

    private void slice(Slice slice) {
        if (slice.text() == Text.SCHEMA_TYPE && slice.elements().size() == 1) {
            append(slice.elements().getFirst());
            return;
        }
        if (slice.isNil()) {
            out.append("null");
            return;
        }
        String separator = "[";
        for (Object element : slice.elements()) {
            out.append(separator);
            append(element);
            separator = ",";
        }
        out.append(slice.elements().isEmpty() ? "[]" : "]");
    }

    private void mapping(Mapping mapping) {
        if (mapping.isNil()) {
            out.append("null");
            return;
        }
        String separator = "{";
        for (Map.Entry<String, Object> entry : mapping.entries().entrySet()) {
            out.append(separator);
            string(entry.getKey());
            out.append(':');
            append(entry.getValue());
            separator = ",";
        }
        out.append(mapping.entries().isEmpty() ? "{}" : "}");
    }

    private void struct(Struct struct) {
        String separator = "{";
        for (Field field : struct.fields()) {
            if (field.omitEmpty() && isEmpty(field.value())) {
                continue;
            }
            out.append(separator);
            string(field.jsonName());
            out.append(':');
            append(field.value());
            separator = ",";
        }
        out.append(separator.equals("{") ? "{}" : "}");
    }

    private static boolean isEmpty(Object value) {
        return switch (value) {
            case Struct _ -> false;
            case Mapping mapping -> mapping.entries().isEmpty();
            case Slice slice -> slice.elements().isEmpty();
            case null -> true;
            default -> !Truth.of(value);
        };
    }

    private void string(String text) {
        budget.spend(text.length());
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < 0x20 || c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029) {
                        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
                    } else if (Character.isSurrogate(c) && !isPaired(text, i)) {
                        out.append("\\ufffd");
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    private static boolean isPaired(String text, int i) {
        char c = text.charAt(i);
        return Character.isHighSurrogate(c)
                ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }
}
