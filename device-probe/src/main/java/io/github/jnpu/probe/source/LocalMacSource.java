package io.github.jnpu.probe.source;

import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.SystemInfo;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

/** The macOS that this process runs on. Without native access sysctl does not answer. Thread-safe. */
public final class LocalMacSource implements SystemSource {
    /** The longest that is asked for is machdep.cpu.features, some 400 characters. */
    private static final int MAX_VALUE = 4096;
    /** sysctlbyname does not tell a text from a number. */
    private static final Set<String> TEXTS = Set.of("hw.machine", "hw.model", "kern.osproductversion", "kern.osrelease",
            "kern.osversion", "machdep.cpu.brand_string", "machdep.cpu.features", "machdep.cpu.leaf7_features");

    private final UnreadLog unread = new UnreadLog();
    private final BoundedFiles files = new BoundedFiles(unread);
    private final Optional<MacCalls> calls = MacCalls.load();

    public LocalMacSource() {
        if (calls.isEmpty()) {
            unread.add("sysctl", "no native access; start Java with --enable-native-access=ALL-UNNAMED");
        }
    }

    @Override
    public SystemInfo.Family family() {
        return SystemInfo.Family.MACOS;
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
        return path(path).flatMap(file -> files.link(path, file));
    }

    @Override
    public Optional<Node> node(String path) {
        return path(path).flatMap(file -> files.node(path, file));
    }

    @Override
    public Optional<String> sysctl(String name) {
        if (calls.isEmpty()) {
            return Optional.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(MAX_VALUE, Long.BYTES);
            MemorySegment bytes = arena.allocate(JAVA_LONG);
            bytes.set(JAVA_LONG, 0, MAX_VALUE);
            int result = (int) calls.get().sysctlbyname().invokeExact(arena.allocateFrom(name), value, bytes,
                    MemorySegment.NULL, 0L);
            if (result != 0) {
                return Optional.empty();
            }
            int length = Math.clamp(bytes.get(JAVA_LONG, 0), 0, MAX_VALUE);
            byte[] data = value.asSlice(0, length).toArray(JAVA_BYTE);
            return Optional.of(TEXTS.contains(name) || name.endsWith(".name")
                    ? new String(data, StandardCharsets.UTF_8).replace("\0", "")
                    : RegistryValue.number(data));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("sysctlbyname failed", e);
        }
    }

    @Override
    public Optional<Memory> memory() {
        return JvmMemory.read();
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
