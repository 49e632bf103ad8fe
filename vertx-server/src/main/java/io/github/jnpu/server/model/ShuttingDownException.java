package io.github.jnpu.server.model;

import io.github.jnpu.engine.EngineException;

/** The server takes no more requests; another one may. */
public final class ShuttingDownException extends EngineException {
    private static final long serialVersionUID = 1L;

    ShuttingDownException() {
        super("the server is shutting down");
    }

    ShuttingDownException(Throwable cause) {
        super("the server is shutting down", cause);
    }
}
