package io.github.jnpu.samples.demo.corpus;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A phrase with choices: {@code [a|b]} takes one of its parts (which may be empty and may nest), <code>{name}</code> an
 * entry of a list.
 */
public final class PhrasePattern {
    private final List<String> phrases;

    private PhrasePattern(Set<String> phrases) {
        this.phrases = List.copyOf(phrases);
    }

    /**
     * Expands a pattern.
     *
     * @param lists
     *            the lists that may be named
     * @throws IllegalArgumentException
     *             if brackets do not match or a list is unknown
     */
    public static PhrasePattern parse(String pattern, Map<String, List<String>> lists) {
        Parser parser = new Parser(pattern, lists);
        Set<String> phrases = new LinkedHashSet<>();
        for (String phrase : parser.alternatives(false)) {
            phrases.add(phrase.strip().replaceAll(" +", " ").replace(" ,", ","));
        }
        return new PhrasePattern(phrases);
    }

    /** All phrases that the pattern stands for, each once. */
    public List<String> phrases() {
        return phrases;
    }

    /** Recursive descent over the nesting of brackets. */
    private static final class Parser {
        private final String pattern;
        private final Map<String, List<String>> lists;
        private int at;

        Parser(String pattern, Map<String, List<String>> lists) {
            this.pattern = pattern;
            this.lists = lists;
        }

        private List<String> alternatives(boolean nested) {
            List<String> all = new ArrayList<>();
            do {
                all.addAll(sequence(nested));
            } while (nested && pattern.charAt(at++) == '|');
            return all;
        }

        private List<String> sequence(boolean nested) {
            List<String> heads = List.of("");
            StringBuilder literal = new StringBuilder();
            while (at < pattern.length()) {
                char c = pattern.charAt(at);
                if (nested && (c == '|' || c == ']')) {
                    return join(heads, List.of(literal.toString()));
                }
                at++;
                switch (c) {
                    case '[' -> {
                        heads = join(join(heads, List.of(literal.toString())), alternatives(true));
                        literal.setLength(0);
                    }
                    case '{' -> {
                        heads = join(join(heads, List.of(literal.toString())), list());
                        literal.setLength(0);
                    }
                    default -> literal.append(c);
                }
            }
            if (nested) {
                throw new IllegalArgumentException("'%s' lacks a closing bracket".formatted(pattern));
            }
            return join(heads, List.of(literal.toString()));
        }

        private List<String> list() {
            int end = pattern.indexOf('}', at);
            List<String> entries = end < 0 ? null : lists.get(pattern.substring(at, end));
            if (entries == null) {
                throw new IllegalArgumentException("'%s' names no known list".formatted(pattern));
            }
            at = end + 1;
            return entries;
        }

        private static List<String> join(List<String> heads, List<String> tails) {
            List<String> joined = new ArrayList<>(heads.size() * tails.size());
            for (String head : heads) {
                for (String tail : tails) {
                    joined.add(head + tail);
                }
            }
            return joined;
        }
    }
}
