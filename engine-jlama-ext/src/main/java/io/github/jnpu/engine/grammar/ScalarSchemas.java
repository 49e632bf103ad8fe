package io.github.jnpu.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Rules for strings, numbers and given values. */
final class ScalarSchemas {
    /** Digits that a double tells apart. */
    private static final int EXACT_DIGITS = 15;
    /** Bounds of more digits, before or behind the point, are refused. */
    private static final int MAX_BOUND_DIGITS = 100;
    /** Multiples that are listed one by one. */
    private static final int MAX_LISTED = 10_000;

    private final JsonSchemaCompiler compiler;
    private int languages;

    ScalarSchemas(JsonSchemaCompiler compiler) {
        this.compiler = compiler;
    }

    /** The values of {@code enum} and {@code const} that the rest of the schema lets through. */
    Expression values(ObjectNode object, List<String> types, String pointer) {
        for (String keyword : object.properties().stream().map(entry -> entry.getKey()).toList()) {
            if (!Set.of("type", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength",
                    "maxLength",
                    SchemaMerger.FORMATS).contains(keyword)) {
                String name = keyword.equals(SchemaMerger.PATTERNS) ? "pattern" : keyword;
                throw JsonSchemaCompiler.unsupported(pointer, name, "not beside 'enum' or 'const'");
            }
        }
        List<Expression> values = new ArrayList<>();
        for (JsonNode value : SchemaMerger.requireArray(object, "enum", pointer)) {
            if (fits(value, object, types, pointer)) {
                values.add(JsonText.constant(value));
            }
        }
        return Expression.choice(values);
    }

    private static boolean fits(JsonNode value, ObjectNode object, List<String> types, String pointer) {
        boolean typed = !object.has("type") || types.stream().anyMatch(type -> isOf(value, type));
        if (!typed) {
            return false;
        }
        if (value.isNumber()) {
            BigDecimal number = value.decimalValue();
            boolean large = low(object, pointer).filter(bound -> number.compareTo(bound.value()) < (bound.inclusive()
                    ? 0
                    : 1)).isEmpty();
            boolean small = high(object, pointer).filter(bound -> number.compareTo(bound.value()) > (bound.inclusive()
                    ? 0
                    : -1)).isEmpty();
            return large && small;
        }
        if (value.isTextual()) {
            int length = value.textValue().codePointCount(0, value.textValue().length());
            return length >= JsonSchemaCompiler.size(object, "minLength", 0, pointer)
                    && length <= JsonSchemaCompiler.size(object, "maxLength", Expression.UNBOUNDED, pointer);
        }
        return true;
    }

    static boolean isOf(JsonNode value, String type) {
        return switch (type) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "string" -> value.isTextual();
            case "number" -> value.isNumber();
            case "integer" -> value.isNumber() && value.decimalValue().stripTrailingZeros().scale() <= 0;
            case "boolean" -> value.isBoolean();
            default -> value.isNull();
        };
    }

    Expression string(ObjectNode object, String pointer) {
        int min = JsonSchemaCompiler.size(object, "minLength", 0, pointer);
        int max = JsonSchemaCompiler.size(object, "maxLength", Expression.UNBOUNDED, pointer);
        List<Expression> patterns = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        if (object.has(SchemaMerger.PATTERNS)) {
            for (JsonNode pattern : object.get(SchemaMerger.PATTERNS)) {
                if (!pattern.isTextual()) {
                    throw new GrammarException("schema %s/pattern: must be a string".formatted(pointer), "pattern",
                            pointer + "/pattern");
                }
                texts.add(pattern.textValue());
            }
        }
        if (object.has(SchemaMerger.FORMATS)) {
            object.get(SchemaMerger.FORMATS).forEach(format -> StringFormats.pattern(format.asText()).ifPresent(
                    texts::add));
        }
        if (texts.isEmpty()) {
            return JsonText.quoted(Expression.repeat(JsonText.ANY_CHARACTER, min, max));
        }
        try {
            for (String text : texts) {
                patterns.add(Regex.of(text));
            }
            if (patterns.size() == 1 && min == 0 && max == Expression.UNBOUNDED) {
                return JsonText.quoted(StringLanguage.spelled(patterns.getFirst()));
            }
            String prefix = "string-" + languages++ + "-";
            return JsonText.quoted(StringLanguage.common(patterns, min, max, compiler.rules(), prefix::concat));
        } catch (Regex.Unsupported e) {
            String keyword = object.has(SchemaMerger.PATTERNS) ? "pattern" : "format";
            throw new GrammarException("schema %s/%s: the pattern '%s' is not supported: %s".formatted(pointer, keyword,
                    texts.get(Math.min(patterns.size(), texts.size() - 1)), e.getMessage()), keyword,
                    pointer + "/"
                            + keyword);
        }
    }

    Expression number(ObjectNode object, boolean whole, String pointer) {
        Optional<NumberRange.Bound> low = low(object, pointer);
        Optional<NumberRange.Bound> high = high(object, pointer);
        BigDecimal step = bound(object, "multipleOf", pointer).map(BigDecimal::stripTrailingZeros).orElse(null);
        if (step == null || whole && step.compareTo(BigDecimal.ONE) == 0) {
            if (low.isEmpty() && high.isEmpty()) {
                return whole ? JsonText.INTEGER : JsonText.NUMBER;
            }
            return new NumberRange(low, high, whole ? 0 : fractionDigits(low, high)).expression();
        }
        if (step.signum() <= 0) {
            throw new GrammarException("schema %s/multipleOf: must be above 0".formatted(pointer), "multipleOf", pointer
                    + "/multipleOf");
        }
        boolean powerOfTen = step.unscaledValue().equals(BigInteger.ONE);
        if (powerOfTen && step.scale() >= 0) {
            // Whole numbers are multiples of 0.01, too.
            int digits = whole ? 0 : Math.min(step.scale(), fractionDigits(low, high));
            return new NumberRange(low, high, digits).expression();
        }
        return multiples(step, whole, low, high, pointer);
    }

    private static Expression multiples(BigDecimal step, boolean whole, Optional<NumberRange.Bound> low,
            Optional<NumberRange.Bound> high, String pointer) {
        if (low.isEmpty() || high.isEmpty()) {
            throw JsonSchemaCompiler.unsupported(pointer, "multipleOf",
                    "a step that is no power of ten (1, 0.01) needs a minimum and a maximum");
        }
        BigInteger first = low.get().value().divide(step, 0, RoundingMode.CEILING).toBigInteger();
        BigInteger last = high.get().value().divide(step, 0, RoundingMode.FLOOR).toBigInteger();
        if (last.subtract(first).compareTo(BigInteger.valueOf(MAX_LISTED)) >= 0) {
            throw JsonSchemaCompiler.unsupported(pointer, "multipleOf",
                    "there are more than %d multiples between the bounds".formatted(MAX_LISTED));
        }
        List<Expression> values = new ArrayList<>();
        for (BigInteger factor = first; factor.compareTo(last) <= 0; factor = factor.add(BigInteger.ONE)) {
            BigDecimal value = step.multiply(new BigDecimal(factor)).stripTrailingZeros();
            boolean inside = (low.get().inclusive() || value.compareTo(low.get().value()) != 0)
                    && (high.get().inclusive() || value.compareTo(high.get().value()) != 0);
            if (inside && (!whole || value.scale() <= 0)) {
                values.add(Expression.text(value.toPlainString()));
            }
        }
        return Expression.choice(values);
    }

    /** So many that a reader who makes doubles of them finds every number on its side of the bounds. */
    private static int fractionDigits(Optional<NumberRange.Bound> low, Optional<NumberRange.Bound> high) {
        int before = Math.max(digits(low), digits(high));
        return Math.clamp(EXACT_DIGITS - before, 1, EXACT_DIGITS);
    }

    private static int digits(Optional<NumberRange.Bound> bound) {
        return bound.map(one -> one.value().abs().toBigInteger().toString().length()).orElse(1);
    }

    private static Optional<NumberRange.Bound> low(ObjectNode object, String pointer) {
        return tighter(object, "minimum", "exclusiveMinimum", 1, pointer);
    }

    private static Optional<NumberRange.Bound> high(ObjectNode object, String pointer) {
        return tighter(object, "maximum", "exclusiveMaximum", -1, pointer);
    }

    private static Optional<NumberRange.Bound> tighter(ObjectNode object, String inclusive, String exclusive, int sign,
            String pointer) {
        Optional<BigDecimal> with = bound(object, inclusive, pointer);
        Optional<BigDecimal> without = bound(object, exclusive, pointer);
        if (without.isPresent() && (with.isEmpty() || sign * without.get().compareTo(with.get()) >= 0)) {
            return Optional.of(new NumberRange.Bound(without.get(), false));
        }
        return with.map(value -> new NumberRange.Bound(value, true));
    }

    private static Optional<BigDecimal> bound(ObjectNode object, String keyword, String pointer) {
        JsonNode value = object.get(keyword);
        if (value == null) {
            return Optional.empty();
        }
        String at = pointer + "/" + keyword;
        if (!value.isNumber()) {
            throw new GrammarException("schema %s: must be a number".formatted(at), keyword, at);
        }
        BigDecimal number = value.decimalValue();
        if (Math.abs((long) number.scale()) > MAX_BOUND_DIGITS || number.precision() > MAX_BOUND_DIGITS) {
            throw new GrammarException("schema %s: %s has more than %d digits".formatted(at, keyword, MAX_BOUND_DIGITS),
                    keyword, at);
        }
        return Optional.of(number);
    }
}
