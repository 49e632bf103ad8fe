package io.github.jnpu.server.model;

import io.github.jnpu.engine.LoadListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.function.BooleanSupplier;

/** Says in the log how far a load is that takes long, and gives it up when nobody waits for it any more. */
final class LoggedLoad implements LoadListener {
    private static final Logger LOGGER = LoggerFactory.getLogger(LoadedModels.class);
    private static final long INTERVAL_NANOS = 2_000_000_000;

    private final String name;
    private final BooleanSupplier abandoned;
    private long lastReport = System.nanoTime();

    LoggedLoad(String name, BooleanSupplier abandoned) {
        this.name = name;
        this.abandoned = abandoned;
    }

    @Override
    public void onProgress(long loadedBytes, long totalBytes) {
        long now = System.nanoTime();
        if (now - lastReport >= INTERVAL_NANOS) {
            lastReport = now;
            LOGGER.info("loading {}: {} % of {} MB", name, 100 * loadedBytes / Math.max(1, totalBytes),
                    totalBytes / 1_000_000);
        }
    }

    @Override
    public boolean isCancelled() {
        return abandoned.getAsBoolean();
    }
}
