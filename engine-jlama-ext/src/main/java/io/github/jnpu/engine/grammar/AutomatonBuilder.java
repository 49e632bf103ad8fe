package io.github.jnpu.engine.grammar;

import io.github.jnpu.engine.grammar.Expression.Choice;
import io.github.jnpu.engine.grammar.Expression.Literal;
import io.github.jnpu.engine.grammar.Expression.OneByte;
import io.github.jnpu.engine.grammar.Expression.OneCharacter;
import io.github.jnpu.engine.grammar.Expression.Reference;
import io.github.jnpu.engine.grammar.Expression.Repeat;
import io.github.jnpu.engine.grammar.Expression.Sequence;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Makes the nodes of an automaton from rules, each expression from its end to its beginning. */
final class AutomatonBuilder {
    /** A grammar with more is refused: each node is some 100 bytes. */
    private static final int MAX_NODES = 2_000_000;
    /** Rounds that are written out where a round may be empty and so cannot be counted. */
    private static final int MAX_EMPTY_ROUNDS = 64;

    private final Rules rules;
    private final Map<String, Node> entries = new HashMap<>();
    private final Deque<String> missing = new ArrayDeque<>();
    private final Map<String, List<Node>> calls = new HashMap<>();
    private final Set<ByteSet> sets = new HashSet<>();
    private final Node end;
    private int count;

    private AutomatonBuilder(Rules rules) {
        this.rules = rules;
        this.end = node(Node.Kind.END);
    }

    static Automaton build(Rules rules) {
        return new AutomatonBuilder(rules).build();
    }

    private Automaton build() {
        Node start = call(rules.start(), end);
        while (!missing.isEmpty()) {
            String rule = missing.pop();
            Node entry = build(rules.get(rule), end);
            entries.put(rule, entry);
            calls.get(rule).forEach(call -> call.body = entry);
        }
        return new Automaton(start, sets);
    }

    private Node node(Node.Kind kind) {
        if (count >= MAX_NODES) {
            throw new GrammarException("the grammar is too large: more than %d places".formatted(MAX_NODES));
        }
        return new Node(count++, kind);
    }

    private Node bytes(ByteSet set, Node next) {
        Node node = node(Node.Kind.BYTES);
        node.bytes = set;
        node.next = next;
        sets.add(set);
        return node;
    }

    private Node split(List<Node> targets) {
        if (targets.size() == 1) {
            return targets.getFirst();
        }
        Node node = node(Node.Kind.SPLIT);
        node.targets = targets.toArray(Node[]::new);
        return node;
    }

    private Node call(String rule, Node next) {
        Node node = node(Node.Kind.CALL);
        node.next = next;
        node.body = entries.get(rule);
        if (node.body == null) {
            if (!calls.containsKey(rule)) {
                missing.add(rule);
            }
            calls.computeIfAbsent(rule, ignored -> new ArrayList<>()).add(node);
        }
        return node;
    }

    private Node build(Expression expression, Node next) {
        return switch (expression) {
            case Literal literal -> literal(literal.bytes(), 0, next);
            case OneByte set -> bytes(set.set(), next);
            case OneCharacter set -> character(set.set(), next);
            case Sequence sequence -> {
                Node at = next;
                for (int i = sequence.parts().size() - 1; i >= 0; i--) {
                    at = build(sequence.parts().get(i), at);
                }
                yield at;
            }
            case Choice choice -> choice(choice.alternatives(), next);
            case Repeat repeat -> repeat(repeat.body(), repeat.min(), repeat.max(), next);
            case Reference reference -> call(reference.rule(), next);
        };
    }

    private Node literal(byte[] bytes, int from, Node next) {
        Node at = next;
        for (int i = bytes.length - 1; i >= from; i--) {
            at = bytes(ByteSet.of(bytes[i] & 0xFF), at);
        }
        return at;
    }

    private Node character(CharacterSet set, Node next) {
        ByteSet single = ByteSet.EMPTY;
        Map<List<ByteSet>, Node> tails = new HashMap<>();
        Map<Node, ByteSet> leads = new HashMap<>();
        List<Node> order = new ArrayList<>();
        for (ByteSet[] sequence : Utf8Sequences.of(set)) {
            if (sequence.length == 1) {
                single = single.or(sequence[0]);
                continue;
            }
            Node tail = next;
            for (int place = sequence.length - 1; place > 0; place--) {
                List<ByteSet> key = List.of(Arrays.copyOfRange(sequence, place, sequence.length));
                Node known = tails.get(key);
                tail = known != null ? known : bytes(sequence[place], tail);
                tails.put(key, tail);
            }
            if (leads.merge(tail, sequence[0], ByteSet::or) == sequence[0]) {
                order.add(tail);
            }
        }
        List<Node> targets = new ArrayList<>();
        if (!single.equals(ByteSet.EMPTY)) {
            targets.add(bytes(single, next));
        }
        order.forEach(tail -> targets.add(bytes(leads.get(tail), tail)));
        return split(targets);
    }

    /** Literals share their beginnings, so that a long list of them is one place until they part. */
    private Node choice(List<Expression> alternatives, Node next) {
        List<byte[]> literals = new ArrayList<>();
        List<Node> targets = new ArrayList<>();
        for (Expression alternative : alternatives) {
            if (alternative instanceof Literal literal) {
                literals.add(literal.bytes());
            } else {
                targets.add(build(alternative, next));
            }
        }
        if (!literals.isEmpty()) {
            targets.add(trie(literals, 0, next));
        }
        return split(targets);
    }

    private Node trie(List<byte[]> literals, int from, Node next) {
        if (literals.size() == 1) {
            return literal(literals.getFirst(), from, next);
        }
        List<Node> targets = new ArrayList<>();
        Map<Byte, List<byte[]>> byFirst = new TreeMap<>();
        for (byte[] literal : literals) {
            if (literal.length == from) {
                if (!targets.contains(next)) {
                    targets.add(next);
                }
            } else {
                byFirst.computeIfAbsent(literal[from], ignored -> new ArrayList<>()).add(literal);
            }
        }
        byFirst.forEach((first, group) -> {
            // The common beginning at once: recursion goes as deep as literals part, not as they are long.
            int to = from + 1;
            byte[] sample = group.getFirst();
            while (commonAt(group, sample, to)) {
                to++;
            }
            Node at = trie(group, to, next);
            for (int i = to - 1; i >= from; i--) {
                at = bytes(ByteSet.of(sample[i] & 0xFF), at);
            }
            targets.add(at);
        });
        return split(targets);
    }

    private static boolean commonAt(List<byte[]> group, byte[] sample, int place) {
        return group.size() > 1
                && group.stream()
                        .allMatch(one -> one.length > place && sample.length > place && one[place] == sample[place]);
    }

    private Node repeat(Expression body, int min, int max, Node next) {
        if (max == 1) {
            return split(List.of(build(body, next), next));
        }
        boolean empty = rules.isNullable(body);
        if (max == Expression.UNBOUNDED && (min <= 1 || empty)) {
            // Where a round may be empty, the least number is always reached.
            Node loop = node(Node.Kind.SPLIT);
            Node round = build(body, loop);
            loop.targets = new Node[]{round, next};
            return min == 0 || empty ? loop : round;
        }
        if (empty) {
            return writtenOut(body, max, next);
        }
        Node node = node(Node.Kind.COUNT);
        node.min = min;
        node.max = max;
        node.body = build(body, end);
        node.next = next;
        return node;
    }

    private Node writtenOut(Expression body, int max, Node next) {
        if (max > MAX_EMPTY_ROUNDS) {
            throw new GrammarException(
                    "something that may be empty is repeated up to %d times; at most %d, or without a limit, is possible"
                            .formatted(max, MAX_EMPTY_ROUNDS));
        }
        Node at = next;
        for (int i = 0; i < max; i++) {
            at = split(List.of(build(body, at), next));
        }
        return at;
    }
}
