package io.github.jnpu.engine.backend.cpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed set of threads that run the same work together, with a barrier to keep them in step. One token of decode has
 * hundreds of barriers, so a thread spins before it sleeps; between jobs it gives its core up.
 *
 * <p>One caller at a time: the caller of {@link #run} is worker 0. Where other processes want the cores, a job gets fewer
 * workers than there are: see {@link AdaptiveWidth}.
 */
final class WorkerPool implements AutoCloseable {

    /** What all workers do, each a share of its own. */
    @FunctionalInterface
    interface Work {
        /**
         * @param worker
         *            which share, from 0
         * @param workers
         *            how many shares there are this time
         */
        void run(int worker, int workers);
    }

    /**
     * Longer than the shares of a decode step differ, shorter than a scheduler's slice (some 3 ms). Who sleeps sooner loses: beside
     * processes of idle priority, which take a core as soon as it is free, decode fell from 9 to 5 tokens a second with 0.03 to 0.3 ms.
     * Yielding before sleeping made waits beside a busy loop ten times longer.
     */
    private static final long SPIN_NANOS = 1_000_000;
    /** Between two tokens the caller samples, and the workers should still be awake then. */
    private static final long IDLE_SPIN_NANOS = 1_000_000;
    /** Reading the clock takes as long as a look or two at the barrier. */
    private static final int SPINS_PER_CLOCK = 16;
    /** Nobody is that late for having more to do in decode. */
    private static final long SUSPICIOUS_NANOS = 500_000;

    // Words that several threads write, each alone in two cache lines (processors fetch them in pairs).
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int SPACING = 128 / Long.BYTES;
    private static final int ARRIVED = SPACING;
    /** Counts barriers. */
    private static final int PHASE = 2 * SPACING;
    /** Counts jobs; the lowest {@link #WIDTH_BITS} bits say how many workers this one has. */
    private static final int JOB = 3 * SPACING;
    /** How many workers sleep at the barrier. */
    private static final int SLEEPERS = 4 * SPACING;
    /** For each worker the word whose change it sleeps for, or 0. */
    private static final int SLEEPING = 5 * SPACING;
    private static final int WIDTH_BITS = 16;

    private final int workers;
    private final Thread[] threads;
    private final long[] words;
    /** For how long each worker slept at barriers while others were not there yet; each written by its worker. */
    private final long[] slept;
    private final long[] sleptBefore;
    private final long[] processorTimeBefore;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AdaptiveWidth adaptiveWidth;
    // Written before JOB is released and read after it is acquired.
    private Work work;
    private int width;
    /** When the last barrier that somebody slept at was complete; written before PHASE is released. */
    private long completedAt;
    /** Set by a worker that slept long at a barrier, taken back by the caller. */
    private volatile boolean suspicious;
    private volatile boolean closed;

    WorkerPool(String name, int workers) {
        if (workers < 1 || workers >= 1 << WIDTH_BITS) {
            throw new IllegalArgumentException("a pool has 1 to 65535 workers, not " + workers);
        }
        this.workers = workers;
        this.words = new long[SLEEPING + (workers + 1) * SPACING];
        this.slept = new long[(workers + 1) * SPACING];
        this.sleptBefore = new long[workers];
        this.processorTimeBefore = new long[workers];
        this.adaptiveWidth = new AdaptiveWidth(workers);
        this.threads = new Thread[workers];
        for (int i = 1; i < workers; i++) {
            int worker = i;
            threads[i] = Thread.ofPlatform().daemon().name(name + "-" + worker).unstarted(() -> serve(worker));
        }
        for (int i = 1; i < workers; i++) {
            threads[i].start();
        }
    }

    /** How many workers a job has at most. */
    int workers() {
        return workers;
    }

    /**
     * Runs the work on all workers and returns when all are done. The first exception that a worker threw comes out of it.
     */
    void run(Work newWork) {
        failure.set(null);
        threads[0] = Thread.currentThread();
        long start = workers > 1 ? System.nanoTime() : 0;
        work = newWork;
        width = adaptiveWidth.width(start);
        boolean watched = width > 1 && adaptiveWidth.isWatching();
        if (watched) {
            rememberTimes();
        }
        if (width > 1) {
            WORD.setVolatile(words, JOB, ((long) WORD.get(words, JOB) >>> WIDTH_BITS) + 1 << WIDTH_BITS | width);
            for (int worker = 1; worker < width; worker++) {
                wake(worker, JOB);
            }
        }
        perform(newWork, 0);
        if (watched) {
            observe(start);
        } else if (suspicious) {
            suspicious = false;
            adaptiveWidth.suspect(System.nanoTime());
        }
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

    /** Waits until all workers of this job have come here. All must come equally often, failed ones too. */
    void barrier(int worker) {
        int parties = width;
        if (parties == 1) {
            return;
        }
        long phase = (long) WORD.getOpaque(words, PHASE);
        if ((long) WORD.getAndAdd(words, ARRIVED, 1L) < parties - 1) {
            await(worker, PHASE, phase, SPIN_NANOS);
            return;
        }
        WORD.setOpaque(words, ARRIVED, 0L);
        boolean anybodySleeps = (long) WORD.getAcquire(words, SLEEPERS) != 0;
        if (anybodySleeps) {
            completedAt = System.nanoTime();
        }
        WORD.setVolatile(words, PHASE, phase + 1);
        // Asked again: whoever counted itself after the first look has seen the old phase and sleeps.
        if ((long) WORD.getVolatile(words, SLEEPERS) != 0) {
            for (int other = 0; other < parties; other++) {
                wake(other, PHASE);
            }
        }
    }

    private void perform(Work current, int worker) {
        try {
            current.run(worker, width);
        } catch (Throwable thrown) {
            fail(thrown);
        }
        barrier(worker);
    }

    private void serve(int worker) {
        long job = 0;
        while (true) {
            job = await(worker, JOB, job, IDLE_SPIN_NANOS);
            if (closed) {
                return;
            }
            if (worker < (job & (1 << WIDTH_BITS) - 1)) {
                perform(work, worker);
            }
        }
    }

    /** Waits until a word has another value than the old one, and gives it. */
    private long await(int worker, int word, long old, long spinNanos) {
        long start = 0;
        long now = 0;
        while (true) {
            for (int i = 0; i < SPINS_PER_CLOCK; i++) {
                long value = (long) WORD.getAcquire(words, word);
                if (value != old) {
                    if (word == PHASE && now - start > SUSPICIOUS_NANOS) {
                        suspicious = true;
                    }
                    return value;
                }
                Thread.onSpinWait();
            }
            now = System.nanoTime();
            if (start == 0) {
                start = now;
            } else if (now - start > spinNanos) {
                return sleep(worker, word, old, now);
            }
        }
    }

    private long sleep(int worker, int word, long old, long now) {
        int flag = SLEEPING + worker * SPACING;
        if (word == PHASE) {
            WORD.getAndAdd(words, SLEEPERS, 1L);
        }
        long value;
        while (true) {
            // Set anew after each wake-up: a waker that comes late from the barrier before clears it, and wakes.
            WORD.setVolatile(words, flag, (long) word);
            value = (long) WORD.getVolatile(words, word);
            if (value != old || closed) {
                break;
            }
            LockSupport.park(this);
        }
        WORD.setOpaque(words, flag, 0L);
        if (word == PHASE) {
            WORD.getAndAdd(words, SLEEPERS, -1L);
            // What passed since the barrier was complete is time that somebody else had the core.
            slept[(worker + 1) * SPACING] += Math.max(0, completedAt - now);
            suspicious = true;
        }
        return value;
    }

    /** Wakes a worker if it sleeps for this word: a worker that is merely late costs nothing. */
    private void wake(int worker, int word) {
        int flag = SLEEPING + worker * SPACING;
        if ((long) WORD.getVolatile(words, flag) == word
                && (boolean) WORD.compareAndSet(words, flag, (long) word, 0L)) {
            LockSupport.unpark(threads[worker]);
        }
    }

    /** Loaded when it is needed first, and on most machines that is never. */
    private static final class ProcessorTime {
        private static final ThreadMXBean BEAN = ManagementFactory.getThreadMXBean();
        private static final boolean KNOWN = BEAN.isThreadCpuTimeSupported() && BEAN.isThreadCpuTimeEnabled();

        static long of(Thread thread) {
            return BEAN.getThreadCpuTime(thread.threadId());
        }
    }

    private void rememberTimes() {
        if (ProcessorTime.KNOWN) {
            for (int worker = 0; worker < width; worker++) {
                sleptBefore[worker] = slept[(worker + 1) * SPACING];
                processorTimeBefore[worker] = ProcessorTime.of(threads[worker]);
            }
        }
    }

    private void observe(long start) {
        if (!ProcessorTime.KNOWN) {
            return;
        }
        long now = System.nanoTime();
        long taken = 0;
        for (int worker = 0; worker < width; worker++) {
            long ran = ProcessorTime.of(threads[worker]) - processorTimeBefore[worker];
            if (processorTimeBefore[worker] < 0) {
                // A virtual thread's time is not known.
                return;
            }
            long waited = slept[(worker + 1) * SPACING] - sleptBefore[worker];
            taken += Math.max(0, now - start - ran - waited);
        }
        adaptiveWidth.observe(now, now - start, taken);
    }

    /** Ends the threads; no work may be running. */
    @Override
    public void close() {
        closed = true;
        WORD.setVolatile(words, JOB, ((long) WORD.get(words, JOB) >>> WIDTH_BITS) + 1 << WIDTH_BITS);
        for (int worker = 1; worker < workers; worker++) {
            wake(worker, JOB);
        }
    }
}
