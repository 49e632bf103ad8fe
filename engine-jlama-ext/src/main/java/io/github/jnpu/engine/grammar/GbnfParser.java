package io.github.jnpu.engine.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads llama.cpp's notation for grammars (grammars/README.md there). One use reads one text. */
final class GbnfParser {
    private static final int MAX_REPEAT = 100_000;
    private static final int MAX_DEPTH = 200;

    private final int[] points;
    private final Map<String, Expression> rules = new LinkedHashMap<>();
    private int at;
    private int depth;

    private GbnfParser(String text) {
        points = text.codePoints().toArray();
    }

    static Map<String, Expression> parse(String text) {
        return new GbnfParser(text).rules();
    }

    private Map<String, Expression> rules() {
        skip(true);
        while (at < points.length) {
            String name = name();
            skip(false);
            for (char expected : "::=".toCharArray()) {
                if (!take(expected)) {
                    throw error("expected '::=' behind the name of rule '%s'".formatted(name));
                }
            }
            skip(true);
            Expression body = alternatives(false);
            if (rules.putIfAbsent(name, body) != null) {
                throw error("rule '%s' is defined twice".formatted(name));
            }
            skip(true);
        }
        return rules;
    }

    private GrammarException error(String what) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < Math.min(at, points.length); i++) {
            column++;
            if (points[i] == '\n') {
                line++;
                column = 1;
            }
        }
        return new GrammarException("the grammar, line %d, column %d: %s".formatted(line, column, what));
    }

    private int peek() {
        return at < points.length ? points[at] : -1;
    }

    private boolean take(int point) {
        if (peek() != point) {
            return false;
        }
        at++;
        return true;
    }

    private int next() {
        if (at == points.length) {
            throw error("unexpected end");
        }
        return points[at++];
    }

    /** White space and comments; a rule outside of parentheses goes on over the end of a line only where something must follow. */
    private void skip(boolean lines) {
        while (true) {
            int point = peek();
            if (point == '#') {
                while (peek() >= 0 && peek() != '\n') {
                    at++;
                }
            } else if (point == ' ' || point == '\t' || lines && (point == '\n' || point == '\r')) {
                at++;
            } else {
                return;
            }
        }
    }

    private static boolean isNameCharacter(int point) {
        return point >= 'a' && point <= 'z' || point >= 'A' && point <= 'Z' || point >= '0' && point <= '9'
                || point == '-' || point == '_';
    }

    private String name() {
        int start = at;
        while (isNameCharacter(peek())) {
            at++;
        }
        if (at == start) {
            throw error("expected the name of a rule");
        }
        return new String(points, start, at - start);
    }

    private Expression alternatives(boolean nested) {
        if (++depth > MAX_DEPTH) {
            throw error("more than %d parentheses in each other".formatted(MAX_DEPTH));
        }
        List<Expression> alternatives = new ArrayList<>();
        do {
            skip(true);
            alternatives.add(sequence(nested));
        } while (take('|'));
        depth--;
        return Expression.choice(alternatives);
    }

    private Expression sequence(boolean nested) {
        List<Expression> parts = new ArrayList<>();
        while (true) {
            Expression item;
            if (take('"')) {
                item = literal();
            } else if (take('[')) {
                item = Expression.character(characterClass());
            } else if (take('.')) {
                item = Expression.character(CharacterSet.ALL);
            } else if (take('(')) {
                skip(true);
                item = alternatives(true);
                if (!take(')')) {
                    throw error("expected ')'");
                }
            } else if (isNameCharacter(peek())) {
                item = Expression.reference(name());
            } else {
                return Expression.sequence(parts);
            }
            skip(nested);
            parts.add(repeated(item, nested));
        }
    }

    private Expression repeated(Expression item, boolean nested) {
        Expression result = item;
        while (true) {
            if (take('*')) {
                result = Expression.repeat(result, 0, Expression.UNBOUNDED);
            } else if (take('+')) {
                result = Expression.repeat(result, 1, Expression.UNBOUNDED);
            } else if (take('?')) {
                result = Expression.optional(result);
            } else if (take('{')) {
                skip(nested);
                int min = peek() == ',' ? 0 : number();
                skip(nested);
                int max = min;
                if (take(',')) {
                    skip(nested);
                    max = peek() == '}' ? Expression.UNBOUNDED : number();
                    skip(nested);
                }
                if (!take('}') || max < min) {
                    throw error("expected {m}, {m,}, {,n} or {m,n} with m at most n");
                }
                result = Expression.repeat(result, min, max);
            } else {
                return result;
            }
            skip(nested);
        }
    }

    private int number() {
        int value = 0;
        int start = at;
        while (peek() >= '0' && peek() <= '9') {
            value = 10 * value + next() - '0';
            if (value > MAX_REPEAT) {
                throw error("at most %d repetitions are possible".formatted(MAX_REPEAT));
            }
        }
        if (at == start) {
            throw error("expected a number");
        }
        return value;
    }

    private Expression literal() {
        StringBuilder text = new StringBuilder();
        while (!take('"')) {
            text.appendCodePoint(character());
        }
        return Expression.text(text.toString());
    }

    private CharacterSet characterClass() {
        boolean negated = take('^');
        CharacterSet set = CharacterSet.NONE;
        while (!take(']')) {
            int first = character();
            int last = first;
            if (peek() == '-' && at + 1 < points.length && points[at + 1] != ']') {
                at++;
                last = character();
            }
            if (last < first) {
                throw error("a range goes from the lower to the higher character");
            }
            set = set.or(CharacterSet.range(first, last));
        }
        return negated ? set.not() : set;
    }

    private int character() {
        int point = next();
        if (point != '\\') {
            return point;
        }
        int escaped = next();
        return switch (escaped) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'x' -> code(2);
            case 'u' -> code(4);
            case 'U' -> code(8);
            case '\\', '"', '[', ']', '-', '^' -> escaped;
            default -> throw error("unknown escape '\\%s'".formatted(Character.toString(escaped)));
        };
    }

    private int code(int digits) {
        long value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit(next(), 16);
            if (digit < 0) {
                throw error("expected %d hexadecimal digits".formatted(digits));
            }
            value = value << 4 | digit;
        }
        if (value > Character.MAX_CODE_POINT || value >= Character.MIN_SURROGATE && value <= Character.MAX_SURROGATE) {
            throw error("U+%X is no character".formatted(value));
        }
        return (int) value;
    }
}
