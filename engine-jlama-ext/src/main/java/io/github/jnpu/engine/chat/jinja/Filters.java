package io.github.jnpu.engine.chat.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Jinja2's filters by name: those over text here, those over sequences in {@link SequenceFilters}. */
final class Filters {
    private final RenderBudget budget;
    private final PythonText text;
    private final PythonOperators operators;
    private final ExpressionEvaluator evaluator;
    private final StringMethods strings;
    private final CollectionMethods collections;
    private final SequenceFilters sequences;

    Filters(ExpressionEvaluator evaluator, StringMethods strings, CollectionMethods collections, ValueTests tests) {
        this.budget = evaluator.budget;
        this.text = evaluator.text;
        this.operators = evaluator.operators;
        this.evaluator = evaluator;
        this.strings = strings;
        this.collections = collections;
        this.sequences = new SequenceFilters(evaluator, this, tests);
    }

    Object apply(String name, Object value, CallArguments arguments) {
        budget.enter();
        if (value instanceof String string) {
            budget.spend(string.length());
        }
        Object result = switch (name) {
            case "tojson" -> new PythonJson(budget).write(value, arguments);
            case "trim" -> strings.strip(soft(value), arguments, true, true);
            case "upper" -> soft(value).toUpperCase(Locale.ROOT);
            case "lower" -> soft(value).toLowerCase(Locale.ROOT);
            case "capitalize" -> StringMethods.capitalize(soft(value));
            case "title" -> title(soft(value));
            case "string", "safe" -> soft(value);
            case "replace" -> strings.replace(soft(value), arguments.text(0, "old"), arguments.text(1, "new"),
                    arguments.get(2, "count", null) == null ? -1 : arguments.integer(2, "count", -1));
            case "indent" -> indent(soft(value), arguments);
            case "center" -> strings.pad(soft(value), arguments.integer(0, "width", 80), " ", 1, 1);
            case "truncate" -> truncate(soft(value), arguments);
            case "wordcount" -> wordCount(soft(value));
            case "format" -> new PythonFormat(budget, text).percent(soft(value),
                    arguments.named().isEmpty() ? new Tuple(arguments.positional()) : arguments.named());
            case "e", "escape", "forceescape" -> escape(soft(value));
            case "length", "count" -> operators.length(value);
            case "default", "d" -> value instanceof Undefined
                    || PythonOperators.truth(arguments.get(1, "boolean", false)) && !PythonOperators.truth(value)
                            ? arguments.get(0, "default_value", "")
                            : value;
            case "int" -> integer(value, arguments);
            case "float" -> decimal(value, arguments);
            case "abs" -> absolute(value);
            case "round" -> round(value, arguments);
            case "attr" -> evaluator.attribute(value, arguments.text(0, "name"));
            case "items" -> {
                if (value instanceof Undefined) {
                    yield new Generator(List.of());
                }
                if (!(value instanceof Map<?, ?> map)) {
                    throw new JinjaException("Can only get item pairs from a mapping.");
                }
                yield new Generator(collections.items(map).elements());
            }
            default -> sequences.apply(name, value, arguments);
        };
        budget.leave();
        return result;
    }

    private String soft(Object value) {
        return text.str(value);
    }

    /** Unlike {@code str.title}, only blanks, hyphens and opening brackets begin a word. */
    private static String title(String string) {
        StringBuilder out = new StringBuilder();
        boolean[] begins = {true};
        string.codePoints().forEach(c -> {
            boolean border = PythonText.isSpace(c) || "-({[<".indexOf(c) >= 0;
            String character = Character.toString(c);
            out.append(begins[0] ? character.toUpperCase(Locale.ROOT) : character.toLowerCase(Locale.ROOT));
            begins[0] = border;
        });
        return out.toString();
    }

    private String indent(String string, CallArguments arguments) {
        Object width = arguments.get(0, "width", 4L);
        String indentation;
        if (width instanceof String blanks) {
            indentation = blanks;
        } else {
            int blanks = Math.max(0, arguments.integer(0, "width", 4));
            budget.spend(blanks);
            indentation = " ".repeat(blanks);
        }
        boolean first = PythonOperators.truth(arguments.get(1, "first", false));
        boolean blank = PythonOperators.truth(arguments.get(2, "blank", false));
        StringBuilder out = new StringBuilder(first ? indentation : "");
        boolean start = true;
        for (Object line : StringMethods.lines(string + "\n", false)) {
            String content = (String) line;
            budget.spend((long) indentation.length() + content.length() + 1);
            if (!start) {
                out.append('\n').append(blank || !content.isEmpty() ? indentation : "");
            }
            out.append(content);
            start = false;
        }
        return out.toString();
    }

    private static String truncate(String string, CallArguments arguments) {
        int length = arguments.integer(0, "length", 255);
        boolean kill = PythonOperators.truth(arguments.get(1, "killwords", false));
        String end = arguments.text(2, "end", "...");
        int leeway = arguments.integer(3, "leeway", 5);
        if (length < end.length() || leeway < 0) {
            throw new JinjaException("truncate() wants a length of at least " + end.length());
        }
        int characters = string.codePointCount(0, string.length());
        if (characters <= (long) length + leeway) {
            return string;
        }
        String cut = string.substring(0, string.offsetByCodePoints(0, length - end.length()));
        int blank = cut.lastIndexOf(' ');
        return (kill || blank < 0 ? cut : cut.substring(0, blank)) + end;
    }

    private static long wordCount(String string) {
        long words = 0;
        boolean inWord = false;
        for (int i = 0; i < string.length(); i++) {
            boolean word = Character.isLetterOrDigit(string.charAt(i)) || string.charAt(i) == '_';
            words += word && !inWord ? 1 : 0;
            inWord = word;
        }
        return words;
    }

    private String escape(String string) {
        budget.spendProduct(string.length(), 5);
        return string.replace("&", "&amp;").replace(">", "&gt;").replace("<", "&lt;").replace("'", "&#39;")
                .replace("\"", "&#34;");
    }

    private static Object integer(Object value, CallArguments arguments) {
        Object otherwise = arguments.get(0, "default", 0L);
        return switch (value) {
            case Long number -> number;
            case Boolean flag -> flag ? 1L : 0L;
            case Double number -> number.isNaN() || number.isInfinite() ? otherwise : (Object) number.longValue();
            case String string -> {
                int base = arguments.integer(1, "base", 10);
                try {
                    String digits = withoutPrefix(PythonText.strip(string, null).replace("_", ""), base);
                    yield base >= Character.MIN_RADIX && base <= Character.MAX_RADIX
                            ? Long.parseLong(digits, base)
                            : otherwise;
                } catch (NumberFormatException e) {
                    Double number = parse(string);
                    yield number == null || number.isInfinite() || number.isNaN() ? otherwise : number.longValue();
                }
            }
            case Undefined undefined -> throw undefined.error();
            case null, default -> otherwise;
        };
    }

    private static String withoutPrefix(String digits, int base) {
        String prefix = switch (base) {
            case 16 -> "0x";
            case 8 -> "0o";
            case 2 -> "0b";
            default -> null;
        };
        return prefix != null && digits.toLowerCase(Locale.ROOT).startsWith(prefix) ? digits.substring(2) : digits;
    }

    private static Object decimal(Object value, CallArguments arguments) {
        Object otherwise = arguments.get(0, "default", 0.0);
        return switch (value) {
            case String string -> {
                Double number = parse(string);
                yield number == null ? otherwise : (Object) number;
            }
            case Undefined undefined -> throw undefined.error();
            case null, default -> PythonNumbers.isNumber(value) ? PythonNumbers.asDouble(value) : otherwise;
        };
    }

    private static Double parse(String string) {
        String number = PythonText.strip(string, null).replace("_", "");
        // Java reads more than Python does: hexadecimal floats and the suffixes d and f.
        if (number.length() > 400 || !number.matches("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?")) {
            return null;
        }
        return Double.valueOf(number);
    }

    private static Object absolute(Object value) {
        PythonOperators.fail(value);
        return switch (value) {
            case Long number -> Math.absExact(number);
            case Boolean flag -> flag ? 1L : 0L;
            case Double number -> Math.abs(number);
            case null, default ->
                throw new JinjaException("bad operand type for abs(): '" + PythonOperators.type(value) + "'");
        };
    }

    private static Object round(Object value, CallArguments arguments) {
        PythonOperators.fail(value);
        if (!PythonNumbers.isNumber(value)) {
            throw new JinjaException("round() wants a number, not " + PythonOperators.type(value));
        }
        int precision = Math.clamp(arguments.integer(0, "precision", 0), -300, 300);
        String method = arguments.text(1, "method", "common");
        double number = PythonNumbers.asDouble(value);
        double scale = Math.pow(10, precision);
        return switch (method) {
            case "common" -> value instanceof Long && precision >= 0
                    ? value
                    : (Object) Double.valueOf(PythonFormat.fixed(number, Math.max(0, precision)));
            case "ceil" -> Math.ceil(number * scale) / scale;
            case "floor" -> Math.floor(number * scale) / scale;
            default -> throw new JinjaException("method must be common, ceil or floor");
        };
    }
}
