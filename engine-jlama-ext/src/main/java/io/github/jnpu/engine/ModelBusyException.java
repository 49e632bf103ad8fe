package io.github.jnpu.engine;

/** The queue of requests that wait for a model is full. */
public class ModelBusyException extends EngineException {
    private static final long serialVersionUID = 1L;

    public ModelBusyException(int queueCapacity) {
        super("the model is busy and %d requests wait for it already; try again later".formatted(queueCapacity));
    }
}
