package io.github.jnpu.engine.embedding;

import java.util.List;

/**
 * Texts to embed.
 *
 * @param truncate
 *            whether texts that are too long lose their end; else they are refused
 * @param dimensions
 *            how many of a vector's first numbers to keep, for models that were trained for that (Matryoshka); 0, or more than there are, for
 *            all
 * @param normalize
 *            whether vectors are scaled to length 1
 */
public record EmbeddingRequest(List<String> texts, boolean truncate, int dimensions, boolean normalize) {

    public EmbeddingRequest {
        texts = List.copyOf(texts);
        if (dimensions < 0) {
            throw new IllegalArgumentException("dimensions must not be negative: " + dimensions);
        }
    }

    /** Long texts are cut, vectors are whole and of length 1. */
    public static EmbeddingRequest of(List<String> texts) {
        return new EmbeddingRequest(texts, true, 0, true);
    }

    public EmbeddingRequest withTruncate(boolean value) {
        return new EmbeddingRequest(texts, value, dimensions, normalize);
    }

    public EmbeddingRequest withDimensions(int value) {
        return new EmbeddingRequest(texts, truncate, value, normalize);
    }

    public EmbeddingRequest withNormalize(boolean value) {
        return new EmbeddingRequest(texts, truncate, dimensions, value);
    }
}
