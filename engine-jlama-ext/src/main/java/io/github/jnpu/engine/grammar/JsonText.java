package io.github.jnpu.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The parts of JSON's grammar (RFC 8259). White space stands where compact and indented texts have it and is bounded, and so are
 * the digits of numbers: a model cannot go on for ever with either.
 */
final class JsonText {
    static final String VALUE = "json-value";
    static final String OBJECT = "json-object";
    private static final String ARRAY = "json-array";

    /** As many digits as a double carries. */
    static final int MAX_DIGITS = 16;
    /** Ten levels of four blanks. */
    private static final int MAX_INDENT = 40;

    private static final CharacterSet CONTROLS = CharacterSet.range(0, 0x1F);
    private static final CharacterSet PLAIN = CharacterSet.ALL.minus(CONTROLS).minus(CharacterSet.of("\"\\"));
    private static final String ESCAPED = "\"\\\b\f\n\r\t";
    private static final String ESCAPES = "\"\\bfnrt";

    static final Expression DIGIT = Expression.anyOf("0123456789");
    private static final Expression HEX = Expression.anyOf("0123456789ABCDEFabcdef");
    private static final Expression QUOTE = Expression.text("\"");

    /** Between brackets, commas and values. */
    static final Expression SPACE = Expression.optional(Expression.choice(Expression.text(" "),
            Expression.sequence(Expression.text("\n"), Expression.repeat(Expression.anyOf(" \t"), 0, MAX_INDENT))));
    private static final Expression COLON = Expression.sequence(Expression.text(":"), Expression.optional(Expression
            .text(" ")));
    static final Expression COMMA = Expression.sequence(Expression.text(","), SPACE);

    /** One character of a string in every spelling, surrogates in pairs only. */
    static final Expression ANY_CHARACTER = Expression.choice(Expression.character(PLAIN), Expression.sequence(
            Expression.text("\\"),
            Expression.choice(Expression.anyOf("\"\\/bfnrt"), Expression.sequence(Expression.text("u"), Expression
                    .choice(
                            Expression.sequence(Expression.anyOf("0123456789ABCEFabcef"), HEX, HEX, HEX),
                            Expression.sequence(Expression.anyOf("Dd"), Expression.anyOf("01234567"), HEX, HEX),
                            Expression.sequence(Expression.anyOf("Dd"), Expression.anyOf("89ABab"), HEX, HEX,
                                    Expression.text("\\u"), Expression.anyOf("Dd"), Expression.anyOf("CDEFcdef"), HEX,
                                    HEX))))));

    static final Expression STRING = quoted(Expression.repeat(ANY_CHARACTER, 0, Expression.UNBOUNDED));
    static final Expression BOOLEAN = Expression.choice(Expression.text("true"), Expression.text("false"));
    static final Expression NULL = Expression.text("null");
    static final Expression NUMBER = Expression.sequence(Expression.optional(Expression.text("-")), digits(), Expression
            .optional(
                    Expression.sequence(Expression.text("."), Expression.repeat(DIGIT, 1, MAX_DIGITS))),
            Expression
                    .optional(Expression.sequence(Expression.anyOf("eE"), Expression.optional(Expression.anyOf(
                            "+-")), Expression.repeat(DIGIT, 1, 2))));
    static final Expression INTEGER = Expression.sequence(Expression.optional(Expression.text("-")), digits());

    private JsonText() {}

    /** A whole number of any size without sign. */
    private static Expression digits() {
        return Expression.choice(Expression.text("0"), Expression.sequence(Expression.anyOf("123456789"), Expression
                .repeat(DIGIT, 0, MAX_DIGITS - 1)));
    }

    static Expression quoted(Expression characters) {
        return Expression.sequence(QUOTE, characters, QUOTE);
    }

    /** One character of a set as JSON's strings spell it: escaped where it must be, else as it is. */
    static Expression character(CharacterSet set) {
        List<Expression> spellings = new ArrayList<>();
        spellings.add(Expression.character(set.and(PLAIN)));
        for (int i = 0; i < ESCAPED.length(); i++) {
            if (set.contains(ESCAPED.charAt(i))) {
                spellings.add(Expression.text("\\" + ESCAPES.charAt(i)));
            }
        }
        for (int control = 0; control <= 0x1F; control++) {
            if (set.contains(control)) {
                spellings.add(Expression.text("\\u%04x".formatted(control)));
                spellings.add(Expression.text("\\u%04X".formatted(control)));
            }
        }
        return Expression.choice(spellings);
    }

    /** This very value, compact. */
    static Expression constant(JsonNode value) {
        return Expression.text(value.toString());
    }

    static Expression member(Expression key, Expression value) {
        return Expression.sequence(key, COLON, value);
    }

    /** Something in brackets, on lines of its own if the model likes. */
    static Expression bracketed(String open, Expression content, String close) {
        return Expression.sequence(Expression.text(open), SPACE, content, SPACE, Expression.text(close));
    }

    /** From {@code min} to {@code max} of the same, with commas; for none, nothing. */
    static Expression list(Expression item, int min, int max) {
        if (max == 0) {
            return min == 0 ? Expression.EMPTY : Expression.NOTHING;
        }
        int most = max == Expression.UNBOUNDED ? max : max - 1;
        Expression some = Expression.sequence(item,
                Expression.repeat(Expression.sequence(COMMA, item), Math.max(min - 1,
                        0), most));
        return min == 0 ? Expression.optional(some) : some;
    }

    /** The rules {@link #VALUE} and {@link #OBJECT} and what they need. */
    static void addTo(Map<String, Expression> rules) {
        Expression value = Expression.reference(VALUE);
        rules.put(VALUE, Expression.choice(Expression.reference(OBJECT), Expression.reference(ARRAY), STRING, NUMBER,
                BOOLEAN,
                NULL));
        rules.put(OBJECT, bracketed("{", list(member(STRING, value), 0, Expression.UNBOUNDED), "}"));
        rules.put(ARRAY, bracketed("[", list(value, 0, Expression.UNBOUNDED), "]"));
    }
}
