package io.github.jnpu.engine.backend;

import io.github.jnpu.convert.model.ModelConfig;

/**
 * How to compile an encoder.
 *
 * @param threads
 *            how many cores to use; at least 1
 * @param contextLength
 *            how many tokens a text has at most; 0 for what the model was trained for, up to {@link #DEFAULT_MAX_TOKENS}; larger values are capped
 *            at what it was trained for
 */
public record EncoderOptions(int threads, int contextLength) {
    /** Buffers are made for the longest text, so models for very long ones do not take all of it unasked. */
    public static final int DEFAULT_MAX_TOKENS = 2048;

    public EncoderOptions {
        if (threads < 1 || contextLength < 0) {
            throw new IllegalArgumentException(
                    "threads is at least 1 and contextLength 0: %d, %d".formatted(threads, contextLength));
        }
    }

    /** The longest text of a model. */
    public int maxTokens(ModelConfig config) {
        return Math.min(config.contextLength(), contextLength == 0 ? DEFAULT_MAX_TOKENS : contextLength);
    }
}
