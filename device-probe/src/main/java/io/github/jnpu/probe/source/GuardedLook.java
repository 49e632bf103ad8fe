package io.github.jnpu.probe.source;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * Keeps a look at a machine to a time limit. A read from a dead network drive or a pipe can last for ever, and no Java call can end it:
 * looking happens on a daemon thread, and when a read does not come back, that thread is left to itself, and another looks anew, with
 * the answers so far and without that read.
 */
public final class GuardedLook {
    /** What one read may take; a sleeping device may need a tenth of that to wake. */
    private static final Duration READ_LIMIT = Duration.ofMillis(400);
    /** After that nothing more is read; with what then still hangs a look stays under two seconds. */
    private static final Duration TOTAL_LIMIT = Duration.ofMillis(1200);
    private static final long POLL_MILLIS = 20;

    private GuardedLook() {}

    /**
     * Looks.
     *
     * @param source
     *            thread-safe
     * @param look
     *            asks the source it is given; may be called more than once, on other threads, and must not block but in it
     */
    public static <T> T at(SystemSource source, Function<SystemSource, T> look) {
        return at(source, look, READ_LIMIT, TOTAL_LIMIT);
    }

    static <T> T at(SystemSource source, Function<SystemSource, T> look, Duration readLimit, Duration totalLimit) {
        WatchedSource watched = new WatchedSource(source, System.nanoTime() + totalLimit.toNanos());
        while (true) {
            CompletableFuture<T> result = start(watched, look);
            if (await(result, watched, readLimit)) {
                return result.join();
            }
            watched = watched.again();
        }
    }

    private static <T> CompletableFuture<T> start(WatchedSource source, Function<SystemSource, T> look) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("jnpu-probe").start(() -> {
            try {
                result.complete(look.apply(source));
            } catch (WatchedSource.AbandonedException e) {
                result.cancel(false);
            } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    /** Whether the look came to its end; false if one of its reads took too long. */
    private static boolean await(CompletableFuture<?> result, WatchedSource watched, Duration readLimit) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    result.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
                    return true;
                } catch (TimeoutException e) {
                    WatchedSource.Question question = watched.current();
                    if (question != null && System.nanoTime() - question.sinceNanos() > readLimit.toNanos()) {
                        return false;
                    }
                } catch (ExecutionException e) {
                    // Whoever joins gets it.
                    return true;
                } catch (InterruptedException e) {
                    // It lasts two seconds at most, and half a report is of no use.
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
