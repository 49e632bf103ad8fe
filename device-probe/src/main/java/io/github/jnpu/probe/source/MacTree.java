package io.github.jnpu.probe.source;

import io.github.jnpu.probe.SystemInfo;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What was captured of a Mac, in one folder: {@code sysctl.txt}, the output of {@code sysctl -a}, and files as {@link CapturedTree} has
 * them. Thread-safe.
 */
public final class MacTree implements SystemSource {
    /** Some 1,500 lines on macOS 15, 60 KB. */
    private static final int MAX_SYSCTL = 1 << 20;

    private final CapturedTree files;
    private Map<String, String> values;

    public MacTree(Path root) {
        this.files = new CapturedTree(root, SystemInfo.Family.MACOS);
    }

    @Override
    public SystemInfo.Family family() {
        return SystemInfo.Family.MACOS;
    }

    @Override
    public Optional<String> text(String path, int maxBytes) {
        return files.text(path, maxBytes);
    }

    @Override
    public List<String> names(String folder) {
        return files.names(folder);
    }

    @Override
    public Optional<String> link(String path) {
        return files.link(path);
    }

    @Override
    public Optional<Node> node(String path) {
        return files.node(path);
    }

    @Override
    public synchronized Optional<String> sysctl(String name) {
        if (values == null) {
            values = new HashMap<>();
            // A value may hold line breaks; then its further lines are no "name: value" that anyone asks for.
            files.text("/sysctl.txt", MAX_SYSCTL).ifPresent(text -> text.lines().forEach(line -> {
                int colon = line.indexOf(':');
                if (colon > 0) {
                    values.putIfAbsent(line.substring(0, colon), line.substring(colon + 1).strip());
                }
            }));
        }
        return Optional.ofNullable(values.get(name));
    }

    @Override
    public Map<String, String> environment() {
        return files.environment();
    }

    @Override
    public List<String> unread() {
        return files.unread();
    }
}
