package io.github.jnpu.engine.chat.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.List;
import java.util.Map;

/** How Python writes values ({@code str}, {@code repr}) and treats characters. */
final class PythonText {
    private final RenderBudget budget;

    PythonText(RenderBudget budget) {
        this.budget = budget;
    }

    /** {@code str(value)}; nothing for what is undefined. */
    String str(Object value) {
        if (value instanceof String text) {
            return text;
        }
        if (value instanceof Undefined) {
            return "";
        }
        StringBuilder out = new StringBuilder();
        repr(value, out);
        return out.toString();
    }

    /** {@code repr(value)} */
    String repr(Object value) {
        StringBuilder out = new StringBuilder();
        repr(value, out);
        return out.toString();
    }

    private void repr(Object value, StringBuilder out) {
        budget.enter();
        budget.spendElements(1);
        switch (value) {
            case null -> out.append("None");
            case Boolean flag -> out.append(flag ? "True" : "False");
            case Double number -> out.append(number(number));
            case BigDecimal number -> out.append(number);
            case BigInteger number -> out.append(number);
            case Long number -> out.append(number);
            case String text -> quote(text, out);
            case Undefined ignored -> out.append("Undefined");
            case Tuple tuple -> {
                elements(tuple, "(", tuple.size() == 1 ? ",)" : ")", out);
            }
            case Range range -> out.append(range);
            case List<?> list -> elements(list, "[", "]", out);
            case Map<?, ?> map -> {
                out.append('{');
                String separator = "";
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    out.append(separator);
                    repr(entry.getKey(), out);
                    out.append(": ");
                    repr(entry.getValue(), out);
                    separator = ", ";
                }
                out.append('}');
            }
            case DictView view -> elements(view.elements(), "dict_" + view.kind() + "([", "])", out);
            case Generator ignored -> out.append("<generator object>");
            case Namespace ignored -> out.append("<Namespace>");
            default -> out.append("<function>");
        }
        budget.leave();
    }

    private void elements(List<?> elements, String open, String close, StringBuilder out) {
        out.append(open);
        String separator = "";
        for (Object element : elements) {
            out.append(separator);
            repr(element, out);
            separator = ", ";
        }
        out.append(close);
    }

    private void quote(String text, StringBuilder out) {
        budget.spend(text.length());
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(quote);
                    } else if (isPrintable(c)) {
                        out.appendCodePoint(c);
                    } else if (c < 0x100) {
                        out.append("\\x%02x".formatted(c));
                    } else {
                        out.append(c < 0x10000 ? "\\u%04x".formatted(c) : "\\U%08x".formatted(c));
                    }
                }
            }
        });
        out.append(quote);
    }

    private static boolean isPrintable(int c) {
        return c == ' ' || switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
                    Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SPACE_SEPARATOR ->
                false;
            default -> true;
        };
    }

    /** A float as Python writes it: the shortest digits that read back, with an exponent below 1e-4 and from 1e16. */
    static String number(double number) {
        if (Double.isNaN(number)) {
            return "nan";
        }
        if (Double.isInfinite(number)) {
            return number > 0 ? "inf" : "-inf";
        }
        if (number == 0) {
            return 1 / number < 0 ? "-0.0" : "0.0";
        }
        BigDecimal shortest = new BigDecimal(Double.toString(number)).stripTrailingZeros();
        // Java never tries less than two digits: it writes 4.9E-324 where 5E-324 reads back.
        BigDecimal oneDigit = shortest.round(new MathContext(1));
        if (oneDigit.doubleValue() == number) {
            shortest = oneDigit;
        }
        int exponent = shortest.precision() - shortest.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String plain = shortest.toPlainString();
            return plain.indexOf('.') < 0 ? plain + ".0" : plain;
        }
        String digits = shortest.unscaledValue().abs().toString();
        return (number < 0 ? "-" : "") + digits.charAt(0) + (digits.length() > 1 ? "." + digits.substring(1) : "") + "e"
                + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    /** What {@code str.isspace} calls whitespace. */
    static boolean isSpace(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
    }

    static String strip(String text, String characters) {
        return strip(text, characters, true, true);
    }

    /**
     * {@code str.strip}, {@code lstrip}, {@code rstrip}.
     *
     * @param characters
     *            what to strip, or null for whitespace
     */
    static String strip(String text, String characters, boolean left, boolean right) {
        int start = 0;
        int end = text.length();
        while (left && start < end && strips(text.codePointAt(start), characters)) {
            start += Character.charCount(text.codePointAt(start));
        }
        while (right && end > start && strips(text.codePointBefore(end), characters)) {
            end -= Character.charCount(text.codePointBefore(end));
        }
        return text.substring(start, end);
    }

    private static boolean strips(int c, String characters) {
        return characters == null ? isSpace(c) : characters.indexOf(c) >= 0;
    }

    /** A string literal's body with Python's escapes replaced. */
    static String unescape(String body) {
        if (body.indexOf('\\') < 0) {
            return body;
        }
        StringBuilder out = new StringBuilder(body.length());
        int at = 0;
        while (at < body.length()) {
            char c = body.charAt(at++);
            if (c != '\\' || at == body.length()) {
                out.append(c);
                continue;
            }
            char escape = body.charAt(at++);
            switch (escape) {
                case '\n' -> {
                }
                case '\\', '\'', '"' -> out.append(escape);
                case 'n' -> out.append('\n');
                case 't' -> out.append('\t');
                case 'r' -> out.append('\r');
                case 'a' -> out.append('\u0007');
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'v' -> out.append('\u000b');
                case 'x', 'u', 'U' -> {
                    int digits = escape == 'x' ? 2 : escape == 'u' ? 4 : 8;
                    out.appendCodePoint(codePoint(body, at, digits, 16));
                    at += digits;
                }
                case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                    int end = at;
                    while (end < body.length() && end < at + 2 && Character.digit(body.charAt(end), 8) >= 0) {
                        end++;
                    }
                    out.appendCodePoint(codePoint(body, at - 1, end - at + 1, 8));
                    at = end;
                }
                default -> out.append('\\').append(escape);
            }
        }
        return out.toString();
    }

    private static int codePoint(String body, int from, int digits, int radix) {
        try {
            int value = Integer.parseUnsignedInt(body, from, Math.min(body.length(), from + digits), radix);
            if (from + digits <= body.length() && Character.isValidCodePoint(value)) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw new JinjaException("a string has a malformed escape", e);
        }
        throw new JinjaException("a string has a malformed escape");
    }
}
