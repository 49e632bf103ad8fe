package io.github.jnpu.engine.chat.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Python's {@code json.dumps} as Hugging Face's {@code tojson} calls it: {@code ", "} and {@code ": "} between, letters
 * beyond ASCII as they are, nothing escaped for HTML.
 */
final class PythonJson {
    private final RenderBudget budget;
    private final StringBuilder out = new StringBuilder();
    private boolean asciiOnly;
    private boolean sorted;
    private String indent;
    private String itemSeparator = ", ";
    private String keySeparator = ": ";

    PythonJson(RenderBudget budget) {
        this.budget = budget;
    }

    /** {@code tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False)} */
    String write(Object value, CallArguments arguments) {
        asciiOnly = PythonOperators.truth(arguments.get(0, "ensure_ascii", false));
        Object width = arguments.get(1, "indent", null);
        if (width instanceof String text) {
            indent = text;
        } else if (width != null) {
            int blanks = arguments.integer(1, "indent", 0);
            if (blanks > 100) {
                throw new JinjaException("tojson() cannot indent by more than 100");
            }
            indent = " ".repeat(Math.max(0, blanks));
        }
        if (indent != null) {
            itemSeparator = ",";
        }
        if (arguments.get(2, "separators", null) instanceof List<?> pair) {
            if (pair.size() != 2 || !(pair.get(0) instanceof String item) || !(pair.get(1) instanceof String key)) {
                throw new JinjaException("tojson() wants two strings as 'separators'");
            }
            itemSeparator = item;
            keySeparator = key;
        }
        sorted = PythonOperators.truth(arguments.get(3, "sort_keys", false));
        value(value, 0);
        return out.toString();
    }

    private void value(Object value, int level) {
        budget.enter();
        budget.spendElements(1);
        switch (value) {
            case null -> out.append("null");
            case Boolean flag -> out.append(flag);
            case Long number -> out.append(number);
            case BigInteger number -> out.append(number);
            case BigDecimal number -> out.append(number);
            case Double number -> out.append(number.isNaN()
                    ? "NaN"
                    : number.isInfinite() ? number > 0 ? "Infinity" : "-Infinity" : PythonText.number(number));
            case String text -> string(text);
            case List<?> list when !(list instanceof Range) -> list(list, level);
            case Map<?, ?> map -> map(map, level);
            default -> throw new JinjaException(
                    "Object of type " + PythonOperators.type(value) + " is not JSON serializable");
        }
        budget.leave();
    }

    private void list(List<?> list, int level) {
        if (list.isEmpty()) {
            out.append("[]");
            return;
        }
        out.append('[');
        String separator = "";
        for (Object element : list) {
            out.append(separator);
            newLine(level + 1);
            value(element, level + 1);
            separator = itemSeparator;
        }
        newLine(level);
        out.append(']');
    }

    private void map(Map<?, ?> map, int level) {
        if (map.isEmpty()) {
            out.append("{}");
            return;
        }
        List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
        if (sorted) {
            entries.sort(Comparator.comparing(entry -> key(entry.getKey())));
        }
        out.append('{');
        String separator = "";
        for (Map.Entry<?, ?> entry : entries) {
            out.append(separator);
            newLine(level + 1);
            string(key(entry.getKey()));
            out.append(keySeparator);
            value(entry.getValue(), level + 1);
            separator = itemSeparator;
        }
        newLine(level);
        out.append('}');
    }

    private static String key(Object key) {
        return switch (key) {
            case null -> "null";
            case Double number -> PythonText.number(number);
            default -> key.toString();
        };
    }

    private void newLine(int level) {
        if (indent != null) {
            budget.spendProduct(indent.length() + 1L, level + 1L);
            out.append('\n').repeat(indent, level);
        }
    }

    private void string(String text) {
        budget.spend(2L * text.length() + 2 + itemSeparator.length() + keySeparator.length());
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
                    if (c < 0x20 || asciiOnly && c > 0x7e) {
                        budget.spend(4);
                        out.append("\\u%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
