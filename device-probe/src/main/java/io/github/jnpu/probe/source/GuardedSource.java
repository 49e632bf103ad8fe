package io.github.jnpu.probe.source;

import io.github.jnpu.probe.SystemInfo;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Keeps another source to a time limit: a read from a dead network drive or a pipe can last for ever, and no Java call can end it. Reads
 * happen on a daemon thread; one that does not come back in time is left to itself and counts as unread. Thread-safe, one read at a time.
 */
public final class GuardedSource implements SystemSource {
    /** What one read may take; a sleeping device may need a tenth of that to wake. */
    static final Duration READ_LIMIT = Duration.ofMillis(500);
    /** What all reads together may take; with it a whole report stays under two seconds. */
    static final Duration TOTAL_LIMIT = Duration.ofMillis(1500);

    private final SystemSource source;
    private final UnreadLog unread = new UnreadLog();
    private final long readNanos;
    private final long deadline;
    private ThreadPoolExecutor reader = reader();

    /** The time begins to run now. */
    public GuardedSource(SystemSource source) {
        this(source, READ_LIMIT, TOTAL_LIMIT);
    }

    GuardedSource(SystemSource source, Duration readLimit, Duration totalLimit) {
        this.source = source;
        this.readNanos = readLimit.toNanos();
        this.deadline = System.nanoTime() + totalLimit.toNanos();
    }

    @Override
    public SystemInfo.Family family() {
        return source.family();
    }

    @Override
    public Optional<String> text(String path, int maxBytes) {
        return ask(path, () -> source.text(path, maxBytes), Optional.empty());
    }

    @Override
    public List<String> names(String folder) {
        return ask(folder, () -> source.names(folder), List.of());
    }

    @Override
    public Optional<String> link(String path) {
        return ask(path, () -> source.link(path), Optional.empty());
    }

    @Override
    public Optional<Node> node(String path) {
        return ask(path, () -> source.node(path), Optional.empty());
    }

    @Override
    public Optional<Boolean> accessible(String path) {
        return ask(path, () -> source.accessible(path), Optional.empty());
    }

    @Override
    public Optional<String> registryValue(String key, String name) {
        return ask(key, () -> source.registryValue(key, name), Optional.empty());
    }

    @Override
    public List<String> registryKeys(String key) {
        return ask(key, () -> source.registryKeys(key), List.of());
    }

    @Override
    public Optional<String> sysctl(String name) {
        return ask(name, () -> source.sysctl(name), Optional.empty());
    }

    @Override
    public Map<String, String> environment() {
        return ask("environment", source::environment, Map.of());
    }

    @Override
    public List<String> unread() {
        List<String> own = unread.entries();
        if (own.isEmpty()) {
            return source.unread();
        }
        return Stream.concat(own.stream(), source.unread().stream()).sorted().distinct().toList();
    }

    private synchronized <T> T ask(String what, Callable<T> read, T otherwise) {
        long left = Math.min(readNanos, deadline - System.nanoTime());
        if (left <= 0) {
            unread.add("everything else", "the time for looking was over");
            return otherwise;
        }
        Future<T> answer = reader.submit(read);
        try {
            return answer.get(left, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            unread.add(what, "did not answer in time");
            // Its thread may never come back; the next read gets another.
            reader.shutdownNow();
            reader = reader();
        } catch (ExecutionException e) {
            unread.add(what, "could not be read: " + e.getCause());
        } catch (InterruptedException e) {
            unread.add(what, "was interrupted");
            answer.cancel(true);
            Thread.currentThread().interrupt();
        }
        return otherwise;
    }

    private static ThreadPoolExecutor reader() {
        ThreadPoolExecutor reader = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("jnpu-probe").factory());
        reader.allowCoreThreadTimeOut(true);
        return reader;
    }
}
