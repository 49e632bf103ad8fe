package io.github.jnpu.engine;

/** There is no model of this name or at this path. */
public class ModelNotFoundException extends EngineException {
    private static final long serialVersionUID = 1L;

    public ModelNotFoundException(String message) {
        super(message);
    }
}
