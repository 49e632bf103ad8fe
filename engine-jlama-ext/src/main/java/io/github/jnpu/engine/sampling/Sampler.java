package io.github.jnpu.engine.sampling;

import io.github.jnpu.engine.EngineException;

import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Draws tokens for one generation: penalties, then top-k, typical-p, top-p, min-p, then temperature, in llama.cpp's order. For
 * one thread; allocates nothing per token.
 */
public final class Sampler {
    private final SamplingOptions options;
    private final int vocabularySize;
    private final SplittableRandom random;
    private final RecentTokens recent;
    private final Candidates candidates;
    private float[] scratch;

    /**
     * @param prompt
     *            what was there before; the penalties count its last tokens
     */
    public Sampler(SamplingOptions options, int vocabularySize, int[] prompt) {
        this.options = options;
        this.vocabularySize = vocabularySize;
        this.random = options.seed().isPresent()
                ? new SplittableRandom(options.seed().getAsLong())
                : new SplittableRandom();
        boolean penalties = options.repeatLastN() != 0
                && (options.repeatPenalty() != 1 || options.presencePenalty() != 0 || options.frequencyPenalty() != 0);
        this.recent = penalties ? new RecentTokens(options.repeatLastN(), vocabularySize) : null;
        this.candidates = options.isGreedy() ? null : new Candidates(vocabularySize);
        if (recent != null) {
            for (int token : prompt) {
                recent.add(token);
            }
        }
    }

    /**
     * Draws the next token and remembers it.
     *
     * @param logits
     *            one per vocabulary entry; changed
     * @throws EngineException
     *             if no logit is a finite number
     */
    public int sample(float[] logits) {
        return sample(logits, Optional.empty());
    }

    /**
     * Draws the next token among those that a constraint allows, as if the others had no probability, and goes on behind it.
     *
     * @param logits
     *            one per vocabulary entry; changed
     * @throws EngineException
     *             if no logit of a token that is allowed is a finite number
     */
    public int sample(float[] logits, Optional<? extends TokenConstraint> constraint) {
        if (recent != null) {
            recent.penalize(logits, options);
        }
        int token;
        if (options.isGreedy()) {
            token = constraint.isEmpty() ? argmax(logits) : argmax(logits, constraint.get());
        } else {
            token = draw(logits, constraint);
        }
        constraint.ifPresent(one -> one.accept(token));
        if (recent != null) {
            recent.add(token);
        }
        return token;
    }

    /** The likeliest token of all is mostly allowed, and then no mask is needed. */
    private int argmax(float[] logits, TokenConstraint constraint) {
        if (!constraint.isMaskKnown()) {
            int best = argmax(logits);
            if (constraint.allows(best)) {
                return best;
            }
        }
        apply(constraint, logits);
        return argmax(logits);
    }

    private void apply(TokenConstraint constraint, float[] logits) {
        if (scratch == null) {
            scratch = new float[TokenMask.MAX_LISTED];
        }
        constraint.mask().apply(logits, scratch);
    }

    private int argmax(float[] logits) {
        int best = -1;
        float bestLogit = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < vocabularySize; i++) {
            if (logits[i] > bestLogit) {
                best = i;
                bestLogit = logits[i];
            }
        }
        if (best < 0 || bestLogit == Float.POSITIVE_INFINITY) {
            throw new EngineException("the model's logits are no finite numbers; the file may be damaged");
        }
        return best;
    }

    private int draw(float[] logits, Optional<? extends TokenConstraint> constraint) {
        argmax(logits);
        boolean few = options.topK() > 0 && options.topK() < vocabularySize;
        boolean taken = false;
        if (constraint.isPresent()) {
            TokenConstraint one = constraint.get();
            if (few && !one.isMaskKnown()) {
                candidates.takeLargest(logits, options.topK());
                // If all of them are allowed, they are the likeliest of those allowed, too.
                taken = candidates.allMatch(one::allows);
            }
            if (!taken) {
                apply(one, logits);
                argmax(logits);
            }
        }
        boolean cuts = options.typicalP() < 1 || options.topP() < 1;
        if (few) {
            if (!taken) {
                candidates.takeLargest(logits, options.topK());
            }
        } else if (cuts) {
            candidates.takeLargest(logits, vocabularySize);
        } else {
            candidates.takeAll(logits);
        }
        if (options.typicalP() < 1) {
            candidates.keepTypical(options.typicalP());
        }
        if (options.topP() < 1) {
            candidates.keepTop(options.topP());
        }
        if (options.minP() > 0) {
            candidates.keepAtLeast(options.minP());
        }
        return candidates.draw(options.temperature(), random);
    }
}
