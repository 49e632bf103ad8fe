package io.github.jnpu.probe.source;

import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.SystemInfo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What was captured of a Windows machine, in one folder; {@code docs/hardware-capture.md} has the commands:
 * <ul>
 * <li>{@code *.reg}: registry exports;
 * <li>{@code devices.csv}: {@code PNPDeviceID} and {@code ConfigManagerErrorCode} of the devices that were there;
 * <li>{@code processors.csv}: {@code NumberOfCores} and {@code NumberOfLogicalProcessors}, a row for each socket;
 * <li>{@code memory.csv}: {@code TotalVisibleMemorySize} and {@code FreePhysicalMemory} in KiB;
 * <li>{@code files.csv}: {@code FullName} and {@code FileVersion} of libraries that matter;
 * <li>{@code environment.txt}: lines {@code NAME=value};
 * <li>{@code C/...}: files themselves, as {@code C/Windows/System32/OpenCL.dll}.
 * </ul>
 * All of it is optional. Nothing outside the folder is read: links are not followed. Thread-safe.
 */
public final class WindowsTree implements SystemSource {
    private static final int MAX_EXPORTS = 32;
    /** Of all exports together; what is asked for has a tenth of it. */
    private static final int MAX_EXPORT_BYTES = 16 << 20;
    private static final int MAX_TABLE_BYTES = 2 << 20;
    private static final int MAX_FILES = 16_384;

    private final Path root;
    private final UnreadLog unread = new UnreadLog();
    private final BoundedFiles files = new BoundedFiles(unread);
    private RegistryFile registry;
    private NavigableMap<String, String> versions;
    private NavigableMap<String, Integer> problems;

    public WindowsTree(Path root) {
        this.root = root.toAbsolutePath().normalize();
    }

    @Override
    public SystemInfo.Family family() {
        return SystemInfo.Family.WINDOWS;
    }

    @Override
    public Optional<String> text(String path, int maxBytes) {
        return resolve(path).flatMap(file -> files.text(path, file, maxBytes));
    }

    @Override
    public List<String> names(String folder) {
        TreeSet<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        resolve(folder).ifPresent(real -> names.addAll(files.names(folder, real)));
        String prefix = folder.endsWith("\\") ? folder : folder + "\\";
        for (String file : versions().tailMap(prefix, false).keySet()) {
            if (!file.regionMatches(true, 0, prefix, 0, prefix.length())) {
                break;
            }
            int end = file.indexOf('\\', prefix.length());
            names.add(file.substring(prefix.length(), end < 0 ? file.length() : end));
        }
        return List.copyOf(names);
    }

    @Override
    public Optional<String> link(String path) {
        return Optional.empty();
    }

    @Override
    public Optional<Node> node(String path) {
        if (versions().containsKey(path)) {
            return Optional.of(new Node('-', "r--r--r--", "0", "0"));
        }
        return resolve(path).flatMap(file -> files.node(path, file))
                .or(() -> names(path).isEmpty()
                        ? Optional.empty()
                        : Optional.of(new Node('d', "r-xr-xr-x", "0", "0")));
    }

    @Override
    public Optional<String> registryValue(String key, String name) {
        return registry().value(key, name);
    }

    @Override
    public List<String> registryKeys(String key) {
        return registry().keys(key);
    }

    @Override
    public OptionalInt deviceProblem(String instance) {
        NavigableMap<String, Integer> known = problems();
        if (known.isEmpty()) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(known.getOrDefault(instance, NOT_CONNECTED));
    }

    @Override
    public Optional<ProcessorTopology> topology() {
        long cores = 0;
        long threads = 0;
        for (Map<String, String> socket : table("processors.csv")) {
            cores += number(socket.get("NumberOfCores")).orElse(0);
            threads += number(socket.get("NumberOfLogicalProcessors")).orElse(0);
        }
        try {
            return cores < 1
                    ? Optional.empty()
                    : Optional.of(new ProcessorTopology(Math.toIntExact(cores),
                            Math.toIntExact(Math.max(cores, threads)), List.of(), List.of()));
        } catch (IllegalArgumentException | ArithmeticException e) {
            unread.add("processors.csv", e.getMessage());
            return Optional.empty();
        }
    }

    @Override
    public Optional<Memory> memory() {
        for (Map<String, String> system : table("memory.csv")) {
            OptionalLong total = number(system.get("TotalVisibleMemorySize"));
            OptionalLong free = number(system.get("FreePhysicalMemory"));
            if (total.isPresent()) {
                return Optional.of(new Memory(total.getAsLong() << 10, free.orElse(0) << 10, false));
            }
        }
        return Optional.empty();
    }

    @Override
    public Optional<String> fileVersion(String path) {
        String listed = versions().getOrDefault(path, "");
        if (!listed.isEmpty()) {
            return Optional.of(listed);
        }
        try {
            Optional<Path> file = resolve(path);
            return file.isEmpty() ? Optional.empty() : PortableExecutable.version(file.get());
        } catch (IOException e) {
            unread.add(path, "could not be read");
            return Optional.empty();
        }
    }

    @Override
    public Map<String, String> environment() {
        Map<String, String> environment = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        bytes("environment.txt", MAX_TABLE_BYTES).map(ExportedText::decode).ifPresent(text -> text.lines()
                .forEach(line -> {
                    int equals = line.indexOf('=');
                    if (equals > 0) {
                        environment.put(line.substring(0, equals).strip(), line.substring(equals + 1).strip());
                    }
                }));
        TreeSet<String> useful = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        useful.addAll(EnvironmentNames.ALL);
        environment.keySet().retainAll(useful);
        return environment;
    }

    @Override
    public List<String> unread() {
        return unread.entries();
    }

    private synchronized RegistryFile registry() {
        if (registry == null) {
            RegistryFile read = new RegistryFile();
            int left = MAX_EXPORT_BYTES;
            for (String name : files.names("", root).stream().filter(WindowsTree::isExport).limit(MAX_EXPORTS)
                    .toList()) {
                Optional<byte[]> content = bytes(name, left);
                content.ifPresent(bytes -> read.add(name, bytes));
                left -= content.map(bytes -> bytes.length).orElse(0);
            }
            read.problems().forEach(problem -> unread.add(problem, "left out"));
            registry = read;
        }
        return registry;
    }

    private synchronized NavigableMap<String, String> versions() {
        if (versions == null) {
            versions = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            table("files.csv").stream().limit(MAX_FILES).filter(row -> !row.getOrDefault("FullName", "").isEmpty())
                    .forEach(row -> versions.put(row.get("FullName"), row.getOrDefault("FileVersion", "")));
        }
        return versions;
    }

    private synchronized NavigableMap<String, Integer> problems() {
        if (problems == null) {
            problems = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            for (Map<String, String> row : table("devices.csv")) {
                OptionalLong code = number(row.get("ConfigManagerErrorCode"));
                if (row.containsKey("PNPDeviceID") && code.isPresent()) {
                    problems.put(row.get("PNPDeviceID"), Math.clamp(code.getAsLong(), 0, Integer.MAX_VALUE));
                }
            }
        }
        return problems;
    }

    private List<Map<String, String>> table(String name) {
        return bytes(name, MAX_TABLE_BYTES).map(content -> ExportedText.table(ExportedText.decode(content)))
                .orElse(List.of());
    }

    private Optional<byte[]> bytes(String name, int maxBytes) {
        Path file = root.resolve(name);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            unread.add(name, "is no regular file");
            return Optional.empty();
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(maxBytes + 1);
            if (bytes.length > maxBytes) {
                unread.add(name, "is longer than %d bytes".formatted(maxBytes));
                return Optional.empty();
            }
            return Optional.of(bytes);
        } catch (IOException e) {
            unread.add(name, "could not be read");
            return Optional.empty();
        }
    }

    /** {@code C:\Windows} as {@code C/Windows}, whatever the case; empty if that is not there, or is or leads through a link. */
    private Optional<Path> resolve(String path) {
        if (path.length() < 3 || path.charAt(1) != ':' || !Character.isLetter(path.charAt(0))) {
            return Optional.empty();
        }
        Path at = root.resolve(path.substring(0, 1));
        for (String name : path.substring(2).split("\\\\")) {
            if (name.equals("..")) {
                return Optional.empty();
            }
            if (name.isEmpty()) {
                continue;
            }
            if (!Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS)) {
                return Optional.empty();
            }
            Path folder = at;
            Optional<String> real = files.names(path, folder).stream().filter(name::equalsIgnoreCase).findFirst();
            if (real.isEmpty()) {
                return Optional.empty();
            }
            at = folder.resolve(real.get());
        }
        return Files.isSymbolicLink(at) || !Files.exists(at, LinkOption.NOFOLLOW_LINKS)
                ? Optional.empty()
                : Optional.of(at);
    }

    private static boolean isExport(String name) {
        return name.toLowerCase(Locale.ROOT).endsWith(".reg");
    }

    private static OptionalLong number(String text) {
        if (text == null || text.isEmpty() || text.length() > 18 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(Long.parseLong(text));
    }
}
