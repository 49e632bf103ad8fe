package io.github.jnpu.engine;

/** A prompt that does not fit the context, with room for one answer token. */
public class PromptTooLongException extends EngineException {
    private static final long serialVersionUID = 1L;

    private final int promptTokens;
    private final int contextLength;

    public PromptTooLongException(int promptTokens, int contextLength) {
        super(("the prompt has %d tokens, which is longer than the context length of %d allows; shorten the prompt or raise "
                + "the context length (num_ctx)").formatted(promptTokens, contextLength));
        this.promptTokens = promptTokens;
        this.contextLength = contextLength;
    }

    public int promptTokens() {
        return promptTokens;
    }

    public int contextLength() {
        return contextLength;
    }
}
