package io.github.jnpu.engine.embedding;

import io.github.jnpu.engine.EngineException;

/** A vector came out that has numbers which are none. */
public class UnusableEmbeddingException extends EngineException {
    private static final long serialVersionUID = 1L;

    public UnusableEmbeddingException() {
        super("embedding contains NaN or Inf values");
    }
}
