package io.github.jnpu.engine.sampling;

import java.util.Arrays;

/** The latest tokens, and the penalties on them. */
final class RecentTokens {
    private final int[] counts;
    private final int window;
    private int[] tokens;
    private int size;
    private int next;

    /**
     * @param window
     *            how many tokens count; negative for all
     */
    RecentTokens(int window, int vocabularySize) {
        this.counts = new int[vocabularySize];
        this.window = window;
        this.tokens = new int[window < 0 ? 1024 : window];
    }

    void add(int token) {
        if (size == tokens.length) {
            if (window < 0) {
                tokens = Arrays.copyOf(tokens, 2 * tokens.length);
            } else {
                counts[tokens[next]]--;
                size--;
            }
        }
        tokens[next] = token;
        counts[token]++;
        size++;
        next++;
        if (window >= 0 && next == tokens.length) {
            next = 0;
        }
    }

    void penalize(float[] logits, SamplingOptions options) {
        for (int i = 0; i < size; i++) {
            int token = tokens[i];
            int count = counts[token];
            // A negative count marks a token as done; it is turned back below.
            if (count > 0) {
                float logit = logits[token];
                logit = logit > 0 ? logit / options.repeatPenalty() : logit * options.repeatPenalty();
                logits[token] = logit - count * options.frequencyPenalty() - options.presencePenalty();
                counts[token] = -count;
            }
        }
        for (int i = 0; i < size; i++) {
            counts[tokens[i]] = Math.abs(counts[tokens[i]]);
        }
    }
}
