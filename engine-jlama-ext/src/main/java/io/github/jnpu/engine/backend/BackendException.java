package io.github.jnpu.engine.backend;

import io.github.jnpu.engine.EngineException;

/** A device that refuses a graph, or that fails while it runs. */
public class BackendException extends EngineException {
    private static final long serialVersionUID = 1L;

    public BackendException(String message) {
        super(message);
    }

    public BackendException(String message, Throwable cause) {
        super(message, cause);
    }
}
