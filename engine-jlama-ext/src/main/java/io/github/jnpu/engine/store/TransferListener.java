package io.github.jnpu.engine.store;

/** Follows work on the store that takes long: pull, push, create. Called by one thread at a time; must return quickly. */
public interface TransferListener {
    /** Neither looks nor cancels. */
    TransferListener NONE = _ -> {};

    /** Something has happened. */
    void onProgress(TransferProgress progress);

    /** Whether the work is to be given up; asked often. */
    default boolean isCancelled() {
        return false;
    }

    /** Says what comes next. */
    default void onStatus(String status) {
        onProgress(TransferProgress.of(status));
    }
}
