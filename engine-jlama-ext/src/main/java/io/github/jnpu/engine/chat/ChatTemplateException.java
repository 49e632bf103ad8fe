package io.github.jnpu.engine.chat;

import io.github.jnpu.engine.EngineException;

/** A chat template that is wrong, or that refuses the conversation (Jinja's {@code raise_exception}). */
public class ChatTemplateException extends EngineException {
    private static final long serialVersionUID = 1L;

    public ChatTemplateException(String message) {
        super(message);
    }

    public ChatTemplateException(String message, Throwable cause) {
        super(message, cause);
    }
}
