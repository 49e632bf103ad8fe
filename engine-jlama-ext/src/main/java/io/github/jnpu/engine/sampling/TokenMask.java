package io.github.jnpu.engine.sampling;

import java.util.Arrays;

/** A set of tokens that may be drawn. Immutable and thread-safe. */
public final class TokenMask {
    /** Up to so many are listed, so that a mask need not look at the whole vocabulary. */
    static final int MAX_LISTED = 2048;

    private final int count;
    /** The members in order, or null where they are many. */
    private final int[] listed;
    private final long[] words;

    private TokenMask(int count, int[] listed, long[] words) {
        this.count = count;
        this.listed = listed;
        this.words = words;
    }

    /**
     * The tokens whose bits are set.
     *
     * @param words
     *            token {@code i} is bit {@code i % 64} of word {@code i / 64}; copied where it is kept
     */
    public static TokenMask of(long[] words) {
        int count = 0;
        for (long word : words) {
            count += Long.bitCount(word);
        }
        if (count > MAX_LISTED) {
            return new TokenMask(count, null, words.clone());
        }
        int[] listed = new int[count];
        int next = 0;
        for (int i = 0; i < words.length; i++) {
            for (long word = words[i]; word != 0; word &= word - 1) {
                listed[next++] = 64 * i + Long.numberOfTrailingZeros(word);
            }
        }
        return new TokenMask(count, listed, null);
    }

    /** How many tokens may be drawn. */
    public int count() {
        return count;
    }

    public boolean contains(int token) {
        if (listed != null) {
            return Arrays.binarySearch(listed, token) >= 0;
        }
        return token >= 0 && token < 64 * words.length && (words[token >> 6] >>> token & 1) != 0;
    }

    /** The members as bits, as {@link #of} takes them; a copy. */
    public long[] toWords(int size) {
        if (listed == null) {
            return Arrays.copyOf(words, size);
        }
        long[] bits = new long[size];
        for (int token : listed) {
            bits[token >> 6] |= 1L << token;
        }
        return bits;
    }

    /** The memory that it takes. */
    public int byteSize() {
        return listed != null ? Integer.BYTES * listed.length : Long.BYTES * words.length;
    }

    /**
     * Makes the logits of all other tokens minus infinity.
     *
     * @param scratch
     *            room for {@link #MAX_LISTED} values
     */
    void apply(float[] logits, float[] scratch) {
        if (listed != null) {
            for (int i = 0; i < listed.length; i++) {
                scratch[i] = logits[listed[i]];
            }
            Arrays.fill(logits, Float.NEGATIVE_INFINITY);
            for (int i = 0; i < listed.length; i++) {
                logits[listed[i]] = scratch[i];
            }
            return;
        }
        for (int i = 0; i < words.length; i++) {
            int end = Math.min(logits.length, 64 * i + 64);
            if (words[i] == 0) {
                Arrays.fill(logits, 64 * i, end, Float.NEGATIVE_INFINITY);
                continue;
            }
            for (long absent = ~words[i]; absent != 0; absent &= absent - 1) {
                int token = 64 * i + Long.numberOfTrailingZeros(absent);
                if (token < end) {
                    logits[token] = Float.NEGATIVE_INFINITY;
                }
            }
        }
        if (logits.length > 64 * words.length) {
            Arrays.fill(logits, 64 * words.length, logits.length, Float.NEGATIVE_INFINITY);
        }
    }
}
