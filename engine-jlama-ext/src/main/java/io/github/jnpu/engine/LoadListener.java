package io.github.jnpu.engine;

/** Follows how a model is read into memory. Called by one thread at a time, but not always the same; must return quickly. */
public interface LoadListener {
    /** Neither looks nor cancels. */
    LoadListener NONE = (_, _) -> {};

    /**
     * Some more of the weights is in memory.
     *
     * @param loadedBytes
     *            from 0 to {@code totalBytes}, never less than before
     * @param totalBytes
     *            the size of all weights
     */
    void onProgress(long loadedBytes, long totalBytes);

    /** Whether loading is to be given up; asked some hundred times per second at most. */
    default boolean isCancelled() {
        return false;
    }
}
