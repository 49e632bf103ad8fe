package io.github.jnpu.engine.chat.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;

/** Python's {@code %} formatting and the simple fields of {@code str.format}. */
final class PythonFormat {
    /** Wider fields than any text needs; a template must not ask for gigabytes of blanks. */
    private static final int MAX_WIDTH = 10_000;

    private final RenderBudget budget;
    private final PythonText text;

    PythonFormat(RenderBudget budget, PythonText text) {
        this.budget = budget;
        this.text = text;
    }

    /** {@code format % values} */
    String percent(String format, Object values) {
        budget.spend(format.length());
        StringBuilder out = new StringBuilder();
        int used = 0;
        int at = 0;
        while (at < format.length()) {
            char c = format.charAt(at++);
            if (c != '%') {
                out.append(c);
                continue;
            }
            Object value = null;
            boolean named = false;
            if (at < format.length() && format.charAt(at) == '(') {
                int close = format.indexOf(')', at);
                if (close < 0 || !(values instanceof Map<?, ?> map) || !map.containsKey(format.substring(at + 1,
                        close))) {
                    throw new JinjaException("a format lacks its value");
                }
                value = map.get(format.substring(at + 1, close));
                named = true;
                at = close + 1;
            }
            int flagsStart = at;
            while (at < format.length() && "-+ 0#".indexOf(format.charAt(at)) >= 0) {
                at++;
            }
            String flags = format.substring(flagsStart, at);
            int widthStart = at;
            while (at < format.length() && Character.isDigit(format.charAt(at))) {
                at++;
            }
            int width = bounded(format.substring(widthStart, at), 0);
            budget.spend(width);
            int precision = -1;
            if (at < format.length() && format.charAt(at) == '.') {
                int start = ++at;
                while (at < format.length() && Character.isDigit(format.charAt(at))) {
                    at++;
                }
                precision = bounded(format.substring(start, at), 0);
                budget.spend(precision);
            }
            if (at >= format.length()) {
                throw new JinjaException("incomplete format");
            }
            char conversion = format.charAt(at++);
            if (conversion == '%') {
                out.append('%');
                continue;
            }
            if (!named) {
                List<?> positional = values instanceof Tuple tuple ? tuple : null;
                if (positional == null ? used > 0 : used >= positional.size()) {
                    throw new JinjaException("not enough arguments for format string");
                }
                value = positional == null ? values : positional.get(used);
                used++;
            }
            out.append(pad(convert(conversion, value, precision, flags), width, flags));
        }
        if (values instanceof Tuple tuple && used < tuple.size()) {
            throw new JinjaException("not all arguments converted during string formatting");
        }
        return out.toString();
    }

    private static int bounded(String digits, int otherwise) {
        if (digits.isEmpty()) {
            return otherwise;
        }
        if (digits.length() > 5 || Integer.parseInt(digits) > MAX_WIDTH) {
            throw new JinjaException("a format asks for more than " + MAX_WIDTH + " characters");
        }
        return Integer.parseInt(digits);
    }

    private String convert(char conversion, Object value, int precision, String flags) {
        PythonOperators.fail(value);
        return switch (conversion) {
            case 's' -> cut(paid(text.str(value)), precision);
            case 'r' -> cut(paid(text.repr(value)), precision);
            case 'd', 'i', 'u' -> {
                if (!PythonNumbers.isNumber(value)) {
                    throw new JinjaException("%d format: a number is required, not " + PythonOperators.type(value));
                }
                yield signed(new BigDecimal(PythonNumbers.asDouble(value)).setScale(0, RoundingMode.DOWN)
                        .toPlainString(), flags);
            }
            case 'x' -> Long.toHexString(requireLong(value));
            case 'f', 'F' -> {
                if (!PythonNumbers.isNumber(value)) {
                    throw new JinjaException("must be real number, not " + PythonOperators.type(value));
                }
                yield signed(fixed(PythonNumbers.asDouble(value), precision < 0 ? 6 : precision), flags);
            }
            default -> throw new JinjaException("unsupported format character '" + conversion + "'");
        };
    }

    private String paid(String value) {
        budget.spend(value.length());
        return value;
    }

    static String fixed(double value, int digits) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return PythonText.number(value);
        }
        return new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    }

    private static long requireLong(Object value) {
        if (value instanceof Long number) {
            return number;
        }
        throw new JinjaException("%x format: an integer is required, not " + PythonOperators.type(value));
    }

    private static String signed(String number, String flags) {
        if (number.startsWith("-")) {
            return number;
        }
        return flags.contains("+") ? "+" + number : flags.contains(" ") ? " " + number : number;
    }

    private static String cut(String value, int precision) {
        return precision < 0 || precision >= value.codePointCount(0, value.length())
                ? value
                : value.substring(0, value.offsetByCodePoints(0, precision));
    }

    private static String pad(String value, int width, String flags) {
        int missing = width - value.codePointCount(0, value.length());
        if (missing <= 0) {
            return value;
        }
        if (flags.contains("-")) {
            return value + " ".repeat(missing);
        }
        if (flags.contains("0")) {
            int sign = value.startsWith("-") || value.startsWith("+") ? 1 : 0;
            return value.substring(0, sign) + "0".repeat(missing) + value.substring(sign);
        }
        return " ".repeat(missing) + value;
    }

    /** {@code format.format(...)} with {@code {}}, {@code {0}} and {@code {name}}; a format specification is refused. */
    String braces(String format, CallArguments arguments) {
        budget.spend(format.length());
        StringBuilder out = new StringBuilder();
        int automatic = 0;
        int at = 0;
        while (at < format.length()) {
            char c = format.charAt(at);
            if ((c == '{' || c == '}') && at + 1 < format.length() && format.charAt(at + 1) == c) {
                out.append(c);
                at += 2;
                continue;
            }
            if (c != '{') {
                out.append(c);
                at++;
                continue;
            }
            int close = format.indexOf('}', at);
            String field = close < 0 ? "{" : format.substring(at + 1, close);
            if (field.isEmpty()) {
                field = Integer.toString(automatic++);
            }
            Object value;
            if (field.chars().allMatch(Character::isDigit) && field.length() < 6
                    && Integer.parseInt(field) < arguments.positional().size()) {
                value = arguments.positional().get(Integer.parseInt(field));
            } else if (arguments.named().containsKey(field)) {
                value = arguments.named().get(field);
            } else {
                throw new JinjaException("format() has no value for '{" + field + "}', or cannot format it");
            }
            String string = text.str(value);
            budget.spend(string.length());
            out.append(string);
            at = close + 1;
        }
        return out.toString();
    }
}
