package io.github.jnpu.probe.source;

import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.SystemInfo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Remembers what was read of a Mac, to be written as a {@link MacTree}. Thread-safe. */
final class MacRecording implements Recording {
    private final SystemSource source;
    private final RecordingSource files;
    private final Map<String, String> values = new TreeMap<>();

    MacRecording(SystemSource source) {
        this.source = source;
        this.files = new RecordingSource(source);
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
        Optional<String> value = source.sysctl(name);
        value.filter(text -> text.indexOf('\n') < 0).ifPresent(text -> values.put(name, text));
        return value;
    }

    @Override
    public Optional<Memory> memory() {
        return source.memory();
    }

    @Override
    public Map<String, String> environment() {
        return source.environment();
    }

    @Override
    public List<String> unread() {
        return source.unread();
    }

    @Override
    public synchronized void writeTo(Path root) throws IOException {
        files.writeTo(root);
        StringBuilder lines = new StringBuilder();
        values.forEach((name, value) -> lines.append(name).append(": ").append(value).append('\n'));
        Files.writeString(root.resolve("sysctl.txt"), lines);
    }
}
