package io.github.jnpu.probe.deep;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A native library whose functions are called once or twice: convenience counts here, speed does not. */
@SuppressWarnings("restricted")
final class NativeLibrary {
    private static final int MAX_STRING = 4096;

    private final Arena arena;
    private final SymbolLookup symbols;

    /**
     * @throws IllegalArgumentException
     *             if it does not load
     */
    NativeLibrary(String path, Arena arena) {
        this.arena = arena;
        // The linker's own loading keeps the name, which the libraries beside it are found by.
        this.symbols = SymbolLookup.libraryLookup(Path.of(path), arena);
    }

    /** Calls a function that returns an int, or nothing; arguments are ints, longs and addresses. */
    int call(String function, Object... arguments) {
        MemoryLayout[] layouts = new MemoryLayout[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            layouts[i] = switch (arguments[i]) {
                case Integer unused -> ValueLayout.JAVA_INT;
                case Long unused -> ValueLayout.JAVA_LONG;
                case MemorySegment unused -> ValueLayout.ADDRESS;
                default -> throw new IllegalArgumentException("An argument of " + arguments[i].getClass());
            };
        }
        MemorySegment address = symbols.find(function)
                .orElseThrow(() -> new IllegalArgumentException("It has no function " + function));
        MethodHandle handle = Linker.nativeLinker().downcallHandle(address,
                FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts));
        try {
            return (int) handle.invokeWithArguments(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("%s failed: %s".formatted(function, e), e);
        }
    }

    /** Calls a function that returns 0 if all is well. */
    void succeed(String function, Object... arguments) {
        int status = call(function, arguments);
        if (status != 0) {
            throw new IllegalStateException("%s failed with %d".formatted(function, status));
        }
    }

    MemorySegment allocate(long bytes) {
        return arena.allocate(bytes, Long.BYTES);
    }

    MemorySegment string(String text) {
        return arena.allocateFrom(text);
    }

    /** The pointer at an offset of a struct. */
    static MemorySegment pointer(MemorySegment struct, long offset) {
        return struct.get(ValueLayout.ADDRESS, offset);
    }

    /** The array of pointers at an address. */
    static MemorySegment pointers(MemorySegment address, long count) {
        return address.reinterpret(count * ValueLayout.ADDRESS.byteSize());
    }

    /** A C string of at most 4096 bytes; empty at the null address. */
    static String text(MemorySegment address) {
        if (address.equals(MemorySegment.NULL)) {
            return "";
        }
        MemorySegment bytes = address.byteSize() == 0 ? address.reinterpret(MAX_STRING) : address;
        long length = 0;
        while (length < Math.min(bytes.byteSize(), MAX_STRING) && bytes.get(ValueLayout.JAVA_BYTE, length) != 0) {
            length++;
        }
        return new String(bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8).strip();
    }
}
