package io.github.jnpu.engine.registry;

import io.github.jnpu.engine.EngineException;

/** A registry refuses, is out of reach, or sends what cannot be used. Trying again at once will not help. */
public class RegistryException extends EngineException {
    private static final long serialVersionUID = 1L;

    public RegistryException(String message) {
        super(message);
    }

    public RegistryException(String message, Throwable cause) {
        super(message, cause);
    }
}
