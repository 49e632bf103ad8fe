package io.github.jnpu.engine.grammar;

import io.github.jnpu.engine.grammar.Expression.Choice;
import io.github.jnpu.engine.grammar.Expression.Literal;
import io.github.jnpu.engine.grammar.Expression.OneByte;
import io.github.jnpu.engine.grammar.Expression.OneCharacter;
import io.github.jnpu.engine.grammar.Expression.Reference;
import io.github.jnpu.engine.grammar.Expression.Repeat;
import io.github.jnpu.engine.grammar.Expression.Sequence;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/**
 * The rules of a grammar, by name: checked, and freed of all that derives no text, so that every beginning that an automaton
 * accepts can be completed.
 */
final class Rules {
    static final String ROOT = "root";

    private final Map<String, Expression> rules;
    private final String start;
    private final Set<String> nullable;

    private Rules(Map<String, Expression> rules, String start) {
        this.rules = rules;
        this.start = start;
        this.nullable = closure(rules, Rules::isNullable);
    }

    /**
     * @throws GrammarException
     *             if a rule is missing, recurses before it reads anything, or if the root derives no text
     */
    static Rules of(Map<String, Expression> rules, String start) {
        if (!rules.containsKey(start)) {
            throw new GrammarException("the grammar has no rule '%s'; its texts begin there".formatted(start));
        }
        rules.forEach((name, expression) -> requireDefined(name, expression, rules));
        Map<String, Expression> productive = productive(rules);
        if (!productive.containsKey(start)) {
            throw new GrammarException(
                    "the grammar derives no text: every way through it goes on for ever or is empty");
        }
        Rules checked = new Rules(productive, start);
        checked.requireNoLeftRecursion();
        return checked;
    }

    /** The rule that texts begin with. */
    String start() {
        return start;
    }

    Expression get(String rule) {
        return rules.get(rule);
    }

    private static void requireDefined(String rule, Expression expression, Map<String, Expression> rules) {
        references(expression, used -> {
            if (!rules.containsKey(used)) {
                throw new GrammarException("rule '%s' uses rule '%s', which the grammar does not have".formatted(rule,
                        used));
            }
        });
    }

    /** The rules that derive a text, without the alternatives that do not. */
    private static Map<String, Expression> productive(Map<String, Expression> rules) {
        Set<String> good = closure(rules, Rules::derives);
        Map<String, Expression> result = new LinkedHashMap<>();
        rules.forEach((name, expression) -> {
            if (good.contains(name)) {
                result.put(name, pruned(expression, good));
            }
        });
        return result;
    }

    private static boolean derives(Expression expression, Set<String> good) {
        return switch (expression) {
            case Literal literal -> true;
            case OneByte set -> !set.set().equals(ByteSet.EMPTY);
            case OneCharacter set -> !set.set().isEmpty();
            case Sequence sequence -> sequence.parts().stream().allMatch(part -> derives(part, good));
            case Choice choice -> choice.alternatives().stream().anyMatch(part -> derives(part, good));
            case Repeat repeat -> repeat.min() == 0 || derives(repeat.body(), good);
            case Reference reference -> good.contains(reference.rule());
        };
    }

    private static Expression pruned(Expression expression, Set<String> good) {
        return switch (expression) {
            case Sequence sequence -> Expression.sequence(sequence.parts().stream().map(part -> pruned(part, good))
                    .toList());
            case Choice choice -> Expression.choice(choice.alternatives().stream().map(part -> pruned(part, good))
                    .toList());
            case Repeat repeat -> Expression.repeat(pruned(repeat.body(), good), repeat.min(), repeat.max());
            default -> derives(expression, good) ? expression : Expression.NOTHING;
        };
    }

    /** The rules that have a property which they may owe to other rules. */
    private static Set<String> closure(Map<String, Expression> rules, BiPredicate<Expression, Set<String>> property) {
        Map<String, Set<String>> users = new HashMap<>();
        rules.forEach((name, expression) -> references(expression, used -> users.computeIfAbsent(used,
                ignored -> new LinkedHashSet<>()).add(name)));
        Set<String> found = new HashSet<>();
        Deque<String> open = new ArrayDeque<>(rules.keySet());
        while (!open.isEmpty()) {
            String name = open.pop();
            if (!found.contains(name) && property.test(rules.get(name), found)) {
                found.add(name);
                users.getOrDefault(name, Set.of()).forEach(open::push);
            }
        }
        return found;
    }

    private static void references(Expression expression, Consumer<String> found) {
        switch (expression) {
            case Reference reference -> found.accept(reference.rule());
            case Sequence sequence -> sequence.parts().forEach(part -> references(part, found));
            case Choice choice -> choice.alternatives().forEach(part -> references(part, found));
            case Repeat repeat -> references(repeat.body(), found);
            default -> {
            }
        }
    }

    /** Whether an expression derives the empty text. */
    boolean isNullable(Expression expression) {
        return isNullable(expression, nullable);
    }

    private static boolean isNullable(Expression expression, Set<String> empty) {
        return switch (expression) {
            case Literal literal -> literal.bytes().length == 0;
            case OneByte set -> false;
            case OneCharacter set -> false;
            case Sequence sequence -> sequence.parts().stream().allMatch(part -> isNullable(part, empty));
            case Choice choice -> choice.alternatives().stream().anyMatch(part -> isNullable(part, empty));
            case Repeat repeat -> repeat.min() == 0 || isNullable(repeat.body(), empty);
            case Reference reference -> empty.contains(reference.rule());
        };
    }

    private void requireNoLeftRecursion() {
        Set<String> done = new HashSet<>();
        for (String rule : rules.keySet()) {
            visit(rule, done);
        }
    }

    /** Depth first, without recursion of our own: schemas make chains of thousands of rules. */
    private void visit(String from, Set<String> done) {
        record Step(String rule, Deque<String> rest) {}
        if (!done.add(from)) {
            return;
        }
        Deque<Step> path = new ArrayDeque<>();
        Set<String> onPath = new HashSet<>(Set.of(from));
        path.push(new Step(from, leftmost(from)));
        while (!path.isEmpty()) {
            Step step = path.peek();
            if (step.rest.isEmpty()) {
                path.pop();
                onPath.remove(step.rule);
                continue;
            }
            String next = step.rest.pop();
            if (onPath.contains(next)) {
                throw new GrammarException(
                        "rule '%s' recurses before it reads anything; write it with the recursion at the end".formatted(
                                next));
            }
            if (done.add(next)) {
                onPath.add(next);
                path.push(new Step(next, leftmost(next)));
            }
        }
    }

    private Deque<String> leftmost(String rule) {
        Set<String> found = new LinkedHashSet<>();
        leftmost(rules.get(rule), found);
        return new ArrayDeque<>(found);
    }

    private void leftmost(Expression expression, Set<String> found) {
        switch (expression) {
            case Reference reference -> found.add(reference.rule());
            case Sequence sequence -> {
                for (Expression part : sequence.parts()) {
                    leftmost(part, found);
                    if (!isNullable(part)) {
                        return;
                    }
                }
            }
            case Choice choice -> choice.alternatives().forEach(part -> leftmost(part, found));
            case Repeat repeat -> leftmost(repeat.body(), found);
            default -> {
            }
        }
    }
}
