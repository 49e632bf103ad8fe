package io.github.jnpu.engine.backend;

/** Follows how weights are laid out anew. Called by several threads, one at a time; must return quickly. */
public interface PackListener {
    /** Looks away. */
    PackListener NONE = (_, _) -> {};

    /**
     * Some more of the weights is laid out.
     *
     * @param packedBytes
     *            from 0 to {@code totalBytes}, never less than before
     * @throws java.util.concurrent.CancellationException
     *             if compiling is to be given up
     */
    void onProgress(long packedBytes, long totalBytes);
}
