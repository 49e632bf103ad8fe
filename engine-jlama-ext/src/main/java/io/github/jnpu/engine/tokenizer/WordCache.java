package io.github.jnpu.engine.tokenizer;

import java.util.Arrays;

/**
 * The ids of words seen lately. A fixed number of slots, each word has one, the last that came keeps it: bounded, and
 * safe for many threads without locks, as entries are immutable and losing one costs only time.
 */
final class WordCache {
    private static final int SLOTS = 1 << 14;
    // Longer words are rare, and keeping them would let a text fill the memory.
    private static final int LONGEST = 48;

    private record Entry(byte[] word, int[] ids) {}

    private final Entry[] entries = new Entry[SLOTS];

    /** The ids of a word, not to be changed, or null. */
    int[] get(byte[] text, int from, int to, int hash) {
        Entry entry = entries[slot(hash)];
        return entry != null && Arrays.equals(entry.word, 0, entry.word.length, text, from, to) ? entry.ids : null;
    }

    void put(byte[] text, int from, int to, int hash, int[] ids) {
        if (to - from <= LONGEST) {
            entries[slot(hash)] = new Entry(Arrays.copyOfRange(text, from, to), ids);
        }
    }

    private static int slot(int hash) {
        return (hash ^ hash >>> 15) & SLOTS - 1;
    }
}
