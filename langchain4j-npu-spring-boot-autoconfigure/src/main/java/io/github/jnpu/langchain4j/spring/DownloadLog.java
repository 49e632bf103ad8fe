package io.github.jnpu.langchain4j.spring;

import io.github.jnpu.engine.store.TransferListener;
import io.github.jnpu.engine.store.TransferProgress;

/** Says in the log what a start waits for: each step once, and each tenth of what is large. */
final class DownloadLog implements TransferListener {
    private static final System.Logger LOGGER = System.getLogger(DownloadLog.class.getName());

    private String status = "";
    private long tenths;

    @Override
    public void onProgress(TransferProgress progress) {
        long done = progress.total() > 0 ? 10 * progress.completed() / progress.total() : 0;
        if (progress.status().equals(status) && done == tenths) {
            return;
        }
        status = progress.status();
        tenths = done;
        LOGGER.log(System.Logger.Level.INFO, () -> progress.total() > 0
                ? "%s: %d %% of %d MB".formatted(progress.status(), 10 * done, progress.total() / 1_000_000)
                : progress.status());
    }
}
