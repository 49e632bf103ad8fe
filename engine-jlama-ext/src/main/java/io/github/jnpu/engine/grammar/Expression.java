package io.github.jnpu.engine.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a rule of a grammar derives. The factory methods keep the empty language, {@link #NOTHING}, from spreading. */
sealed interface Expression {
    int UNBOUNDED = Integer.MAX_VALUE;

    /** Derives the empty text only. */
    Expression EMPTY = new Sequence(List.of());
    /** Derives no text at all. */
    Expression NOTHING = new Choice(List.of());

    /** These bytes. */
    record Literal(byte[] bytes) implements Expression {}

    /** One byte of a set; no UTF-8 is implied. */
    record OneByte(ByteSet set) implements Expression {}

    /** One character of a set, in UTF-8. */
    record OneCharacter(CharacterSet set) implements Expression {}

    record Sequence(List<Expression> parts) implements Expression {}

    record Choice(List<Expression> alternatives) implements Expression {}

    /**
     * @param max
     *            {@link #UNBOUNDED} for no limit
     */
    record Repeat(Expression body, int min, int max) implements Expression {}

    record Reference(String rule) implements Expression {}

    static Expression text(String text) {
        return text.isEmpty() ? EMPTY : new Literal(text.getBytes(StandardCharsets.UTF_8));
    }

    static Expression character(CharacterSet set) {
        return set.isEmpty() ? NOTHING : new OneCharacter(set);
    }

    /** One character of these, all of them ASCII. */
    static Expression anyOf(String characters) {
        return character(CharacterSet.of(characters));
    }

    static Expression sequence(Expression... parts) {
        return sequence(List.of(parts));
    }

    static Expression sequence(List<Expression> parts) {
        List<Expression> flat = new ArrayList<>();
        for (Expression part : parts) {
            if (part == NOTHING) {
                return NOTHING;
            }
            if (part instanceof Sequence inner) {
                flat.addAll(inner.parts);
            } else {
                flat.add(part);
            }
        }
        return flat.isEmpty() ? EMPTY : flat.size() == 1 ? flat.getFirst() : new Sequence(List.copyOf(flat));
    }

    static Expression choice(Expression... alternatives) {
        return choice(List.of(alternatives));
    }

    static Expression choice(List<Expression> alternatives) {
        List<Expression> flat = new ArrayList<>();
        for (Expression alternative : alternatives) {
            if (alternative instanceof Choice inner) {
                flat.addAll(inner.alternatives);
            } else {
                flat.add(alternative);
            }
        }
        return flat.isEmpty() ? NOTHING : flat.size() == 1 ? flat.getFirst() : new Choice(List.copyOf(flat));
    }

    static Expression repeat(Expression body, int min, int max) {
        if (max < min) {
            return NOTHING;
        }
        if (body == NOTHING) {
            return min == 0 ? EMPTY : NOTHING;
        }
        if (max == 0 || body == EMPTY) {
            return EMPTY;
        }
        return min == 1 && max == 1 ? body : new Repeat(body, min, max);
    }

    static Expression optional(Expression body) {
        return repeat(body, 0, 1);
    }

    static Expression reference(String rule) {
        return new Reference(rule);
    }

    /** The same, with something before the name of every rule that it refers to. */
    default Expression renamed(String prefix) {
        return switch (this) {
            case Literal _,OneByte _,OneCharacter _ -> this;
            case Sequence(List<Expression> parts) ->
                new Sequence(parts.stream().map(part -> part.renamed(prefix)).toList());
            case Choice(List<Expression> alternatives) -> alternatives.isEmpty()
                    ? this
                    : new Choice(alternatives.stream().map(part -> part.renamed(prefix)).toList());
            case Repeat(Expression body, int min, int max) -> new Repeat(body.renamed(prefix), min, max);
            case Reference(String rule) -> new Reference(prefix + rule);
        };
    }
}
