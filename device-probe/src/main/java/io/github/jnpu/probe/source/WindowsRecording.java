package io.github.jnpu.probe.source;

import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.SystemInfo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Remembers what was read of a Windows machine, to be written as a {@link WindowsTree}. Of folders it keeps only what was looked at: a list
 * of all programs or drivers is nobody's business. Thread-safe.
 */
final class WindowsRecording implements Recording {
    private final SystemSource source;
    /** Values by name, by key; a key that only was there has none. */
    private final Map<String, Map<String, String>> registry = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private final Map<String, Integer> problems = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private final Map<String, String> versions = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private final Map<String, List<String>> folders = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private final TreeSet<String> asked = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

    WindowsRecording(SystemSource source) {
        this.source = source;
    }

    @Override
    public SystemInfo.Family family() {
        return SystemInfo.Family.WINDOWS;
    }

    @Override
    public Optional<String> text(String path, int maxBytes) {
        // Nothing of Windows is read as text.
        return source.text(path, maxBytes);
    }

    @Override
    public synchronized List<String> names(String folder) {
        List<String> names = source.names(folder);
        asked.add(folder + "\\");
        folders.put(folder, names);
        return names;
    }

    @Override
    public Optional<String> link(String path) {
        return source.link(path);
    }

    @Override
    public synchronized Optional<Node> node(String path) {
        Optional<Node> node = source.node(path);
        asked.add(path);
        node.filter(there -> there.type() == '-').ifPresent(_ -> versions.putIfAbsent(path, ""));
        return node;
    }

    @Override
    public synchronized Optional<String> registryValue(String key, String name) {
        Optional<String> value = source.registryValue(key, name);
        value.ifPresent(data -> values(key).put(name, data));
        return value;
    }

    @Override
    public synchronized List<String> registryKeys(String key) {
        List<String> names = source.registryKeys(key);
        names.forEach(name -> values(key + "\\" + name));
        return names;
    }

    @Override
    public synchronized OptionalInt deviceProblem(String instance) {
        OptionalInt problem = source.deviceProblem(instance);
        problem.ifPresent(code -> problems.put(instance, code));
        return problem;
    }

    @Override
    public Optional<ProcessorTopology> topology() {
        return source.topology();
    }

    @Override
    public Optional<Memory> memory() {
        return source.memory();
    }

    @Override
    public synchronized Optional<String> fileVersion(String path) {
        Optional<String> version = source.fileVersion(path);
        version.ifPresent(text -> versions.put(path, text));
        return version;
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
        Files.createDirectories(root);
        try (var entries = Files.list(root)) {
            if (entries.findAny().isPresent()) {
                throw new IOException("%s is not empty".formatted(root));
            }
        }
        StringBuilder export = new StringBuilder("Windows Registry Editor Version 5.00\n");
        registry.forEach((key, values) -> {
            export.append("\n[").append(key).append("]\n");
            values.forEach((name, data) -> export.append(quote(name)).append('=').append(data(data)).append('\n'));
        });
        Files.writeString(root.resolve("registry.reg"), export);
        List<List<String>> devices = new ArrayList<>();
        problems.forEach((instance, code) -> devices.add(List.of(instance, code.toString())));
        table(root.resolve("devices.csv"), List.of("PNPDeviceID", "ConfigManagerErrorCode"), devices);
        table(root.resolve("processors.csv"), List.of("NumberOfCores", "NumberOfLogicalProcessors"),
                source.topology().stream().map(topology -> List.of(Integer.toString(topology.cores()),
                        Integer.toString(topology.threads()))).toList());
        table(root.resolve("memory.csv"), List.of("TotalVisibleMemorySize", "FreePhysicalMemory"),
                source.memory().stream().map(memory -> List.of(Long.toString(memory.totalBytes() >> 10),
                        Long.toString(memory.availableBytes() >> 10))).toList());
        table(root.resolve("files.csv"), List.of("FullName", "FileVersion"), files());
        StringBuilder environment = new StringBuilder();
        source.environment().forEach((name, value) -> {
            if (value.indexOf('\n') < 0) {
                environment.append(name).append('=').append(value).append('\n');
            }
        });
        Files.writeString(root.resolve("environment.txt"), environment);
    }

    /** Files that were found, and folders in which more was looked for: those end in a backslash. */
    private List<List<String>> files() {
        Map<String, String> all = new TreeMap<>(versions);
        folders.forEach((folder, names) -> names.forEach(name -> {
            String child = folder + "\\" + name + "\\";
            String next = asked.ceiling(child);
            if (next != null && next.regionMatches(true, 0, child, 0, child.length())) {
                all.putIfAbsent(child, "");
            }
        }));
        return all.entrySet().stream().map(file -> List.of(file.getKey(), file.getValue())).toList();
    }

    private Map<String, String> values(String key) {
        return registry.computeIfAbsent(key, _ -> new TreeMap<>(String.CASE_INSENSITIVE_ORDER));
    }

    private static void table(Path file, List<String> names, List<List<String>> rows) throws IOException {
        if (rows.isEmpty()) {
            return;
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : Stream.concat(Stream.of(names), rows.stream())
                .toList()) {
            text.append(String.join(",", row.stream().map(field -> "\"" + field.replace("\"", "\"\"") + "\"").toList()))
                    .append('\n');
        }
        Files.writeString(file, text);
    }

    /** Numbers become texts: whoever reads them gets texts in any case. */
    private static String data(String value) {
        if (value.startsWith("hex:")) {
            return "hex:" + String.join(",", value.substring(4).split("(?<=\\G..)"));
        }
        return value.chars().allMatch(c -> c >= ' ')
                ? quote(value)
                : "hex(1):" + HexFormat.ofDelimiter(",").formatHex(value.getBytes(StandardCharsets.UTF_16LE));
    }

    private static String quote(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
