package io.github.jnpu.probe.source;

import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.SystemInfo;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Remembers the answers of another source, shows what it is being asked right now, and asks no more for what was stuck or when time is
 * up. One thread asks, others may look on; what {@link #again()} returns goes on with the same memory.
 */
final class WatchedSource implements SystemSource {
    /** A question that has no answer yet. */
    record Question(String what, long sinceNanos) {}

    private final SystemSource source;
    private final long deadline;
    private final UnreadLog unread;
    private final Map<String, Object> answers;
    private final Set<String> stuck;
    private volatile Question current;
    private volatile boolean abandoned;

    WatchedSource(SystemSource source, long deadline) {
        this(source, deadline, new UnreadLog(), new ConcurrentHashMap<>(), ConcurrentHashMap.newKeySet());
    }

    private WatchedSource(SystemSource source, long deadline, UnreadLog unread, Map<String, Object> answers,
            Set<String> stuck) {
        this.source = source;
        this.deadline = deadline;
        this.unread = unread;
        this.answers = answers;
        this.stuck = stuck;
    }

    /** What is being read; null if nothing. */
    Question current() {
        return current;
    }

    /** Gives the current question up; whoever asks it is stopped if it ever returns. */
    WatchedSource again() {
        abandoned = true;
        Question question = current;
        if (question != null && stuck.add(question.what())) {
            unread.add(question.what(), "did not answer in time");
        }
        return new WatchedSource(source, deadline, unread, answers, stuck);
    }

    @Override
    public SystemInfo.Family family() {
        return source.family();
    }

    @Override
    public Optional<String> text(String path, int maxBytes) {
        return ask("text " + maxBytes, path, () -> source.text(path, maxBytes), Optional.empty());
    }

    @Override
    public List<String> names(String folder) {
        return ask("names", folder, () -> source.names(folder), List.of());
    }

    @Override
    public Optional<String> link(String path) {
        return ask("link", path, () -> source.link(path), Optional.empty());
    }

    @Override
    public Optional<Node> node(String path) {
        return ask("node", path, () -> source.node(path), Optional.empty());
    }

    @Override
    public Optional<Boolean> accessible(String path) {
        return ask("accessible", path, () -> source.accessible(path), Optional.empty());
    }

    @Override
    public Optional<String> registryValue(String key, String name) {
        return ask("value " + name, key, () -> source.registryValue(key, name), Optional.empty());
    }

    @Override
    public List<String> registryKeys(String key) {
        return ask("keys", key, () -> source.registryKeys(key), List.of());
    }

    @Override
    public OptionalInt deviceProblem(String instance) {
        return ask("problem", instance, () -> source.deviceProblem(instance), OptionalInt.empty());
    }

    @Override
    public Optional<ProcessorTopology> topology() {
        return ask("topology", "processors", source::topology, Optional.empty());
    }

    @Override
    public Optional<Memory> memory() {
        return ask("memory", "memory", source::memory, Optional.empty());
    }

    @Override
    public Optional<String> fileVersion(String path) {
        return ask("version", path, () -> source.fileVersion(path), Optional.empty());
    }

    @Override
    public Optional<String> sysctl(String name) {
        return ask("sysctl", name, () -> source.sysctl(name), Optional.empty());
    }

    @Override
    public Map<String, String> environment() {
        return ask("environment", "environment", source::environment, Map.of());
    }

    @Override
    public List<String> unread() {
        return Stream.concat(unread.entries().stream(), source.unread().stream()).sorted().distinct().toList();
    }

    @SuppressWarnings("unchecked")
    private <T> T ask(String how, String what, Supplier<T> read, T otherwise) {
        if (abandoned) {
            throw new AbandonedException();
        }
        String key = how + " " + what;
        Object known = answers.get(key);
        if (known != null) {
            // Of this question, and so of its type.
            return (T) known;
        }
        if (stuck.contains(what)) {
            return otherwise;
        }
        long now = System.nanoTime();
        if (now - deadline >= 0) {
            unread.add("everything else", "the time for looking was over");
            return otherwise;
        }
        current = new Question(what, now);
        T answer;
        try {
            answer = read.get();
        } catch (RuntimeException e) {
            unread.add(what, "could not be read: " + e);
            answer = otherwise;
        }
        current = null;
        if (abandoned) {
            throw new AbandonedException();
        }
        answers.put(key, answer);
        return answer;
    }

    /** Ends a thread that nobody waits for any more. */
    static final class AbandonedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        AbandonedException() {
            super("Nobody waits for this look any more", null, false, false);
        }
    }
}
