package io.github.jnpu.engine.tokenizer;

import java.util.Arrays;
import java.util.List;

/**
 * Finds the id of a token by its bytes, given as a part of a larger array: an open-addressed hash table that allocates
 * nothing per look-up. Immutable and thread-safe.
 */
final class TokenTable {
    static final int NONE = -1;
    private static final int HASH_START = 0x811c9dc5;

    private final byte[][] tokens;
    private final int[] slots;
    private final int longest;

    /**
     * A table of tokens by id.
     *
     * @param tokens
     *            null where an id is not to be found; of equal ones the first counts
     */
    TokenTable(List<byte[]> tokens) {
        this.tokens = tokens.toArray(byte[][]::new);
        slots = new int[Integer.highestOneBit(Math.max(8, this.tokens.length)) * 4];
        Arrays.fill(slots, NONE);
        int most = 0;
        for (int id = 0; id < this.tokens.length; id++) {
            byte[] token = this.tokens[id];
            if (token != null && find(token, 0, token.length) == NONE) {
                int slot = slot(hash(token, 0, token.length));
                while (slots[slot] != NONE) {
                    slot = slot + 1 & slots.length - 1;
                }
                slots[slot] = id;
                most = Math.max(most, token.length);
            }
        }
        longest = most;
    }

    /** The length of the longest token in bytes. */
    int longest() {
        return longest;
    }

    int find(byte[] text, int from, int to) {
        return find(text, from, to, hash(text, from, to));
    }

    /** The id of the longest token that the bytes begin with, or NONE. */
    int findLongestPrefix(byte[] text, int from, int to) {
        int end = Math.min(to, from + longest);
        int best = NONE;
        int hash = HASH_START;
        for (int i = from; i < end; i++) {
            hash = step(hash, text[i]);
            int id = find(text, from, i + 1, hash);
            if (id != NONE) {
                best = id;
            }
        }
        return best;
    }

    int length(int id) {
        return tokens[id].length;
    }

    static int hash(byte[] text, int from, int to) {
        int hash = HASH_START;
        for (int i = from; i < to; i++) {
            hash = step(hash, text[i]);
        }
        return hash;
    }

    // FNV-1a: a prefix's hash leads to the next longer one's.
    private static int step(int hash, byte value) {
        return (hash ^ value & 0xff) * 0x01000193;
    }

    private int slot(int hash) {
        return (hash ^ hash >>> 15) & slots.length - 1;
    }

    private int find(byte[] text, int from, int to, int hash) {
        for (int slot = slot(hash); slots[slot] != NONE; slot = slot + 1 & slots.length - 1) {
            int id = slots[slot];
            byte[] token = tokens[id];
            if (token.length == to - from && Arrays.equals(token, 0, token.length, text, from, to)) {
                return id;
            }
        }
        return NONE;
    }
}
