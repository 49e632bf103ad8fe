package io.github.jnpu.engine;

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
