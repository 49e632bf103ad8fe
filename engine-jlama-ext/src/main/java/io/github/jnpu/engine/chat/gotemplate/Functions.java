package io.github.jnpu.engine.chat.gotemplate;

import io.github.jnpu.engine.chat.gotemplate.GoValue.Mapping;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Slice;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Struct;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.LocalDate;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The functions that templates can call: Go's own and those that Ollama adds. {@code and} and {@code or} are not here. */
final class Functions {
    static final Set<String> NAMES = Set.of("and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index",
            "slice", "print", "printf", "println", "html", "js", "urlquery", "json", "currentDate", "yesterdayDate",
            "toTypeScriptType");

    private final ExecutionBudget budget;
    private final GoFormat format;
    private final Clock clock;

    Functions(ExecutionBudget budget, Clock clock) {
        this.budget = budget;
        this.format = new GoFormat(budget);
        this.clock = clock;
    }

    Object call(String name, List<Object> arguments) {
        // Go's lengths and positions are in bytes, which have to be counted here.
        arguments.stream().filter(String.class::isInstance).forEach(text -> budget.spend(((String) text).length()));
        Object result = apply(name, arguments);
        if (result instanceof String text) {
            budget.spend(text.length());
        }
        return result;
    }

    private Object apply(String name, List<Object> arguments) {
        return switch (name) {
            case "not" -> !Truth.of(exactly(name, 1, arguments).getFirst());
            case "eq" -> {
                require(name, arguments.size() >= 2, "missing argument for comparison");
                yield arguments.subList(1, arguments.size()).stream().anyMatch(other -> equal(arguments.getFirst(),
                        other));
            }
            case "ne" -> !equal(exactly(name, 2, arguments).getFirst(), arguments.get(1));
            case "lt" -> compare(name, arguments) < 0;
            case "le" -> compare(name, arguments) <= 0;
            case "gt" -> compare(name, arguments) > 0;
            case "ge" -> compare(name, arguments) >= 0;
            case "len" -> length(exactly(name, 1, arguments).getFirst());
            case "index" -> index(arguments);
            case "slice" -> slice(arguments);
            case "print" -> format.sprint(arguments);
            case "println" -> format.sprintln(arguments);
            case "printf" -> {
                require(name, !arguments.isEmpty(), "wrong number of args for printf: want at least 1 got 0");
                require(name, arguments.getFirst() instanceof String, "wrong type for value; expected string; got "
                        + GoFormat.type(arguments.getFirst()));
                yield format.sprintf((String) arguments.getFirst(), arguments.subList(1, arguments.size()));
            }
            case "html" -> html(text(arguments));
            case "js" -> js(text(arguments));
            case "urlquery" -> URLEncoder.encode(text(arguments), StandardCharsets.UTF_8).replace("*", "%2A").replace(
                    "%7E", "~");
            case "json" -> GoJson.write(exactly(name, 1, arguments).getFirst(), budget);
            case "currentDate" -> LocalDate.now(clock).toString();
            case "yesterdayDate" -> LocalDate.now(clock).minusDays(1).toString();
            case "toTypeScriptType" -> typeScript(exactly(name, 1, arguments).getFirst());
            default -> throw new GoTemplateException("function \"" + name + "\" not defined");
        };
    }

    private static void require(String name, boolean condition, String message) {
        if (!condition) {
            throw new GoTemplateException("error calling " + name + ": " + message);
        }
    }

    private static List<Object> exactly(String name, int count, List<Object> arguments) {
        if (arguments.size() != count) {
            throw new GoTemplateException("wrong number of args for " + name + ": want " + count + " got " + arguments
                    .size());
        }
        return arguments;
    }

    private boolean equal(Object first, Object second) {
        if (first instanceof GoValue || second instanceof GoValue) {
            Object composite = first instanceof GoValue ? first : second;
            require("eq", first == null || second == null, composite instanceof Struct
                    ? "incompatible types for comparison"
                    : "uncomparable type " + GoFormat.type(composite));
            return false;
        }
        if (first == null || second == null) {
            return first == second;
        }
        require("eq", first.getClass() == second.getClass(), "incompatible types for comparison");
        return first instanceof Double number ? number.doubleValue() == (Double) second : first.equals(second);
    }

    private int compare(String name, List<Object> arguments) {
        exactly(name, 2, arguments);
        Object first = arguments.getFirst();
        Object second = arguments.get(1);
        return switch (first) {
            case Long a when second instanceof Long b -> Long.compare(a, b);
            case Double a when second instanceof Double b -> Double.compare(a, b);
            case String a when second instanceof String b -> a.compareTo(b);
            case null, default -> throw new GoTemplateException("error calling " + name + ": " + (first instanceof Long
                    || first instanceof Double || first instanceof String
                            ? "incompatible types for comparison"
                            : "invalid type for comparison"));
        };
    }

    private static long length(Object value) {
        return switch (value) {
            case String text -> GoStrings.length(text);
            case Slice slice -> slice.elements().size();
            case Mapping mapping -> mapping.entries().size();
            case null -> throw new GoTemplateException("error calling len: len of nil pointer");
            default -> throw new GoTemplateException("error calling len: len of type " + GoFormat.type(value));
        };
    }

    private static Object index(List<Object> arguments) {
        require("index", !arguments.isEmpty(), "wrong number of args for index: want at least 1 got 0");
        Object value = arguments.getFirst();
        require("index", value != null, "index of untyped nil");
        for (Object key : arguments.subList(1, arguments.size())) {
            value = switch (value) {
                case Mapping mapping -> {
                    require("index", key instanceof String, "value has type " + GoFormat.type(key)
                            + "; should be string");
                    yield mapping.entries().get(key);
                }
                case Slice slice -> slice.elements().get(position("index", key, slice.elements().size() - 1));
                case String text -> {
                    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                    yield (long) (bytes[position("index", key, bytes.length - 1)] & 0xff);
                }
                case null -> throw new GoTemplateException("error calling index: index of nil pointer");
                default -> throw new GoTemplateException("error calling index: can't index item of type " + GoFormat
                        .type(value));
            };
        }
        return value;
    }

    private static int position(String function, Object key, int last) {
        require(function, key instanceof Long, key == null
                ? "cannot index slice/array with nil"
                : "cannot index slice/array with type " + GoFormat.type(key));
        long position = (Long) key;
        require(function, position >= 0 && position <= last, "index out of range: " + position);
        return (int) position;
    }

    private Object slice(List<Object> arguments) {
        require("slice", !arguments.isEmpty() && arguments.getFirst() != null, "slice of untyped nil");
        require("slice", arguments.size() <= 4, "too many slice indexes: " + (arguments.size() - 1));
        Object value = arguments.getFirst();
        int length = switch (value) {
            case String text -> GoStrings.length(text);
            case Slice slice -> slice.elements().size();
            default -> throw new GoTemplateException("error calling slice: can't slice item of type " + GoFormat.type(
                    value));
        };
        require("slice", !(value instanceof String && arguments.size() == 4), "cannot 3-index slice a string");
        int from = arguments.size() > 1 ? position("slice", arguments.get(1), length) : 0;
        int to = arguments.size() > 2 ? position("slice", arguments.get(2), length) : length;
        require("slice", from <= to, "invalid slice index: " + from + " > " + to);
        budget.spend(length);
        return value instanceof String text
                ? GoStrings.slice(text, from, to)
                : new Slice(((Slice) value).elements().subList(from, to), false, ((Slice) value).text());
    }

    private String text(List<Object> arguments) {
        return arguments.size() == 1 && arguments.getFirst() instanceof String text
                ? text
                : format.sprint(arguments);
    }

    private String html(String text) {
        budget.spend(6L * text.length());
        return text.replace("&", "&amp;").replace("\u0000", "\ufffd").replace("\"", "&#34;").replace("'", "&#39;")
                .replace("<", "&lt;").replace(">", "&gt;");
    }

    private String js(String text) {
        budget.spend(6L * text.length());
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\'' -> out.append("\\'");
                case '"' -> out.append("\\\"");
                default -> {
                    if (c < ' ' || "<>&=".indexOf(c) >= 0 || c >= 0x80 && !GoStrings.isPrintable(c)) {
                        out.append(String.format("\\u%04X", c));
                    } else {
                        out.appendCodePoint(c);
                    }
                }
            }
        });
        return out.toString();
    }

    /** The TypeScript type of a tool's parameter, as gpt-oss reads them. */
    private static String typeScript(Object value) {
        if (!(value instanceof Struct property)) {
            return "any";
        }
        Object anyOf = Executor.field(property, "AnyOf");
        if (anyOf instanceof Slice choices && !choices.elements().isEmpty()) {
            return choices.elements().stream().map(Functions::typeScript).collect(Collectors.joining(" | "));
        }
        if (!(Executor.field(property, "Type") instanceof Slice types) || types.elements().isEmpty()) {
            return "any";
        }
        return types.elements().stream().map(type -> switch (String.valueOf(type)) {
            case "string" -> "string";
            case "number", "integer" -> "number";
            case "boolean" -> "boolean";
            case "array" -> "any[]";
            case "object" -> "Record<string, any>";
            case "null" -> "null";
            default -> "any";
        }).collect(Collectors.joining(" | "));
    }
}
