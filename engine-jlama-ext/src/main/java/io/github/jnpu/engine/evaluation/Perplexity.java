package io.github.jnpu.engine.evaluation;

import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.backend.DecoderSequence;

import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Perplexity as llama.cpp's {@code llama-perplexity} defines it: the text is cut into chunks of the context length; each chunk
 * runs on its own, its first token replaced by BOS where the model wants one; the tokens of its second half are scored.
 *
 * @param perplexity
 *            {@code exp} of the mean negative log-likelihood
 * @param standardError
 *            of {@link #perplexity}
 * @param chunks
 *            how many were scored
 * @param scoredTokens
 *            how many tokens were scored
 */
public record Perplexity(double perplexity, double standardError, int chunks, int scoredTokens) {
    /** Rows of logits held at once: 19 MB for a vocabulary of 150,000. */
    private static final int LOGIT_ROWS = 32;

    /**
     * Scores a text.
     *
     * @param contextLength
     *            tokens in a chunk, at least 4
     * @param maxChunks
     *            how many chunks at most; 0 for all
     * @param progress
     *            hears the running result after each chunk
     * @throws EngineException
     *             if the text has fewer tokens than one chunk, or the model gives no finite probabilities
     */
    public static Perplexity measure(LanguageModel model, String text, int contextLength, int maxChunks,
            Consumer<Perplexity> progress) {
        if (contextLength < 4) {
            throw new IllegalArgumentException("perplexity needs a context of at least 4 tokens, not " + contextLength);
        }
        int[] tokens = model.encodePrompt(text, false);
        int chunks = tokens.length / contextLength;
        if (chunks == 0) {
            throw new EngineException(
                    "the text has %d tokens, too few for one chunk of %d; use a longer text or a shorter context"
                            .formatted(tokens.length, contextLength));
        }
        if (maxChunks > 0) {
            chunks = Math.min(chunks, maxChunks);
        }
        Scores scores = new Scores();
        Perplexity result = null;
        for (int chunk = 0; chunk < chunks; chunk++) {
            int[] window = Arrays.copyOfRange(tokens, chunk * contextLength, (chunk + 1) * contextLength);
            if (model.tokenizer().addsBos() && model.tokenizer().bos().isPresent()) {
                window[0] = model.tokenizer().bos().getAsInt();
            }
            model.compute(contextLength, sequence -> {
                score(sequence, window, model.config().vocabularySize(), scores);
                return null;
            });
            result = scores.result(chunk + 1);
            progress.accept(result);
        }
        return result;
    }

    private static void score(DecoderSequence sequence, int[] window, int vocabularySize, Scores scores) {
        int first = window.length / 2;
        sequence.forward(window, 0, first, null);
        // The last token predicts nothing that is in the chunk.
        for (int from = first; from < window.length - 1; from += LOGIT_ROWS) {
            int count = Math.min(LOGIT_ROWS, window.length - 1 - from);
            float[] logits = new float[count * vocabularySize];
            sequence.forward(window, from, count, logits);
            for (int i = 0; i < count; i++) {
                scores.add(negativeLogLikelihood(logits, i * vocabularySize, vocabularySize, window[from + i + 1]));
            }
        }
    }

    private static double negativeLogLikelihood(float[] logits, int offset, int vocabularySize, int token) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = offset; i < offset + vocabularySize; i++) {
            max = Math.max(max, logits[i]);
        }
        double sum = 0;
        for (int i = offset; i < offset + vocabularySize; i++) {
            sum += Math.exp(logits[i] - max);
        }
        double result = Math.log(sum) + max - logits[offset + token];
        if (!Double.isFinite(result)) {
            throw new EngineException("the model's logits are no finite numbers; the file may be damaged");
        }
        return result;
    }

    private static final class Scores {
        private double sum;
        private double squares;
        private int count;

        void add(double negativeLogLikelihood) {
            sum += negativeLogLikelihood;
            squares += negativeLogLikelihood * negativeLogLikelihood;
            count++;
        }

        Perplexity result(int chunks) {
            double mean = sum / count;
            double perplexity = Math.exp(mean);
            double variance = Math.max(0, squares / count - mean * mean);
            double error = count > 1 ? perplexity * Math.sqrt(variance / (count - 1)) : 0;
            return new Perplexity(perplexity, error, chunks, count);
        }
    }
}
