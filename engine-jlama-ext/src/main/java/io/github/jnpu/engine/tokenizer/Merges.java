package io.github.jnpu.engine.tokenizer;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The merges of a byte-level BPE vocabulary as a hash table from a pair of symbols to the rank of its merge and the
 * symbol that comes of it.
 *
 * <p>A symbol is a token's id, or a number from the size of the vocabulary on for the parts and results of merges that
 * are no tokens: llama.cpp merges by spelling and asks whether the result is a token only at the end. Immutable and
 * thread-safe.
 */
final class Merges {
    private static final long EMPTY = -1;

    private final TokenTable tokens;
    private final int vocabularySize;
    private final int[] byteSymbols = new int[256];
    private final List<byte[]> others = new ArrayList<>();
    private final long[] keys;
    private final long[] values;

    /**
     * Reads the merges.
     *
     * @param tokens
     *            the vocabulary by bytes
     * @param merges
     *            two parts in the byte alphabet with a space between them, the most important first; ones that can never
     *            apply, because they have no second part or are not of the alphabet, are left out
     */
    Merges(TokenTable tokens, int vocabularySize, List<String> merges) {
        this.tokens = tokens;
        this.vocabularySize = vocabularySize;
        int capacity = Integer.highestOneBit(Math.max(8, merges.size())) * 4;
        keys = new long[capacity];
        values = new long[capacity];
        Arrays.fill(keys, EMPTY);
        Map<ByteBuffer, Integer> extra = new HashMap<>();
        byte[] union = new byte[256];
        for (int value = 0; value < 256; value++) {
            union[0] = (byte) value;
            byteSymbols[value] = symbol(extra, union, 0, 1);
        }
        for (int rank = 0; rank < merges.size(); rank++) {
            String merge = merges.get(rank);
            int space = merge.indexOf(' ', 1);
            int length = merge.length() - 1;
            if (space < 0 || space == length) {
                continue;
            }
            if (union.length < length) {
                union = new byte[2 * length];
            }
            if (!ByteAlphabet.put(merge, 0, space, union, 0)
                    || !ByteAlphabet.put(merge, space + 1, merge.length(), union, space)) {
                continue;
            }
            put(symbol(extra, union, 0, space), symbol(extra, union, space, length), rank,
                    symbol(extra, union, 0, length));
        }
    }

    /** The symbol of one byte. */
    int symbolOf(int value) {
        return byteSymbols[value];
    }

    /** The bytes of a symbol that is no token. */
    byte[] bytes(int symbol) {
        return others.get(symbol - vocabularySize);
    }

    /** The rank in the upper half and the merged symbol in the lower, or {@link SymbolMerger#NO_PAIR}. */
    long find(int left, int right) {
        long key = (long) left << 32 | right;
        for (int slot = slot(key);; slot = slot + 1 & keys.length - 1) {
            if (keys[slot] == key) {
                return values[slot];
            }
            if (keys[slot] == EMPTY) {
                return SymbolMerger.NO_PAIR;
            }
        }
    }

    private int symbol(Map<ByteBuffer, Integer> extra, byte[] text, int from, int to) {
        int id = tokens.find(text, from, to);
        if (id != TokenTable.NONE) {
            return id;
        }
        byte[] copy = Arrays.copyOfRange(text, from, to);
        return extra.computeIfAbsent(ByteBuffer.wrap(copy), bytes -> {
            others.add(copy);
            return vocabularySize + others.size() - 1;
        });
    }

    private void put(int left, int right, int rank, int merged) {
        long key = (long) left << 32 | right;
        int slot = slot(key);
        while (keys[slot] != EMPTY) {
            if (keys[slot] == key) {
                return; // the first of equal merges counts
            }
            slot = slot + 1 & keys.length - 1;
        }
        keys[slot] = key;
        values[slot] = (long) rank << 32 | merged;
    }

    private int slot(long key) {
        long hash = key * 0x9e3779b97f4a7c15L;
        return (int) (hash >>> 40) & keys.length - 1;
    }
}
