package io.github.jnpu.probe.source;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_CHAR;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

/** What this Windows says of its registry, devices and processors. Reads only. Thread-safe. */
final class WindowsRegistry {
    private static final String LOCAL_MACHINE = "HKEY_LOCAL_MACHINE\\";
    /** (HKEY)(LONG)0x80000002: the number is widened with its sign. */
    private static final long LOCAL_MACHINE_KEY = 0xFFFF_FFFF_8000_0002L;
    /** KEY_READ, and the 64-bit view whatever this process is. */
    private static final int READ = 0x2_0019 | 0x0100;
    private static final int SUCCESS = 0;
    private static final int FILE_NOT_FOUND = 2;
    private static final int PATH_NOT_FOUND = 3;
    private static final int ACCESS_DENIED = 5;
    /** The registry's limit for names, with the zero at the end. */
    private static final int MAX_NAME = 256;
    private static final int MAX_VALUE = 64 << 10;
    /** A machine with docks and sticks of many years has some hundreds of devices on a bus. */
    private static final int MAX_KEYS = 16_384;
    /** Values of cfgmgr32.h. */
    private static final int LOCATE_PRESENT = 0;
    private static final int NO_SUCH_DEVICE = 0x0D;
    private static final int HAS_PROBLEM = 0x400;
    private static final int RELATION_ALL = 0xFFFF;
    /** 2048 threads need some 300 KiB. */
    private static final int MAX_TOPOLOGY = 1 << 20;

    private final WindowsCalls calls;
    private final UnreadLog unread;

    WindowsRegistry(WindowsCalls calls, UnreadLog unread) {
        this.calls = calls;
        this.unread = unread;
    }

    Optional<String> value(String key, String name) {
        try (Arena arena = Arena.ofConfined()) {
            long handle = open(arena, key);
            if (handle == 0) {
                return Optional.empty();
            }
            try {
                MemorySegment type = arena.allocate(JAVA_INT);
                MemorySegment bytes = arena.allocate(JAVA_INT);
                MemorySegment data = arena.allocate(MAX_VALUE);
                bytes.set(JAVA_INT, 0, MAX_VALUE);
                int result = (int) calls.regQueryValueEx().invokeExact(handle, wide(arena, name), MemorySegment.NULL,
                        type, data, bytes);
                if (result != SUCCESS) {
                    complain(key + "\\" + name, result);
                    return Optional.empty();
                }
                int length = Math.clamp(bytes.get(JAVA_INT, 0), 0, MAX_VALUE);
                return Optional.of(RegistryValue.text(type.get(JAVA_INT, 0),
                        data.asSlice(0, length).toArray(JAVA_BYTE)));
            } finally {
                int _ = (int) calls.regCloseKey().invokeExact(handle);
            }
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    List<String> keys(String key) {
        try (Arena arena = Arena.ofConfined()) {
            long handle = open(arena, key);
            if (handle == 0) {
                return List.of();
            }
            TreeSet<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
            try {
                MemorySegment name = arena.allocate(JAVA_CHAR, MAX_NAME);
                MemorySegment characters = arena.allocate(JAVA_INT);
                for (int index = 0; index < MAX_KEYS; index++) {
                    characters.set(JAVA_INT, 0, MAX_NAME);
                    int result = (int) calls.regEnumKeyEx().invokeExact(handle, index, name, characters,
                            MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL);
                    // "No more items", mostly.
                    if (result != SUCCESS) {
                        break;
                    }
                    int length = Math.clamp(characters.get(JAVA_INT, 0), 0, MAX_NAME - 1);
                    names.add(new String(name.asSlice(0, 2L * length).toArray(JAVA_BYTE), StandardCharsets.UTF_16LE));
                }
            } finally {
                int _ = (int) calls.regCloseKey().invokeExact(handle);
            }
            return List.copyOf(names);
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    /** A device's problem code, {@link SystemSource#NOT_CONNECTED} if it is not there; empty if that cannot be found out. */
    OptionalInt problem(String instance) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment node = arena.allocate(JAVA_INT);
            int result = (int) calls.locateDevNode().invokeExact(node, wide(arena, instance), LOCATE_PRESENT);
            if (result == NO_SUCH_DEVICE) {
                return OptionalInt.of(SystemSource.NOT_CONNECTED);
            }
            if (result != SUCCESS) {
                return OptionalInt.empty();
            }
            MemorySegment status = arena.allocate(JAVA_INT);
            MemorySegment problem = arena.allocate(JAVA_INT);
            result = (int) calls.getDevNodeStatus().invokeExact(status, problem, node.get(JAVA_INT, 0), 0);
            if (result != SUCCESS) {
                return OptionalInt.empty();
            }
            return OptionalInt.of((status.get(JAVA_INT, 0) & HAS_PROBLEM) == 0 ? 0 : problem.get(JAVA_INT, 0));
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    Optional<ProcessorTopology> topology() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment list = arena.allocate(MAX_TOPOLOGY, Long.BYTES);
            MemorySegment bytes = arena.allocate(JAVA_INT);
            bytes.set(JAVA_INT, 0, MAX_TOPOLOGY);
            int done = (int) calls.getLogicalProcessorInformationEx().invokeExact(RELATION_ALL, list, bytes);
            if (done == 0) {
                return Optional.empty();
            }
            int length = Math.clamp(bytes.get(JAVA_INT, 0), 0, MAX_TOPOLOGY);
            return Optional.of(ProcessorTopology.parse(list.asSlice(0, length).toArray(JAVA_BYTE)));
        } catch (IllegalArgumentException e) {
            unread.add("GetLogicalProcessorInformationEx", e.getMessage());
            return Optional.empty();
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    /** 0 if it cannot be opened. */
    private long open(Arena arena, String key) throws Throwable {
        if (!key.startsWith(LOCAL_MACHINE)) {
            return 0;
        }
        MemorySegment opened = arena.allocate(JAVA_LONG);
        int result = (int) calls.regOpenKeyEx().invokeExact(LOCAL_MACHINE_KEY,
                wide(arena, key.substring(LOCAL_MACHINE.length())), 0, READ, opened);
        if (result != SUCCESS) {
            complain(key, result);
            return 0;
        }
        return opened.get(JAVA_LONG, 0);
    }

    private void complain(String what, int result) {
        if (result != FILE_NOT_FOUND && result != PATH_NOT_FOUND) {
            unread.add(what, result == ACCESS_DENIED ? "permission denied" : "Windows error " + result);
        }
    }

    private static MemorySegment wide(Arena arena, String text) {
        return arena.allocateFrom(text, StandardCharsets.UTF_16LE);
    }

    private static RuntimeException failure(Throwable e) {
        return switch (e) {
            case RuntimeException runtime -> runtime;
            case Error error -> throw error;
            default -> new IllegalStateException("a call into Windows failed", e);
        };
    }
}
