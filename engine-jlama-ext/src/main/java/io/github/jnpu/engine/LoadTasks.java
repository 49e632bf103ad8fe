package io.github.jnpu.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Parts of loading that run beside each other; none outlives {@link #close}. For one thread. */
final class LoadTasks implements AutoCloseable {
    private final List<FutureTask<?>> tasks = new ArrayList<>();

    <T> FutureTask<T> start(String name, Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        tasks.add(task);
        Thread.ofPlatform().daemon().name("jnpu-load-" + name).start(task);
        return task;
    }

    /** Waits for a task's result; what it threw comes out as it was. */
    static <T> T join(FutureTask<T> task) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    // It takes a fraction of a second, and it reads a file that must not be closed under it.
                    interrupted = true;
                } catch (ExecutionException e) {
                    switch (e.getCause()) {
                        case RuntimeException cause -> throw cause;
                        case Error cause -> throw cause;
                        default -> throw new IllegalStateException(e.getCause());
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Waits for all tasks; failures that nobody asked for are of no interest then. */
    @Override
    public void close() {
        for (FutureTask<?> task : tasks) {
            try {
                join(task);
            } catch (RuntimeException | Error _) {
                // The caller has the first failure.
            }
        }
    }
}
