package io.github.jnpu.server.create;

import io.github.jnpu.engine.EngineException;

/** What was asked for cannot be made; the fault is in the request. */
public class RefusedModelException extends EngineException {
    private static final long serialVersionUID = 1L;

    public RefusedModelException(String message) {
        super(message);
    }

    public RefusedModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
