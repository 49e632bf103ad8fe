package io.github.jnpu.engine.embedding;

import io.github.jnpu.engine.EngineException;

/** A text has more tokens than the model takes, and was not to be cut. */
public class TextTooLongException extends EngineException {
    private static final long serialVersionUID = 1L;

    private final int tokens;
    private final int limit;

    public TextTooLongException(int tokens, int limit) {
        super("the text has %d tokens, more than the %d that the model takes; shorten it or let it be cut (truncate)"
                .formatted(tokens, limit));
        this.tokens = tokens;
        this.limit = limit;
    }

    public int tokens() {
        return tokens;
    }

    public int limit() {
        return limit;
    }
}
