package io.github.jnpu.engine;

/** Why a generation ended. */
public enum FinishReason {
    /** The model ended its turn, or a stop string appeared. */
    STOP,
    /** The token limit or the end of the context was reached. */
    LENGTH,
    /** The caller cancelled it. */
    CANCELLED
}
