package io.github.jnpu.probe.source;

import io.github.jnpu.probe.SystemInfo;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The Linux that this process runs on. Thread-safe. */
public final class LocalLinuxSource implements SystemSource {
    private final UnreadLog unread = new UnreadLog();
    private final BoundedFiles files = new BoundedFiles(unread);

    @Override
    public SystemInfo.Family family() {
        return SystemInfo.Family.LINUX;
    }

    @Override
    public Optional<String> text(String path, int maxBytes) {
        Optional<Path> file = path(path);
        return file.isPresent() ? files.text(path, file.get(), maxBytes) : Optional.empty();
    }

    @Override
    public List<String> names(String folder) {
        return path(folder).map(file -> files.names(folder, file)).orElse(List.of());
    }

    @Override
    public Optional<String> link(String path) {
        return path(path).flatMap(file -> files.link(path, file));
    }

    @Override
    public Optional<Node> node(String path) {
        return path(path).flatMap(file -> files.node(path, file));
    }

    @Override
    public Optional<Boolean> accessible(String path) {
        return path(path).map(file -> Files.isReadable(file) && Files.isWritable(file));
    }

    @Override
    public Map<String, String> environment() {
        Map<String, String> environment = new TreeMap<>(System.getenv());
        environment.keySet().retainAll(EnvironmentNames.ALL);
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
