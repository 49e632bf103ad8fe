package io.github.jnpu.engine.sampling;

import java.util.Arrays;

/**
 * How likely a model itself holds each token to be the next: the natural logarithm of the softmax of its logits, before penalties,
 * temperature, grammar and all else that a {@link Sampler} does. So llama.cpp and Ollama define it. For one thread; the buffer is
 * used again for each token.
 */
public final class LogProbabilities {
    private final float[] logits;
    private double logOfSum;

    public LogProbabilities(int vocabularySize) {
        logits = new float[vocabularySize];
    }

    /**
     * Takes the logits of the next token.
     *
     * @param from
     *            one per vocabulary entry; copied, because a sampler changes them
     */
    public void set(float[] from) {
        System.arraycopy(from, 0, logits, 0, logits.length);
        double max = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            // NaN fails the comparison, and such a token cannot be drawn either.
            if (logit > max) {
                max = logit;
            }
        }
        double sum = 0;
        for (float logit : logits) {
            if (logit > Float.NEGATIVE_INFINITY) {
                sum += Math.exp(logit - max);
            }
        }
        logOfSum = max + Math.log(sum);
    }

    /** The logarithm of a token's probability: at most 0. */
    public double of(int token) {
        return Math.min(0, logits[token] - logOfSum);
    }

    /** The ids of the likeliest tokens, likeliest first; of equals the lower id comes first. Those without a probability are left out. */
    public int[] likeliest(int count) {
        int[] best = new int[Math.min(count, logits.length)];
        int size = 0;
        for (int id = 0; id < logits.length && best.length > 0; id++) {
            float logit = logits[id];
            if (!(logit > Float.NEGATIVE_INFINITY) || size == best.length && logit <= logits[best[size - 1]]) {
                continue;
            }
            int at = size < best.length ? size++ : size - 1;
            while (at > 0 && logits[best[at - 1]] < logit) {
                best[at] = best[at - 1];
                at--;
            }
            best[at] = id;
        }
        return Arrays.copyOf(best, size);
    }
}
