package io.github.jnpu.engine;

import java.util.concurrent.CompletableFuture;

/** A generation that waits or runs. Thread-safe. */
public final class Generation {
    private final CompletableFuture<GenerationResult> result = new CompletableFuture<>();
    private final Runnable onCancel;
    private volatile boolean cancelled;

    /**
     * @param onCancel
     *            tells the model, which may be waiting
     */
    Generation(Runnable onCancel) {
        this.onCancel = onCancel;
    }

    /**
     * Asks the model to stop. It does so before the next token, or the next batch of the prompt; a generation that waits leaves the queue. The
     * listener hears {@link GenerationListener#onComplete} with {@link FinishReason#CANCELLED}. Idempotent.
     */
    public void cancel() {
        cancelled = true;
        onCancel.run();
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
