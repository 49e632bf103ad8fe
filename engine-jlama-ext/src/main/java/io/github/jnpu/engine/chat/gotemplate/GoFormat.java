package io.github.jnpu.engine.chat.gotemplate;

import io.github.jnpu.engine.chat.gotemplate.GoValue.Mapping;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Slice;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Struct;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Text;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes values as Go's {@code fmt} does. */
final class GoFormat {
    /** Go's own bound. */
    private static final int MAX_WIDTH = 1_000_000;

    private final ExecutionBudget budget;

    /** What stands between the per cent sign and the verb. */
    private record Directive(boolean minus, boolean plus, boolean sharp, boolean zero, boolean space, int width,
            int precision, int verb) {}

    GoFormat(ExecutionBudget budget) {
        this.budget = budget;
    }

    /** What a template prints for a value. */
    String print(Object value) {
        return value == null ? "<no value>" : format(value, plain('v'));
    }

    private static Directive plain(int verb) {
        return new Directive(false, false, false, false, false, -1, -1, verb);
    }

    /** {@code fmt.Sprint}: a space between operands where neither is a string. */
    String sprint(List<Object> values) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < values.size(); i++) {
            if (i > 0 && !(values.get(i) instanceof String) && !(values.get(i - 1) instanceof String)) {
                out.append(' ');
            }
            out.append(format(values.get(i), plain('v')));
        }
        return out.toString();
    }

    String sprintln(List<Object> values) {
        return values.stream().map(value -> format(value, plain('v'))).collect(Collectors.joining(" ", "", "\n"));
    }

    String sprintf(String pattern, List<Object> values) {
        budget.spend(pattern.length());
        StringBuilder out = new StringBuilder();
        int used = 0;
        for (int i = 0; i < pattern.length();) {
            int percent = pattern.indexOf('%', i);
            if (percent < 0) {
                out.append(pattern, i, pattern.length());
                break;
            }
            out.append(pattern, i, percent);
            i = percent + 1;
            boolean[] flags = new boolean[5];
            for (int flag; i < pattern.length() && (flag = "-+#0 ".indexOf(pattern.charAt(i))) >= 0; i++) {
                flags[flag] = true;
            }
            int[] sizes = {-1, -1};
            for (int part = 0; part < 2; part++) {
                if (part == 1) {
                    if (i >= pattern.length() || pattern.charAt(i) != '.') {
                        break;
                    }
                    i++;
                    sizes[1] = 0;
                }
                if (i < pattern.length() && pattern.charAt(i) == '*') {
                    i++;
                    if (used < values.size() && values.get(used++) instanceof Long size
                            && Math.abs(size) <= MAX_WIDTH) {
                        flags[0] |= part == 0 && size < 0;
                        sizes[part] = (int) Math.abs(size);
                    } else {
                        out.append(part == 0 ? "%!(BADWIDTH)" : "%!(BADPREC)");
                    }
                }
                while (i < pattern.length() && pattern.charAt(i) >= '0' && pattern.charAt(i) <= '9') {
                    sizes[part] = Math.min(MAX_WIDTH, Math.max(0, sizes[part]) * 10 + pattern.charAt(i++) - '0');
                }
            }
            if (i >= pattern.length()) {
                out.append("%!(NOVERB)");
                break;
            }
            int verb = pattern.codePointAt(i);
            i += Character.charCount(verb);
            budget.spend(Math.max(0, sizes[0]) + Math.max(0, sizes[1]));
            if (verb == '%') {
                out.append('%');
            } else if (used >= values.size()) {
                out.append("%!").appendCodePoint(verb).append("(MISSING)");
            } else {
                out.append(format(values.get(used++), new Directive(flags[0], flags[1], flags[2],
                        flags[3] && !flags[0], flags[4], sizes[0], sizes[1], verb)));
            }
        }
        if (used < values.size()) {
            out.append(values.subList(used, values.size()).stream().map(value -> value == null
                    ? "<nil>"
                    : type(value) + "=" + format(value, plain('v'))).collect(Collectors.joining(", ", "%!(EXTRA ",
                            ")")));
        }
        return out.toString();
    }

    private String format(Object value, Directive directive) {
        budget.enter();
        try {
            return switch (value) {
                case null -> pad(directive.verb() == 'v' ? "<nil>" : bad(directive, "<nil>"), directive);
                case String text -> string(text, directive);
                case Boolean flag -> directive.verb() == 'v' || directive.verb() == 't'
                        ? pad(flag.toString(), directive)
                        : bad(directive, "bool=" + flag);
                case Long number -> whole(number, directive);
                case Double number -> fraction(number, directive);
                case GoValue composite when composite.text() != Text.PLAIN && "vsxXq".indexOf(directive.verb()) >= 0
                        && !directive.sharp() ->
                    string(text(composite), directive);
                case Slice slice -> slice.elements().stream().map(element -> format(element, directive)).collect(
                        Collectors.joining(" ", "[", "]"));
                case Mapping mapping -> mapping.entries().entrySet().stream().map(entry -> format(entry.getKey(),
                        directive) + ":" + format(entry.getValue(), directive)).collect(Collectors.joining(" ",
                                "map[", "]"));
                case Struct struct -> struct.fields().stream().map(field -> (directive.plus()
                        ? field.name() + ":"
                        : "") + format(field.value(), directive)).collect(Collectors.joining(" ", "{", "}"));
                default -> throw new GoTemplateException("a value of " + value.getClass()
                        + " has no place in a template");
            };
        } finally {
            budget.leave();
        }
    }

    /** What the value's {@code String} method gives. */
    private String text(GoValue value) {
        if (value.text() == Text.SCHEMA_TYPE && value instanceof Slice slice) {
            return slice.elements().size() == 1
                    ? (String) slice.elements().getFirst()
                    : slice.elements().isEmpty() ? "" : format(Slice.of(slice.elements()), plain('v'));
        }
        return value instanceof Mapping mapping && mapping.isNil() ? "{}" : GoJson.write(value, budget);
    }

    private String bad(Directive directive, String what) {
        return "%!" + Character.toString(directive.verb()) + "(" + what.replaceFirst("^<nil>$", "<nil>") + ")";
    }

    private String string(String text, Directive directive) {
        budget.spend(text.length());
        String cut = directive.precision() >= 0 && "vsq".indexOf(directive.verb()) >= 0
                && text.codePointCount(0, text.length()) > directive.precision()
                        ? text.substring(0, text.offsetByCodePoints(0, directive.precision()))
                        : text;
        return switch (directive.verb()) {
            case 'v' -> pad(directive.sharp() ? GoStrings.quote(cut) : cut, directive);
            case 's' -> pad(cut, directive);
            case 'q' -> pad(directive.sharp() && !cut.contains("`") && !cut.contains("\n")
                    ? "`" + cut + "`"
                    : GoStrings.quote(cut), directive);
            case 'x' -> pad(HexFormat.of().formatHex(cut.getBytes(StandardCharsets.UTF_8)), directive);
            case 'X' -> pad(HexFormat.of().withUpperCase().formatHex(cut.getBytes(StandardCharsets.UTF_8)), directive);
            default -> bad(directive, "string=" + text);
        };
    }

    private String whole(long number, Directive directive) {
        String magnitude = switch (directive.verb()) {
            case 'v', 'd' -> Long.toString(number).replace("-", "");
            case 'b' -> radix(number, 2);
            case 'o' -> (directive.sharp() ? "0" : "") + radix(number, 8);
            case 'O' -> "0o" + radix(number, 8);
            case 'x' -> (directive.sharp() ? "0x" : "") + radix(number, 16);
            case 'X' -> (directive.sharp() ? "0X" : "") + radix(number, 16).toUpperCase(Locale.ROOT);
            default -> null;
        };
        if (magnitude != null) {
            return number(number < 0, magnitude, directive);
        }
        boolean character = number >= 0 && number <= Character.MAX_CODE_POINT;
        return switch (directive.verb()) {
            case 'c' -> pad(Character.toString(character ? (int) number : 0xfffd), directive);
            case 'q' -> pad("'" + (number == '\''
                    ? "\\'"
                    : unquoted(GoStrings.quote(Character.toString(character ? (int) number : 0xfffd)))) + "'",
                    directive);
            case 'U' -> pad(String.format(Locale.ROOT, "U+%04X", number), directive);
            default -> bad(directive, "int=" + number);
        };
    }

    private static String unquoted(String quoted) {
        String inner = quoted.substring(1, quoted.length() - 1);
        return inner.equals("\\\"") ? "\"" : inner;
    }

    private static String radix(long number, int radix) {
        return Long.toString(number, radix).replace("-", "");
    }

    private String fraction(double value, Directive directive) {
        boolean finite = Double.isFinite(value);
        String text = switch (directive.verb()) {
            case 'v', 'g', 'G' -> !finite || directive.precision() < 0
                    ? GoNumbers.format(value)
                    : GoNumbers.format(new BigDecimal(value).round(new java.math.MathContext(Math.max(1,
                            directive.precision()), RoundingMode.HALF_EVEN)).doubleValue());
            case 'f', 'F' -> finite
                    ? new BigDecimal(value).setScale(directive.precision() < 0 ? 6 : directive.precision(),
                            RoundingMode.HALF_EVEN).toPlainString()
                    : GoNumbers.format(value);
            case 'e', 'E' -> finite
                    ? String.format(Locale.ROOT, "%." + (directive.precision() < 0 ? 6 : directive.precision()) + "e",
                            value)
                    : GoNumbers.format(value);
            default -> null;
        };
        if (text == null) {
            return bad(directive, "float64=" + GoNumbers.format(value));
        }
        boolean negative = text.startsWith("-");
        String upper = directive.verb() == 'G' || directive.verb() == 'E' ? text.toUpperCase(Locale.ROOT) : text;
        return number(negative, upper.replaceFirst("^[-+]", ""), directive);
    }

    private String number(boolean negative, String magnitude, Directive directive) {
        String sign = negative ? "-" : directive.plus() && directive.verb() != 'v' ? "+" : directive.space() ? " " : "";
        if (directive.zero() && directive.width() > sign.length() + magnitude.length()) {
            return sign + "0".repeat(directive.width() - sign.length() - magnitude.length()) + magnitude;
        }
        return pad(sign + magnitude, directive);
    }

    private static String pad(String text, Directive directive) {
        int missing = directive.width() - text.codePointCount(0, text.length());
        return missing <= 0
                ? text
                : directive.minus()
                        ? text + " ".repeat(missing)
                        : (directive.zero() ? "0" : " ").repeat(missing) + text;
    }

    /** How Go calls the type of a value. */
    static String type(Object value) {
        return switch (value) {
            case null -> "nil";
            case String _ -> "string";
            case Boolean _ -> "bool";
            case Long _ -> "int";
            case Double _ -> "float64";
            case Slice _ -> "[]interface {}";
            case Mapping _ -> "map[string]interface {}";
            case Struct struct -> struct.type();
            default -> value.getClass().getSimpleName();
        };
    }
}
