package io.github.jnpu.engine;

import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderSequence;

import java.util.Arrays;

/**
 * A place for one text. It keeps the KV cache of the last one, so that a prompt that begins the same way skips what is still there. For
 * the model's thread.
 */
final class TextSlot {
    private static final int FIRST_TOKENS = 512;

    private final Decoder decoder;
    private final int contextLength;
    private DecoderSequence sequence;
    private int[] cachedTokens = {};
    private int cachedCount;
    /** Counts the texts of the model; 0 if there was none here. */
    private long lastUse;

    TextSlot(Decoder decoder, int contextLength) {
        this.decoder = decoder;
        this.contextLength = contextLength;
    }

    /** How many tokens of a prompt are in the cache. The last one always runs again: its logits are needed. */
    int shared(int[] prompt) {
        int most = Math.min(cachedCount, prompt.length - 1);
        int mismatch = Arrays.mismatch(cachedTokens, 0, most, prompt, 0, most);
        return mismatch < 0 ? most : mismatch;
    }

    long lastUse() {
        return lastUse;
    }

    /**
     * Begins a text with what it shares with the last one.
     *
     * @return how many tokens that is
     */
    int begin(int[] prompt, long use) {
        lastUse = use;
        if (sequence == null) {
            sequence = decoder.newSequence(contextLength);
        }
        cachedCount = shared(prompt);
        sequence.truncate(cachedCount);
        return cachedCount;
    }

    DecoderSequence sequence() {
        return sequence;
    }

    void forward(int[] tokens, int from, int count, float[] logits) {
        sequence.forward(tokens, from, count, logits);
        remember(tokens, from, count);
    }

    /** Some tokens have gone into the sequence. */
    void remember(int[] tokens, int from, int count) {
        if (cachedCount + count > cachedTokens.length) {
            cachedTokens = Arrays.copyOf(cachedTokens, Math.min(contextLength, Math.max(FIRST_TOKENS, 2 * (cachedCount
                    + count))));
        }
        System.arraycopy(tokens, from, cachedTokens, cachedCount, count);
        cachedCount += count;
    }

    /** Whether no further token fits. */
    boolean isFull() {
        return cachedCount == contextLength;
    }

    /**
     * Makes room in a full context: half of what is behind the kept tokens goes. The tokens that stay move to other positions and
     * forget those that go, so they have to run again: that takes as long as a prompt of half the context, and the text goes on as if
     * it had begun so.
     *
     * @param keep
     *            tokens at the beginning
     * @return what has to go in again
     */
    int[] shift(int keep) {
        int head = Math.min(keep, cachedCount - 2);
        int dropped = Math.max(1, (cachedCount - head) / 2);
        int[] tail = Arrays.copyOfRange(cachedTokens, head + dropped, cachedCount);
        sequence.truncate(head);
        cachedCount = head;
        return tail;
    }

    /** After a failure nobody knows what is in the cache. */
    void drop() {
        cachedCount = 0;
        if (sequence != null) {
            sequence.close();
            sequence = null;
        }
    }
}
