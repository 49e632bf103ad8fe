package io.github.jnpu.engine;

import java.util.List;

/**
 * Hears of a generation's progress, always on the model's scheduler thread, in order, ending in exactly one of
 * {@link #onComplete} and {@link #onError}. It should return quickly: the model waits meanwhile, and with it all its texts. If {@link #onText}
 * throws, the generation ends and the exception goes to {@link #onError}.
 */
public interface GenerationListener {

    /** The prompt has been processed; sampling starts. */
    default void onPromptProcessed() {}

    /**
     * Whether more text can be taken. Asked before each token: false makes this text wait, and no other. If it throws, the generation
     * ends and the exception goes to {@link #onError}.
     */
    default boolean isReady() {
        return true;
    }

    /**
     * The tokens of the text that {@link #onText} brings next, or, at the end, those without text; only where
     * {@link GenerationRequest#logprobs} asks for them. Tokens that a stop string cut off do not come.
     *
     * @param tokens
     *            at least one
     */
    default void onTokens(List<SampledToken> tokens) {}

    /**
     * More text.
     *
     * @param text
     *            whole characters, never empty, never part of a stop string
     */
    void onText(String text);

    /** The generation ended, also by cancellation. */
    void onComplete(GenerationResult result);

    /** The generation failed. */
    void onError(RuntimeException failure);
}
