package io.github.jnpu.server.model;

import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.MemoryEstimate;
import io.github.jnpu.engine.placement.Placement;
import io.github.jnpu.engine.placement.PlacementReport;
import io.github.jnpu.engine.placement.PlacementWish;
import io.github.jnpu.engine.store.StoredModel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The models in memory. A request leases one; a model that nobody has leased goes when its time is over, or earlier if
 * another one needs its place. Models with the same weights share one place. Thread-safe.
 *
 * <p>One thread loads, in the order of the requests, so that many requests for one cold model load it once. A request for
 * a model that is there does not wait for loads of others.
 */
public final class LoadedModels implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(LoadedModels.class);

    private static final long ABANDONED_CHECK_MILLIS = 100;
    /** Who has the shortest time to stay; as Ollama chooses when all places are taken. */
    private static final Comparator<LoadedModel> BY_STAY = Comparator.comparing(entry -> entry.keepAlive);
    /** Who was used longest ago. */
    private static final Comparator<LoadedModel> BY_USE = Comparator.comparingLong(entry -> entry.lastUse);

    private final Duration defaultKeepAlive;
    private final int maxModels;
    private final ModelOptions defaults;
    private final MemoryBudget budget;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition modelGone = lock.newCondition();
    private final Map<String, LoadedModel> models = new HashMap<>();
    /** No more models are loaded. */
    private boolean draining;
    private boolean closing;
    private long leases;

    private final ThreadPoolExecutor loader;
    /** Closing waits for a model's own thread, so it must not happen on one. */
    private final ExecutorService closer;
    private final ScheduledExecutorService clock;

    /**
     * Starts empty.
     *
     * @param maxModels
     *            models in memory at once
     * @param maxWaiting
     *            requests that may wait for a load
     * @param budget
     *            how much memory they may take
     */
    public LoadedModels(Duration defaultKeepAlive, int maxModels, int maxWaiting, ModelOptions defaults,
            MemoryBudget budget) {
        this.budget = budget;
        this.defaultKeepAlive = defaultKeepAlive;
        this.maxModels = maxModels;
        this.defaults = defaults;
        this.loader = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(maxWaiting),
                Thread.ofPlatform().daemon().name("jnpu-loader").factory());
        this.closer = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("jnpu-closer").factory());
        this.clock = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("jnpu-expiry").factory());
    }

    /** The right to use a model until {@link #release}. */
    public final class Lease {
        private final LoadedModel entry;
        private final AtomicBoolean released = new AtomicBoolean();

        private Lease(LoadedModel entry) {
            this.entry = entry;
        }

        public LanguageModel model() {
            return entry.model;
        }

        /** Gives the model back; idempotent. */
        public void release() {
            if (released.compareAndSet(false, true)) {
                LoadedModels.this.release(entry);
            }
        }
    }

    /**
     * A model in memory, for people.
     *
     * @param placement
     *            where it runs, and why not elsewhere
     * @param report
     *            the same with figures
     * @param memory
     *            what it takes when a text fills the context
     * @param expiresAt
     *            when it goes if nobody asks for it
     */
    public record Status(StoredModel model, long memoryBytes, int contextLength, int threads, Placement placement,
            PlacementReport report, MemoryEstimate memory, Instant expiresAt) {}

    /**
     * Leases a model, loading it first where needed.
     *
     * @return fails with {@link QueueFullException}, with the engine's exception if the model cannot be loaded, or with
     *         {@link CancellationException} if the client has gone
     */
    public CompletableFuture<Lease> acquire(LoadRequest request) {
        lock.lock();
        try {
            LoadedModel entry = models.get(request.model().weightsDigest());
            if (entry != null && entry.serves(request, place(request))) {
                return CompletableFuture.completedFuture(lease(entry, request));
            }
        } finally {
            lock.unlock();
        }
        Pending pending = new Pending(request, new CompletableFuture<>());
        try {
            enqueue(pending);
        } catch (RejectedExecutionException e) {
            pending.future.completeExceptionally(loader.isShutdown()
                    ? new ShuttingDownException(e)
                    : new QueueFullException(e));
        }
        return pending.future;
    }

    /** A request that waits for the loader. */
    private final class Pending implements Runnable {
        private final LoadRequest request;
        private final CompletableFuture<Lease> future;

        private Pending(LoadRequest request, CompletableFuture<Lease> future) {
            this.request = request;
            this.future = future;
        }

        @Override
        public void run() {
            try {
                future.complete(load(request));
            } catch (RuntimeException e) {
                future.completeExceptionally(e);
            } catch (InterruptedException e) {
                future.completeExceptionally(new ShuttingDownException(e));
            } catch (OutOfMemoryError e) {
                future.completeExceptionally(new EngineException(
                        "model '%s' does not fit into memory: %s".formatted(request.model().name(), e.getMessage()),
                        e));
            } catch (Error e) {
                future.completeExceptionally(new EngineException("model '%s' cannot be loaded: %s".formatted(request
                        .model().name(), e), e));
            }
        }
    }

    /** Where the queue is full, those make room whose clients have gone. */
    private void enqueue(Pending pending) {
        try {
            loader.execute(pending);
        } catch (RejectedExecutionException e) {
            List<Runnable> gone = loader.getQueue().stream()
                    .filter(other -> ((Pending) other).request.abandoned().getAsBoolean()).toList();
            if (gone.isEmpty()) {
                throw e;
            }
            gone.stream().filter(loader.getQueue()::remove).forEach(other -> ((Pending) other).future
                    .completeExceptionally(canceled()));
            loader.execute(pending);
        }
    }

    private static CancellationException canceled() {
        return new CancellationException("request canceled");
    }

    /** Runs on the loader's thread, which may wait for others to finish with a model. */
    private Lease load(LoadRequest request) throws InterruptedException {
        Optional<Lease> there = leaseLoaded(request);
        if (there.isPresent()) {
            return there.get();
        }
        ModelOptions options = defaults.withContextLength(request.contextLength()).withThreads(request.threads())
                .withUseMmap(request.useMmap()).withPlace(place(request));
        ModelSource source = request.model().open();
        LanguageModel model;
        long start = System.nanoTime();
        try {
            makeRoom(request, LanguageModel.estimate(source, options).peakBytes());
            start = System.nanoTime();
        } catch (RuntimeException | InterruptedException | Error e) {
            source.close();
            throw e;
        }
        model = LanguageModel.load(source, options, new LoggedLoad(request.model().name().toString(), request
                .abandoned()));
        LOGGER.info("loaded {} in {} ms: context {}, {} MB", request.model().name(),
                (System.nanoTime() - start) / 1_000_000, model.contextLength(), model
                        .memoryBytes() / 1_000_000);
        lock.lock();
        try {
            if (closing || draining) {
                model.close();
            }
            requireOpen();
            LoadedModel entry = new LoadedModel(request.model(), model, request.threads(), defaultKeepAlive);
            models.put(request.model().weightsDigest(), entry);
            return lease(entry, request);
        } finally {
            lock.unlock();
        }
    }

    private Optional<Lease> leaseLoaded(LoadRequest request) {
        lock.lock();
        try {
            LoadedModel entry = models.get(request.model().weightsDigest());
            return entry != null && entry.serves(request, place(request))
                    ? Optional.of(lease(entry, request))
                    : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Has others go until there is a place and memory for a model, and waits until they have.
     *
     * @param need
     *            what it takes at most, in bytes
     */
    private void makeRoom(LoadRequest request, long need) throws InterruptedException {
        lock.lock();
        try {
            while (true) {
                requireOpen();
                if (request.abandoned().getAsBoolean()) {
                    throw canceled();
                }
                LoadedModel entry = models.get(request.model().weightsDigest());
                if (entry != null) {
                    // Loaded in another way.
                    retire(entry);
                } else if (models.size() >= maxModels) {
                    retire(victim(BY_STAY));
                } else {
                    long room = budget.room(models.values().stream().map(other -> other.memory).toList());
                    if (need <= room) {
                        return;
                    }
                    if (models.isEmpty()) {
                        throw MemoryBudget.refusal(need, room);
                    }
                    LoadedModel victim = victim(BY_USE);
                    if (!victim.retiring) {
                        LOGGER.info("{} makes room for {}, which takes {} MB; {} MB are free", victim.stored.name(),
                                request.model().name(), need / 1_000_000, room / 1_000_000);
                    }
                    retire(victim);
                }
                // The client may leave meanwhile.
                modelGone.await(ABANDONED_CHECK_MILLIS, TimeUnit.MILLISECONDS);
            }
        } finally {
            lock.unlock();
        }
    }

    private PlacementWish place(LoadRequest request) {
        return request.place().map(defaults.place()::overriddenBy).orElse(defaults.place());
    }

    private void requireOpen() {
        if (closing || draining) {
            throw new ShuttingDownException();
        }
    }

    /** Of the models that can go, an idle one if there is one. */
    private LoadedModel victim(Comparator<LoadedModel> order) {
        Comparator<LoadedModel> leaving = Comparator.comparing(entry -> !entry.retiring);
        Comparator<LoadedModel> byIdleness = leaving.thenComparing(entry -> entry.users > 0);
        return models.values().stream().min(byIdleness.thenComparing(order)
                .thenComparing(entry -> entry.stored.weightsDigest())).orElseThrow();
    }

    private Lease lease(LoadedModel entry, LoadRequest request) {
        entry.users++;
        entry.lastUse = ++leases;
        request.keepAlive().ifPresent(duration -> entry.keepAlive = duration);
        entry.expiresAt = null;
        if (entry.expiry != null) {
            entry.expiry.cancel(false);
            entry.expiry = null;
        }
        return new Lease(entry);
    }

    private void release(LoadedModel entry) {
        lock.lock();
        try {
            entry.users--;
            if (entry.users > 0) {
                return;
            }
            if (entry.retiring || entry.keepAlive.isZero()) {
                entry.retiring = true;
                close(entry);
                return;
            }
            entry.expiresAt = Instant.now().plus(entry.keepAlive);
            // Forever has no timer; a lease cancels this one.
            if (entry.keepAlive.compareTo(GoDuration.FOREVER) < 0 && !clock.isShutdown()) {
                Instant due = entry.expiresAt;
                entry.expiry = clock.schedule(() -> expire(entry, due), entry.keepAlive.toNanos(),
                        TimeUnit.NANOSECONDS);
            }
        } finally {
            lock.unlock();
        }
    }

    private void expire(LoadedModel entry, Instant due) {
        lock.lock();
        try {
            // It may have been leased, and even given back, between the timer and the lock.
            if (entry.expiresAt == due) {
                retire(entry);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Lets nobody else in; the model goes when its last user has left. */
    private void retire(LoadedModel entry) {
        if (entry.retiring) {
            return;
        }
        entry.retiring = true;
        if (entry.expiry != null) {
            entry.expiry.cancel(false);
        }
        if (entry.users == 0) {
            close(entry);
        }
    }

    private void close(LoadedModel entry) {
        closer.execute(() -> {
            try {
                entry.model.close();
                LOGGER.info("unloaded {}", entry.stored.name());
            } catch (RuntimeException e) {
                LOGGER.warn("unloading {} failed", entry.stored.name(), e);
            }
            lock.lock();
            try {
                models.remove(entry.stored.weightsDigest(), entry);
                modelGone.signalAll();
            } finally {
                lock.unlock();
            }
        });
    }

    /** Unloads a model as soon as nobody uses it any more; does nothing if it is not there. Returns at once. */
    public void unload(StoredModel model) {
        lock.lock();
        try {
            LoadedModel entry = models.get(model.weightsDigest());
            if (entry != null) {
                entry.keepAlive = Duration.ZERO;
                if (entry.users == 0) {
                    retire(entry);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether a request for a model that is not there would be taken: neither is the server closing nor the queue full. */
    public boolean acceptsLoads() {
        lock.lock();
        try {
            return !closing && !draining && loader.getQueue().remainingCapacity() > 0;
        } finally {
            lock.unlock();
        }
    }

    /** Loads no more models, and says so to whoever asks {@link #acceptsLoads}; those that are there go on. */
    public void drain() {
        lock.lock();
        try {
            draining = true;
            modelGone.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** How many requests use a model at the moment. */
    public int users() {
        lock.lock();
        try {
            return models.values().stream().mapToInt(entry -> entry.users).sum();
        } finally {
            lock.unlock();
        }
    }

    /** How many requests wait for a model to load. */
    public int waiting() {
        return loader.getQueue().size();
    }

    /** Whether {@link #drain} or {@link #close} was called. */
    public boolean isClosing() {
        lock.lock();
        try {
            return closing || draining;
        } finally {
            lock.unlock();
        }
    }

    /** The models in memory, the one that stays longest first. */
    public List<Status> list() {
        lock.lock();
        try {
            List<Status> list = new ArrayList<>();
            for (LoadedModel entry : models.values()) {
                if (entry.retiring && entry.users == 0) {
                    continue;
                }
                Instant expiresAt = entry.expiresAt == null ? Instant.now().plus(entry.keepAlive) : entry.expiresAt;
                list.add(new Status(entry.stored, entry.model.memoryBytes(), entry.model.contextLength(),
                        entry.model.threads(),
                        entry.model.placement(), entry.model.report(), entry.memory, expiresAt));
            }
            list.sort(Comparator.comparing(Status::expiresAt).reversed());
            return list;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the leases to be given back and frees all models. Requests that wait for a load fail. */
    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            modelGone.signalAll();
        } finally {
            lock.unlock();
        }
        // Those in the queue run into the flag, so that each request gets its answer.
        loader.shutdown();
        clock.shutdownNow();
        lock.lock();
        try {
            List.copyOf(models.values()).forEach(this::retire);
            while (!models.isEmpty()) {
                modelGone.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
        closer.shutdown();
    }
}
