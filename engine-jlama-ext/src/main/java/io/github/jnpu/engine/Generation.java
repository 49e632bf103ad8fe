package io.github.jnpu.engine;

import java.util.concurrent.CompletableFuture;

/** A generation that waits or runs. Thread-safe. */
public final class Generation {
    private final CompletableFuture<GenerationResult> result = new CompletableFuture<>();
    private volatile boolean cancelled;

    Generation() {}

    /**
     * Asks the model to stop. It does so before the next token; a generation that still waits ends when its turn comes. The
     * listener hears {@link GenerationListener#onComplete} with {@link FinishReason#CANCELLED}. Idempotent.
     */
    public void cancel() {
        cancelled = true;
    }

    public boolean isCancelled() {
        return cancelled;
    }

    /** Completes after the listener has heard the end; exceptionally if the generation failed. */
    public CompletableFuture<GenerationResult> result() {
        return result.copy();
    }

    void complete(GenerationResult value) {
        result.complete(value);
    }

    void fail(RuntimeException failure) {
        result.completeExceptionally(failure);
    }
}
