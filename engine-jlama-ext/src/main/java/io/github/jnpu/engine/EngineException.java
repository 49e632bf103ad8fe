package io.github.jnpu.engine;

/** A request or a model that the engine cannot serve. The message is one line for the user. */
public class EngineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public EngineException(String message) {
        super(message);
    }

    public EngineException(String message, Throwable cause) {
        super(message, cause);
    }
}
