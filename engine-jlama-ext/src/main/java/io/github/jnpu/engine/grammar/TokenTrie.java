package io.github.jnpu.engine.grammar;

import io.github.jnpu.engine.tokenizer.Tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The tokens of a vocabulary by their bytes: a tree in which tokens share what they begin with, laid out depth first, so that
 * one sweep over arrays visits it and a branch is passed over by one addition. Tokens without bytes are not in it, and neither
 * are those that end a text. Immutable and thread-safe.
 */
final class TokenTrie {
    static final int NONE = -1;
    /** What nearly all tokens have at most, in bytes. */
    static final int SHORT = 24;

    private final Tokenizer tokenizer;
    /** By node, in depth-first order: its byte, how deep it lies (from 0), the node behind its branch, its first token or NONE. */
    private final byte[] values;
    private final short[] depths;
    private final int[] ends;
    private final int[] tokens;
    /** By token: another one with the same bytes, or NONE. */
    private final int[] same;
    private final int[] endTokens;
    private final int maxDepth;
    /** Tokens of more than {@link #SHORT} bytes; a few hundred. */
    private final int[] longTokens;

    TokenTrie(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        int size = tokenizer.vocabularySize();
        List<Integer> texts = new ArrayList<>(size);
        List<Integer> endsOfGeneration = new ArrayList<>();
        long bytes = 0;
        for (int id = 0; id < size; id++) {
            if (tokenizer.isEndOfGeneration(id)) {
                endsOfGeneration.add(id);
            } else if (tokenizer.bytes(id).length > 0 && tokenizer.bytes(id).length < Short.MAX_VALUE) {
                texts.add(id);
                bytes += tokenizer.bytes(id).length;
            }
        }
        texts.sort((a, b) -> Arrays.compareUnsigned(tokenizer.bytes(a), tokenizer.bytes(b)));
        endTokens = endsOfGeneration.stream().mapToInt(Integer::intValue).toArray();
        longTokens = texts.stream().mapToInt(Integer::intValue).filter(id -> tokenizer.bytes(id).length > SHORT)
                .toArray();
        same = new int[size];
        Arrays.fill(same, NONE);
        Layout layout = new Layout(Math.toIntExact(Math.min(bytes, Integer.MAX_VALUE - 8)));
        for (int id : texts) {
            layout.add(id);
        }
        layout.closeTo(0);
        values = Arrays.copyOf(layout.values, layout.size);
        depths = Arrays.copyOf(layout.depths, layout.size);
        ends = Arrays.copyOf(layout.ends, layout.size);
        tokens = Arrays.copyOf(layout.tokens, layout.size);
        maxDepth = layout.maxDepth;
    }

    /** Lays sorted tokens out one after another. */
    private final class Layout {
        private final byte[] values;
        private final short[] depths;
        private final int[] ends;
        private final int[] tokens;
        private int[] path = new int[64];
        private byte[] previous = {};
        private int depth;
        private int size;
        private int maxDepth;

        Layout(int capacity) {
            values = new byte[capacity];
            depths = new short[capacity];
            ends = new int[capacity];
            tokens = new int[capacity];
        }

        void add(int id) {
            byte[] bytes = tokenizer.bytes(id);
            int common = Arrays.mismatch(previous, bytes);
            if (common < 0) {
                same[id] = tokens[size - 1];
                tokens[size - 1] = id;
                return;
            }
            closeTo(common);
            if (path.length < bytes.length) {
                path = Arrays.copyOf(path, 2 * bytes.length);
            }
            for (; depth < bytes.length; depth++) {
                values[size] = bytes[depth];
                depths[size] = (short) depth;
                tokens[size] = NONE;
                path[depth] = size++;
            }
            tokens[size - 1] = id;
            maxDepth = Math.max(maxDepth, depth);
            previous = bytes;
        }

        void closeTo(int newDepth) {
            while (depth > newDepth) {
                ends[path[--depth]] = size;
            }
        }
    }

    Tokenizer tokenizer() {
        return tokenizer;
    }

    int words() {
        return tokenizer.vocabularySize() + 63 >> 6;
    }

    /** Sets or clears the bits of the long tokens for a state. */
    void allowLong(Automaton automaton, State from, long[] words) {
        for (int token : longTokens) {
            long bit = 1L << token;
            boolean allowed = automaton.next(from, tokenizer.bytes(token)) != State.DEAD;
            words[token >> 6] = allowed ? words[token >> 6] | bit : words[token >> 6] & ~bit;
        }
    }

    /** Sets the bits of the tokens that an automaton reads from a state on; the ends of the text where it accepts. */
    long[] allowed(Automaton automaton, State from) {
        long[] words = new long[words()];
        State[] path = new State[maxDepth + 1];
        path[0] = from;
        for (int node = 0; node < values.length;) {
            int depth = depths[node];
            State at = path[depth];
            int byteClass = automaton.classOf(values[node]);
            State next = at.successors[byteClass];
            if (next == null) {
                next = automaton.nextOfClass(at, byteClass);
            }
            if (next == State.DEAD) {
                node = ends[node];
                continue;
            }
            path[depth + 1] = next;
            for (int token = tokens[node]; token != NONE; token = same[token]) {
                words[token >> 6] |= 1L << token;
            }
            node++;
        }
        if (from.accepts) {
            for (int token : endTokens) {
                words[token >> 6] |= 1L << token;
            }
        }
        return words;
    }
}
