package io.github.jnpu.probe.source;

import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.SystemInfo;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The Windows that this process runs on. Without native access (or on another system) only files and the environment answer.
 * Thread-safe.
 */
public final class LocalWindowsSource implements SystemSource {
    private final UnreadLog unread = new UnreadLog();
    private final BoundedFiles files = new BoundedFiles(unread);
    private final Optional<WindowsRegistry> registry;

    public LocalWindowsSource() {
        registry = WindowsCalls.load().map(calls -> new WindowsRegistry(calls, unread));
        if (registry.isEmpty()) {
            unread.add("registry", "no native access; start Java with --enable-native-access=ALL-UNNAMED");
        }
    }

    @Override
    public SystemInfo.Family family() {
        return SystemInfo.Family.WINDOWS;
    }

    @Override
    public Optional<String> text(String path, int maxBytes) {
        return path(path).flatMap(file -> files.text(path, file, maxBytes));
    }

    @Override
    public List<String> names(String folder) {
        return path(folder).map(file -> files.names(folder, file)).orElse(List.of());
    }

    @Override
    public Optional<String> link(String path) {
        return Optional.empty();
    }

    @Override
    public Optional<Node> node(String path) {
        return path(path).flatMap(file -> files.node(path, file));
    }

    @Override
    public Optional<String> registryValue(String key, String name) {
        return registry.flatMap(calls -> calls.value(key, name));
    }

    @Override
    public List<String> registryKeys(String key) {
        return registry.map(calls -> calls.keys(key)).orElse(List.of());
    }

    @Override
    public OptionalInt deviceProblem(String instance) {
        return registry.map(calls -> calls.problem(instance)).orElse(OptionalInt.empty());
    }

    @Override
    public Optional<ProcessorTopology> topology() {
        return registry.flatMap(WindowsRegistry::topology);
    }

    @Override
    public Optional<Memory> memory() {
        return JvmMemory.read();
    }

    @Override
    public Optional<String> fileVersion(String path) {
        try {
            Optional<Path> file = path(path);
            return file.isEmpty() ? Optional.empty() : PortableExecutable.version(file.get());
        } catch (IOException e) {
            unread.add(path, e.getMessage());
            return Optional.empty();
        }
    }

    @Override
    public Map<String, String> environment() {
        Map<String, String> environment = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        environment.putAll(System.getenv());
        TreeSet<String> useful = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        useful.addAll(EnvironmentNames.ALL);
        environment.keySet().retainAll(useful);
        return environment;
    }

    @Override
    public List<String> unread() {
        return unread.entries();
    }

    private Optional<Path> path(String path) {
        try {
            return Optional.of(Path.of(path));
        } catch (InvalidPathException e) {
            unread.add(path, "is no name of a file");
            return Optional.empty();
        }
    }
}
