package io.github.jnpu.engine.grammar;

import io.github.jnpu.engine.grammar.Expression.Choice;
import io.github.jnpu.engine.grammar.Expression.Repeat;
import io.github.jnpu.engine.grammar.Expression.Sequence;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads regular expressions as ECMAScript 2024 writes them with the flag {@code u} (section 22.2), as far as they are regular and
 * look neither ahead nor behind. One use reads one expression.
 */
final class Regex {
    /** In what the parser makes, these stand for {@code ^} and {@code $} until {@link #wholeText} has done away with them. */
    private static final Expression START = Expression.reference("^");
    private static final Expression END = Expression.reference("$");
    private static final Expression ANYTHING = Expression.repeat(Expression.character(CharacterSet.ALL), 0,
            Expression.UNBOUNDED);

    private static final CharacterSet DIGITS = CharacterSet.range('0', '9');
    private static final CharacterSet WORD = DIGITS.or(CharacterSet.range('a', 'z')).or(CharacterSet.range('A', 'Z'))
            .or(
                    CharacterSet.of("_"));
    private static final CharacterSet SPACE = CharacterSet
            .of("\t\n\u000B\f\r \u00A0\u1680\u2028\u2029\u202F\u205F\u3000\uFEFF").or(
                    CharacterSet.range(0x2000, 0x200A));
    private static final CharacterSet LINE_ENDS = CharacterSet.of("\n\r\u0085\u2028\u2029");
    private static final int MAX_REPEAT = 100_000;
    private static final int MAX_DEPTH = 100;
    private static final int MAX_ALTERNATIVES = 1000;

    private final int[] points;
    private int at;
    private int depth;
    private int distributed;

    private Regex(String pattern) {
        points = pattern.codePoints().toArray();
    }

    /** What cannot be compiled, and where; the caller knows what it belongs to. */
    static final class Unsupported extends Exception {
        private static final long serialVersionUID = 1L;

        Unsupported(String message) {
            super(message);
        }
    }

    /** The texts in which the pattern is found somewhere, as one expression over characters. */
    static Expression of(String pattern) throws Unsupported {
        Regex parser = new Regex(pattern);
        Expression parsed = parser.alternatives();
        if (parser.at < parser.points.length) {
            throw parser.unsupported("an unmatched ')'");
        }
        return parser.wholeText(parsed, true, true);
    }

    private Unsupported unsupported(String what) {
        return new Unsupported("%s at character %d".formatted(what, at));
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

    private int next() throws Unsupported {
        if (at == points.length) {
            throw unsupported("an unexpected end");
        }
        return points[at++];
    }

    private Expression alternatives() throws Unsupported {
        if (++depth > MAX_DEPTH) {
            throw unsupported("more than %d groups in each other".formatted(MAX_DEPTH));
        }
        List<Expression> alternatives = new ArrayList<>();
        do {
            List<Expression> parts = new ArrayList<>();
            while (peek() >= 0 && peek() != '|' && peek() != ')') {
                parts.add(quantified());
            }
            alternatives.add(Expression.sequence(parts));
        } while (take('|'));
        depth--;
        return Expression.choice(alternatives);
    }

    private Expression quantified() throws Unsupported {
        int start = at;
        Expression atom = atom();
        int min = 1;
        int max = 1;
        if (take('*')) {
            min = 0;
            max = Expression.UNBOUNDED;
        } else if (take('+')) {
            max = Expression.UNBOUNDED;
        } else if (take('?')) {
            min = 0;
        } else if (take('{')) {
            min = number();
            max = take(',') ? peek() == '}' ? Expression.UNBOUNDED : number() : min;
            if (!take('}') || max < min) {
                throw unsupported("a malformed quantifier");
            }
        } else {
            return atom;
        }
        // Lazy or greedy, the texts are the same.
        take('?');
        if (hasAnchor(atom)) {
            at = start;
            throw unsupported("a repeated anchor");
        }
        return Expression.repeat(atom, min, max);
    }

    private int number() throws Unsupported {
        int value = 0;
        int start = at;
        while (peek() >= '0' && peek() <= '9') {
            value = 10 * value + next() - '0';
            if (value > MAX_REPEAT) {
                throw unsupported("a quantifier above %d".formatted(MAX_REPEAT));
            }
        }
        if (at == start) {
            throw unsupported("a malformed quantifier");
        }
        return value;
    }

    private Expression atom() throws Unsupported {
        int point = next();
        return switch (point) {
            case '^' -> START;
            case '$' -> END;
            case '.' -> Expression.character(LINE_ENDS.not());
            case '(' -> group();
            case '[' -> Expression.character(characterClass());
            case '\\' -> Expression.character(escape(false));
            case '*', '+', '?', '{' -> {
                at--;
                throw unsupported("a quantifier behind nothing");
            }
            default -> Expression.character(CharacterSet.range(point, point));
        };
    }

    private Expression group() throws Unsupported {
        if (take('?')) {
            int kind = next();
            if (kind == '<' && peek() != '=' && peek() != '!') {
                while (next() != '>') {
                    // The name says nothing about the text.
                }
            } else if (kind != ':') {
                throw unsupported(kind == '=' || kind == '!' || kind == '<'
                        ? "a lookahead or lookbehind"
                        : "a group of an unknown kind");
            }
        }
        Expression inner = alternatives();
        if (!take(')')) {
            throw unsupported("a group without an end");
        }
        return inner;
    }

    private CharacterSet characterClass() throws Unsupported {
        boolean negated = take('^');
        CharacterSet set = CharacterSet.NONE;
        while (!take(']')) {
            CharacterSet first = classMember();
            if (peek() == '-' && at + 1 < points.length && points[at + 1] != ']') {
                at++;
                CharacterSet last = classMember();
                if (single(first) < 0 || single(last) < single(first)) {
                    throw unsupported("a malformed range");
                }
                first = CharacterSet.range(single(first), single(last));
            }
            set = set.or(first);
        }
        return negated ? set.not() : set;
    }

    private CharacterSet classMember() throws Unsupported {
        int point = next();
        return point == '\\' ? escape(true) : CharacterSet.range(point, point);
    }

    /** The only member of a set, or -1. */
    private static int single(CharacterSet set) {
        return set.ranges() == 1 && set.first(0) == set.last(0) ? set.first(0) : -1;
    }

    private CharacterSet escape(boolean inClass) throws Unsupported {
        int point = next();
        return switch (point) {
            case 'd' -> DIGITS;
            case 'D' -> DIGITS.not();
            case 'w' -> WORD;
            case 'W' -> WORD.not();
            case 's' -> SPACE;
            case 'S' -> SPACE.not();
            case 't' -> CharacterSet.of("\t");
            case 'n' -> CharacterSet.of("\n");
            case 'v' -> CharacterSet.of("\u000B");
            case 'f' -> CharacterSet.of("\f");
            case 'r' -> CharacterSet.of("\r");
            case '0' -> CharacterSet.range(0, 0);
            case 'x' -> code(2);
            case 'u' -> take('{') ? codeInBraces() : code(4);
            case 'b' -> {
                if (!inClass) {
                    throw unsupported("a word boundary (\\b)");
                }
                yield CharacterSet.of("\b");
            }
            case 'B' -> throw unsupported("a word boundary (\\B)");
            case 'p', 'P' -> throw unsupported("a Unicode property (\\p)");
            case 'k' -> throw unsupported("a back reference (\\k)");
            case 'c' -> throw unsupported("a control letter (\\c)");
            default -> {
                if (point >= '1' && point <= '9') {
                    throw unsupported("a back reference (\\%c)".formatted(point));
                }
                yield CharacterSet.range(point, point);
            }
        };
    }

    private CharacterSet code(int digits) throws Unsupported {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit(next(), 16);
            if (digit < 0) {
                throw unsupported("a malformed character code");
            }
            value = value << 4 | digit;
        }
        return scalar(value);
    }

    private CharacterSet codeInBraces() throws Unsupported {
        int value = 0;
        while (!take('}')) {
            int digit = Character.digit(next(), 16);
            value = value << 4 | digit;
            if (digit < 0 || value > Character.MAX_CODE_POINT) {
                throw unsupported("a malformed character code");
            }
        }
        return scalar(value);
    }

    private CharacterSet scalar(int value) throws Unsupported {
        if (value >= Character.MIN_SURROGATE && value <= Character.MAX_SURROGATE) {
            throw unsupported("half a surrogate pair");
        }
        return CharacterSet.range(value, value);
    }

    private static boolean hasAnchor(Expression expression) {
        return switch (expression) {
            case Expression.Reference anchor -> true;
            case Sequence sequence -> sequence.parts().stream().anyMatch(Regex::hasAnchor);
            case Choice choice -> choice.alternatives().stream().anyMatch(Regex::hasAnchor);
            case Repeat repeat -> hasAnchor(repeat.body());
            default -> false;
        };
    }

    /** Fills up with anything where no anchor stands; anchors must stand at the ends of the alternatives. */
    private Expression wholeText(Expression expression, boolean left, boolean right) throws Unsupported {
        if (++distributed > MAX_ALTERNATIVES) {
            throw new Unsupported("too many alternatives with anchors");
        }
        if (!hasAnchor(expression)) {
            return Expression.sequence(left ? ANYTHING : Expression.EMPTY, expression, right
                    ? ANYTHING
                    : Expression.EMPTY);
        }
        List<Expression> whole = new ArrayList<>();
        switch (expression) {
            case Choice choice -> {
                for (Expression alternative : choice.alternatives()) {
                    whole.add(wholeText(alternative, left, right));
                }
            }
            case Sequence sequence -> {
                List<Expression> parts = sequence.parts();
                Expression first = parts.getFirst();
                Expression last = parts.getLast();
                if (first == START) {
                    return wholeText(Expression.sequence(parts.subList(1, parts.size())), false, right);
                }
                if (last == END) {
                    return wholeText(Expression.sequence(parts.subList(0, parts.size() - 1)), left, false);
                }
                boolean atFirst = hasAnchor(first);
                if (!((atFirst ? first : last) instanceof Choice ends) || !hasAnchor(ends)) {
                    throw new Unsupported("an anchor (^ or $) that is not at the beginning or the end");
                }
                List<Expression> others = atFirst
                        ? parts.subList(1, parts.size())
                        : parts.subList(0, parts.size() - 1);
                for (Expression alternative : ends.alternatives()) {
                    Expression rest = Expression.sequence(others);
                    whole.add(wholeText(atFirst
                            ? Expression.sequence(alternative, rest)
                            : Expression.sequence(rest, alternative), left, right));
                }
            }
            default -> {
                return Expression.sequence(left && expression != START ? ANYTHING : Expression.EMPTY, right
                        && expression != END ? ANYTHING : Expression.EMPTY);
            }
        }
        return Expression.choice(whole);
    }
}
