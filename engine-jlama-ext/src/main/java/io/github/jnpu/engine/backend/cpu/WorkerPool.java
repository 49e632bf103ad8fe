package io.github.jnpu.engine.backend.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed set of threads that run the same work together, with a barrier to keep them in step. One token of decode has
 * hundreds of barriers, so a thread spins before it sleeps; between jobs it gives its core up.
 *
 * <p>One caller at a time: the caller of {@link #run} is worker 0.
 */
final class WorkerPool implements AutoCloseable {

    /** What all workers do, each a share of its own. */
    @FunctionalInterface
    interface Work {
        /**
         * @param worker
         *            which share, from 0
         */
        void run(int worker);
    }

    // Chosen, not measured: longer than the wait for an even share of a small operation, short enough
    // not to take a core from another process for long.
    private static final int SPINS = 2_000;
    private static final long BARRIER_NAP_NANOS = 20_000;
    // Chosen, not measured: between two tokens the caller samples, and the workers should still be awake then.
    private static final int IDLE_SPINS = 20_000;

    private final int workers;
    private final Thread[] threads;
    private final AtomicInteger arrived = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile int phase;
    private volatile int job;
    private volatile Work work;
    private volatile boolean closed;

    WorkerPool(String name, int workers) {
        this.workers = workers;
        this.threads = new Thread[workers - 1];
        for (int i = 0; i < threads.length; i++) {
            int worker = i + 1;
            threads[i] = Thread.ofPlatform().daemon().name(name + "-" + worker).start(() -> serve(worker));
        }
    }

    int workers() {
        return workers;
    }

    /**
     * Runs the work on all workers and returns when all are done. The first exception that a worker threw comes out of it.
     */
    void run(Work newWork) {
        failure.set(null);
        work = newWork;
        job = job + 1;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
        perform(newWork, 0);
        Throwable thrown = failure.get();
        switch (thrown) {
            case null -> {
            }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(thrown);
        }
    }

    /** Whether some worker failed, so that the result is lost and the others may skip what is left up to the barriers. */
    boolean failed() {
        return failure.get() != null;
    }

    /** Remembers an exception for the caller of {@link #run}; the worker goes on to its barriers. */
    void fail(Throwable thrown) {
        failure.compareAndSet(null, thrown);
    }

    /** Waits until all workers have come here. All must come equally often, failed ones too. */
    void barrier() {
        int current = phase;
        if (arrived.incrementAndGet() == workers) {
            arrived.set(0);
            phase = current + 1;
            return;
        }
        int spins = 0;
        while (phase == current) {
            if (spins++ < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(BARRIER_NAP_NANOS);
            }
        }
    }

    private void perform(Work current, int worker) {
        try {
            current.run(worker);
        } catch (Throwable thrown) {
            fail(thrown);
        }
        barrier();
    }

    private void serve(int worker) {
        int done = 0;
        while (true) {
            int spins = 0;
            while (job == done && !closed) {
                if (spins++ < IDLE_SPINS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                }
            }
            if (closed) {
                return;
            }
            done = job;
            perform(work, worker);
        }
    }

    /** Ends the threads; no work may be running. */
    @Override
    public void close() {
        closed = true;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
    }
}
