package io.github.jnpu.samples.demo.train;

import java.util.concurrent.ForkJoinPool;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** A fixed number of threads that share independent tasks. For one caller at a time. */
public final class Workers implements AutoCloseable {
    private final int threads;
    private final ForkJoinPool pool;

    public Workers(int threads) {
        this.threads = threads;
        this.pool = threads == 1 ? null : new ForkJoinPool(threads);
    }

    int threads() {
        return threads;
    }

    /** Runs {@code task} for 0 to {@code count - 1} and waits; tasks must not depend on their order. */
    void forEach(int count, IntConsumer task) {
        if (pool == null || count == 1) {
            for (int i = 0; i < count; i++) {
                task.accept(i);
            }
        } else {
            // A parallel stream that starts inside a pool stays inside it.
            pool.submit(() -> IntStream.range(0, count).parallel().forEach(task)).join();
        }
    }

    @Override
    public void close() {
        if (pool != null) {
            pool.close();
        }
    }
}
