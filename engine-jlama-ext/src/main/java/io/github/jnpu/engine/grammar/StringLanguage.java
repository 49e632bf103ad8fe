package io.github.jnpu.engine.grammar;

import io.github.jnpu.engine.grammar.Expression.Choice;
import io.github.jnpu.engine.grammar.Expression.OneByte;
import io.github.jnpu.engine.grammar.Expression.OneCharacter;
import io.github.jnpu.engine.grammar.Expression.Repeat;
import io.github.jnpu.engine.grammar.Expression.Sequence;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The strings that several regular expressions and a range of lengths agree on, spelled as JSON spells strings. */
final class StringLanguage {
    /** States of the common automaton; each becomes a rule. */
    private static final int MAX_STATES = 20_000;
    /** Classes of characters; each is a letter of the automata, which read bytes. */
    private static final int MAX_CLASSES = 256;

    private final List<CharacterSet> classes;
    private final List<Automaton> automata = new ArrayList<>();
    private final int min;
    private final int max;

    /** Where all automata are, and how many characters have been read; no more are counted than matter. */
    private record Place(List<State> states, int length) {}

    private StringLanguage(List<Expression> patterns, int min, int max) throws Regex.Unsupported {
        this.min = min;
        this.max = max;
        this.classes = classes(patterns);
        for (Expression pattern : patterns) {
            automata.add(AutomatonBuilder.build(Rules.of(Map.of(Rules.ROOT, letters(pattern)), Rules.ROOT)));
        }
    }

    /** One pattern without a limit of the length. */
    static Expression spelled(Expression pattern) {
        return switch (pattern) {
            case OneCharacter character -> JsonText.character(character.set());
            case Sequence sequence -> Expression.sequence(sequence.parts().stream().map(StringLanguage::spelled)
                    .toList());
            case Choice choice -> Expression.choice(choice.alternatives().stream().map(StringLanguage::spelled)
                    .toList());
            case Repeat repeat -> Expression.repeat(spelled(repeat.body()), repeat.min(), repeat.max());
            default -> pattern;
        };
    }

    /**
     * The strings that match all patterns.
     *
     * @param rules
     *            takes the rules that are needed
     * @param names
     *            makes a name of a rule from one of our own
     * @throws Regex.Unsupported
     *             if there are too many states
     */
    static Expression common(List<Expression> patterns, int min, int max, Map<String, Expression> rules,
            UnaryOperator<String> names) throws Regex.Unsupported {
        return new StringLanguage(patterns, min, max).addTo(rules, names);
    }

    private Expression addTo(Map<String, Expression> rules, UnaryOperator<String> names) throws Regex.Unsupported {
        Map<Place, Integer> numbers = new HashMap<>();
        Deque<Place> open = new ArrayDeque<>();
        Place start = new Place(automata.stream().map(Automaton::start).toList(), 0);
        numbers.put(start, 0);
        open.add(start);
        while (!open.isEmpty()) {
            Place place = open.remove();
            Map<Integer, CharacterSet> targets = new LinkedHashMap<>();
            for (int letter = 0; letter < classes.size(); letter++) {
                Place next = next(place, (byte) letter);
                if (next == null) {
                    continue;
                }
                Integer number = numbers.get(next);
                if (number == null) {
                    number = numbers.size();
                    numbers.put(next, number);
                    open.add(next);
                }
                targets.merge(number, classes.get(letter), CharacterSet::or);
            }
            if (numbers.size() > MAX_STATES) {
                throw new Regex.Unsupported("together with the other limits of the string it needs more than %d states"
                        .formatted(MAX_STATES));
            }
            List<Expression> alternatives = new ArrayList<>();
            targets.forEach((number, set) -> alternatives.add(Expression.sequence(JsonText.character(set), Expression
                    .reference(names.apply(number.toString())))));
            if (place.length >= min && place.states.stream().allMatch(state -> state.accepts)) {
                alternatives.add(Expression.EMPTY);
            }
            rules.put(names.apply(numbers.get(place).toString()), Expression.choice(alternatives));
        }
        return Expression.reference(names.apply("0"));
    }

    private Place next(Place place, byte letter) {
        if (max != Expression.UNBOUNDED && place.length == max) {
            return null;
        }
        List<State> states = new ArrayList<>(automata.size());
        for (int i = 0; i < automata.size(); i++) {
            State state = automata.get(i).next(place.states.get(i), letter);
            if (state == State.DEAD) {
                return null;
            }
            states.add(state);
        }
        int length = place.length + 1;
        return new Place(states, max == Expression.UNBOUNDED ? Math.min(length, min) : length);
    }

    /** The fewest sets of which all sets in the patterns are unions. */
    private static List<CharacterSet> classes(List<Expression> patterns) throws Regex.Unsupported {
        Set<CharacterSet> sets = new LinkedHashSet<>();
        patterns.forEach(pattern -> collect(pattern, sets));
        List<CharacterSet> parts = List.of(CharacterSet.ALL);
        for (CharacterSet set : sets) {
            List<CharacterSet> finer = new ArrayList<>();
            for (CharacterSet part : parts) {
                for (CharacterSet piece : Arrays.asList(part.and(set), part.minus(set))) {
                    if (!piece.isEmpty()) {
                        finer.add(piece);
                    }
                }
            }
            parts = finer;
            if (parts.size() > MAX_CLASSES) {
                throw new Regex.Unsupported("it tells too many kinds of characters apart");
            }
        }
        return parts;
    }

    private static void collect(Expression expression, Set<CharacterSet> sets) {
        switch (expression) {
            case OneCharacter character -> sets.add(character.set());
            case Sequence sequence -> sequence.parts().forEach(part -> collect(part, sets));
            case Choice choice -> choice.alternatives().forEach(part -> collect(part, sets));
            case Repeat repeat -> collect(repeat.body(), sets);
            default -> {
            }
        }
    }

    /** The pattern over numbers of classes instead of characters. */
    private Expression letters(Expression pattern) {
        return switch (pattern) {
            case OneCharacter character -> {
                ByteSet letters = ByteSet.EMPTY;
                for (int letter = 0; letter < classes.size(); letter++) {
                    if (!classes.get(letter).and(character.set()).isEmpty()) {
                        letters = letters.or(ByteSet.of(letter));
                    }
                }
                yield new OneByte(letters);
            }
            case Sequence sequence -> Expression.sequence(sequence.parts().stream().map(this::letters).toList());
            case Choice choice -> Expression.choice(choice.alternatives().stream().map(this::letters).toList());
            case Repeat repeat -> Expression.repeat(letters(repeat.body()), repeat.min(), repeat.max());
            default -> pattern;
        };
    }
}
