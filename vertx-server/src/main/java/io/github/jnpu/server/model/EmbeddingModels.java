package io.github.jnpu.server.model;

import io.github.jnpu.engine.embedding.EmbeddingModel;
import io.github.jnpu.engine.embedding.EmbeddingModelOptions;
import io.github.jnpu.engine.placement.PlacementWish;
import io.github.jnpu.engine.store.StoredModel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The embedding models in memory, beside the {@link LoadedModels} that generate: they are small, and an application uses one of each at a time.
 * One that nobody uses goes when its time is over, or earlier if another needs its place. Thread-safe; calls block.
 */
public final class EmbeddingModels implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(EmbeddingModels.class);

    private final Duration defaultKeepAlive;
    private final int maxModels;
    private final PlacementWish place;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Key, Entry> models = new HashMap<>();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("jnpu-embedding-expiry").factory());
    private boolean closing;

    /**
     * Which model, loaded how.
     *
     * @param model
     *            the digest of its weights, or its name where it is no file
     */
    public record Key(String model, EmbeddingModelOptions options) {
        public static Key of(StoredModel model, EmbeddingModelOptions options) {
            return new Key(model.weightsDigest(), options);
        }
    }

    /** What runs models that do not say, nor their requests. */
    public PlacementWish place() {
        return place;
    }

    /** What came out, and how long the model took to load. */
    public record Used<T>(T result, Duration load) {}

    /** All fields belong to the lock. */
    private static final class Entry {
        /** Null while it is loaded. */
        EmbeddingModel model;
        Duration keepAlive;
        int users;
        ScheduledFuture<?> expiry;
        long lastUse;
    }

    /**
     * Starts empty.
     *
     * @param maxModels
     *            models in memory at once
     * @param place
     *            what runs models that do not say, nor their requests
     */
    public EmbeddingModels(Duration defaultKeepAlive, int maxModels, PlacementWish place) {
        this.place = place;
        this.defaultKeepAlive = defaultKeepAlive;
        this.maxModels = maxModels;
    }

    /**
     * Uses a model, loading it first where needed.
     *
     * @param keepAlive
     *            how long it stays after this; empty for what it was told before
     */
    public <T> Used<T> use(Key key, Supplier<EmbeddingModel> loader, Optional<Duration> keepAlive,
            Function<EmbeddingModel, T> work) {
        long start = System.nanoTime();
        Entry entry = enter(key, loader);
        Duration load = Duration.ofNanos(System.nanoTime() - start);
        try {
            return new Used<>(work.apply(entry.model), load);
        } finally {
            leave(key, entry, keepAlive);
        }
    }

    private Entry enter(Key key, Supplier<EmbeddingModel> loader) {
        Entry entry;
        lock.lock();
        try {
            while (true) {
                if (closing) {
                    throw new ShuttingDownException();
                }
                entry = models.get(key);
                if (entry != null && entry.model != null) {
                    begin(entry);
                    return entry;
                }
                if (entry == null && makeRoom()) {
                    entry = new Entry();
                    entry.keepAlive = defaultKeepAlive;
                    entry.users = 1;
                    models.put(key, entry);
                    break;
                }
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
        EmbeddingModel model = null;
        try {
            model = loader.get();
            LOGGER.info("loaded {} for embedding: {} dimensions, on {}", model.name(), model.dimension(),
                    model.device());
        } finally {
            lock.lock();
            try {
                entry.model = model;
                if (model == null) {
                    models.remove(key);
                }
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
        return entry;
    }

    private static void begin(Entry entry) {
        entry.users++;
        if (entry.expiry != null) {
            entry.expiry.cancel(false);
            entry.expiry = null;
        }
    }

    /** Closes the idle model that was used longest ago if all places are taken; false if none is idle. */
    private boolean makeRoom() {
        if (models.size() < maxModels) {
            return true;
        }
        Optional<Map.Entry<Key, Entry>> idle = models.entrySet().stream().filter(other -> other.getValue().users == 0)
                .min(Comparator.comparingLong(other -> other.getValue().lastUse));
        idle.ifPresent(other -> remove(other.getKey(), other.getValue()));
        return idle.isPresent();
    }

    private void leave(Key key, Entry entry, Optional<Duration> keepAlive) {
        lock.lock();
        try {
            entry.users--;
            entry.lastUse = System.nanoTime();
            keepAlive.ifPresent(duration -> entry.keepAlive = duration);
            if (entry.users > 0) {
                return;
            }
            if (entry.keepAlive.isZero() || closing) {
                remove(key, entry);
            } else if (entry.keepAlive.compareTo(GoDuration.FOREVER) < 0) {
                entry.expiry = clock.schedule(() -> expire(key, entry), entry.keepAlive.toNanos(),
                        TimeUnit.NANOSECONDS);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void expire(Key key, Entry entry) {
        lock.lock();
        try {
            // It may have been taken between the timer and the lock.
            if (entry.users == 0 && models.get(key) == entry) {
                remove(key, entry);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private void remove(Key key, Entry entry) {
        models.remove(key);
        if (entry.expiry != null) {
            entry.expiry.cancel(false);
        }
        try {
            entry.model.close();
            LOGGER.info("unloaded {}", entry.model.name());
        } catch (RuntimeException e) {
            LOGGER.warn("unloading {} failed", entry.model.name(), e);
        }
    }

    /** Frees a model, however it was loaded, as soon as nobody uses it any more; does nothing if it is not there. */
    public void unload(StoredModel model) {
        lock.lock();
        try {
            Map.copyOf(models).forEach((key, entry) -> {
                if (key.model().equals(model.weightsDigest())) {
                    entry.keepAlive = Duration.ZERO;
                    if (entry.users == 0) {
                        remove(key, entry);
                    }
                }
            });
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** How many models there are in memory or on the way there. */
    public int size() {
        lock.lock();
        try {
            return models.size();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for those who use a model, and frees all. */
    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            clock.shutdownNow();
            changed.signalAll();
            Map.copyOf(models).forEach((key, entry) -> {
                if (entry.users == 0) {
                    remove(key, entry);
                }
            });
            while (!models.isEmpty()) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }
}
