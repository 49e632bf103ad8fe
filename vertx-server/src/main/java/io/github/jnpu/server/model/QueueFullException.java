package io.github.jnpu.server.model;

import io.github.jnpu.engine.EngineException;

/** Too many requests wait for a model to load. */
public final class QueueFullException extends EngineException {
    private static final long serialVersionUID = 1L;

    QueueFullException(Throwable cause) {
        super("server busy, please try again.  maximum pending requests exceeded", cause);
    }
}
