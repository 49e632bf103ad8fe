package io.github.jnpu.engine.backend.cpu;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@Timeout(60)
class WorkerPoolTest {
    private static final String NAME = "pool-test";

    private WorkerPool pool;

    @AfterEach
    void close() {
        pool.close();
    }

    /** Far more workers than cores too: a barrier must not need all of them to run at once. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 16})
    void nobodyPassesABarrierBeforeAllHaveCome(int workers) {
        pool = new WorkerPool(NAME, workers);
        int steps = 60;
        AtomicIntegerArray came = new AtomicIntegerArray(steps);
        AtomicInteger early = new AtomicInteger();
        for (int job = 0; job < 3; job++) {
            int expectedBefore = job;
            AtomicInteger width = new AtomicInteger();
            int[] before = new int[steps];
            for (int step = 0; step < steps; step++) {
                before[step] = came.get(step);
            }
            pool.run((worker, participants) -> {
                width.set(participants);
                for (int step = 0; step < steps; step++) {
                    if (worker == step % participants && step % 50 == 0) {
                        // Longer than the others spin, so that they sleep.
                        LockSupport.parkNanos(2_000_000);
                    }
                    came.incrementAndGet(step);
                    pool.barrier(worker);
                    if (came.get(step) != before[step] + participants) {
                        early.incrementAndGet();
                    }
                }
            });
            assertThat(came.get(steps - 1)).as("job %d", expectedBefore).isEqualTo(before[steps - 1] + width.get());
        }
        assertThat(early).hasValue(0);
    }

    @Test
    void workersThatHaveGoneToSleepComeBackForTheNextJob() throws InterruptedException {
        pool = new WorkerPool(NAME, 3);
        for (int job = 0; job < 3; job++) {
            AtomicInteger ran = new AtomicInteger();
            pool.run((_, _) -> ran.incrementAndGet());
            assertThat(ran).hasValue(3);
            awaitSleep();
        }
    }

    @Test
    void takesNoProcessorTimeBetweenJobs() throws InterruptedException {
        pool = new WorkerPool(NAME, 3);
        pool.run((_, _) -> {});
        awaitSleep();
        ThreadMXBean bean = ManagementFactory.getThreadMXBean();
        List<Thread> workers = workers();
        assertThat(workers).hasSize(2);
        long[] before = workers.stream().mapToLong(worker -> bean.getThreadCpuTime(worker.threadId())).toArray();
        Thread.sleep(300);
        long[] after = workers.stream().mapToLong(worker -> bean.getThreadCpuTime(worker.threadId())).toArray();
        for (int i = 0; i < after.length; i++) {
            // A thread counts as waiting a moment before it stops.
            assertThat(after[i] - before[i]).isLessThan(2_000_000);
        }
    }

    @Test
    void aWorkersExceptionReachesTheCallerAndThePoolGoesOn() {
        pool = new WorkerPool(NAME, 2);
        assertThatThrownBy(() -> pool.run((worker, _) -> {
            if (worker == 1) {
                throw new IllegalStateException("broken");
            }
        })).isInstanceOf(IllegalStateException.class).hasMessage("broken");
        AtomicInteger ran = new AtomicInteger();
        pool.run((_, _) -> ran.incrementAndGet());
        assertThat(ran).hasValue(2);
    }

    @Test
    void closingEndsTheThreads() throws InterruptedException {
        // A name of its own: threads of another test's pool may still be on their way out.
        pool = new WorkerPool("closing-" + NAME, 3);
        List<Thread> workers = workers("closing-" + NAME);
        assertThat(workers).hasSize(2);
        pool.close();
        for (Thread worker : workers) {
            assertThat(worker.join(java.time.Duration.ofSeconds(30))).isTrue();
        }
    }

    private static List<Thread> workers() {
        return workers(NAME);
    }

    private static List<Thread> workers(String name) {
        Thread[] threads = new Thread[10 * Thread.activeCount() + 100];
        int count = Thread.currentThread().getThreadGroup().enumerate(threads);
        return java.util.Arrays.stream(threads, 0, count).filter(thread -> thread.getName().startsWith(name)).toList();
    }

    private static void awaitSleep() throws InterruptedException {
        for (Thread worker : workers()) {
            while (worker.getState() != Thread.State.WAITING) {
                Thread.sleep(5);
            }
        }
    }
}
