package io.github.jnpu.engine.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * What the operating system is told about memory.
 *
 * <p>{@link #allocate}: zeroed memory in pages of 2 MiB, if Linux has them to give. Attention reads F16 from these at 14 GB/s, from pages of 4 KiB at
 * 9 to 10: in a virtual machine each new page is a walk through two tables.
 *
 * <p>Only a wish: without native access, which would print a warning, and on other systems the memory is the arena's own. An arena
 * cannot do it by itself, because it writes zeros before anyone can ask for large pages.
 */
// Restricted methods are called only where native access has been granted.
@SuppressWarnings("restricted")
public final class MemoryAdvice {
    private static final long SIZE = 2 << 20;
    // Of mmap(2) and madvise(2), the same on all processors that Java runs on.
    private static final int READ_WRITE = 3;
    private static final int PRIVATE_ANONYMOUS = 0x22;
    private static final int DONT_NEED = 4;
    private static final int HUGE_PAGE = 14;
    private static final long LINE = 64;
    /** No less than the page of any processor that Java runs on; advice about part of a page would be refused. */
    private static final long PAGE = 64 << 10;

    private record Calls(MethodHandle mmap, MethodHandle munmap, MethodHandle madvise) {}

    /** Null where it is not to be had. */
    private static final Calls CALLS = findCalls();

    private MemoryAdvice() {}

    private static Calls findCalls() {
        if (!System.getProperty("os.name").equals("Linux") || !MemoryAdvice.class.getModule().isNativeAccessEnabled()) {
            return null;
        }
        ValueLayout size = ValueLayout.JAVA_LONG;
        ValueLayout number = ValueLayout.JAVA_INT;
        return new Calls(find("mmap", FunctionDescriptor.of(size, size, size, number, number, number, size)),
                find("munmap", FunctionDescriptor.of(number, size, size)),
                find("madvise", FunctionDescriptor.of(number, size, size, number)));
    }

    private static MethodHandle find(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
    }

    /**
     * Memory that lives as long as the arena.
     *
     * @throws OutOfMemoryError
     *             if there is none
     */
    public static MemorySegment allocate(Arena arena, long bytes) {
        if (CALLS == null || bytes < SIZE) {
            return arena.allocate(bytes, LINE);
        }
        try {
            // The kernel aligns to small pages.
            long length = Math.addExact(bytes, SIZE);
            long address = (long) CALLS.mmap.invokeExact(0L, length, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
            if (address == -1) {
                throw new OutOfMemoryError("cannot map %d bytes".formatted(length));
            }
            long aligned = (address + SIZE - 1) / SIZE * SIZE;
            // Refused where the kernel was built without: then the pages are small.
            int _ = (int) CALLS.madvise.invokeExact(aligned, bytes, HUGE_PAGE);
            return MemorySegment.ofAddress(aligned).reinterpret(bytes, arena, _ -> unmap(address, length));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("memory cannot be mapped", e);
        }
    }

    /**
     * Says that part of a mapped file will hardly be read again: its pages no longer count as this process's memory, and come back
     * from the page cache or the disk if it is read all the same. Does nothing for other memory, and where {@link #allocate} can
     * give no large pages.
     */
    public static void drop(MemorySegment mapped) {
        if (CALLS == null || !mapped.isMapped()) {
            return;
        }
        // Whole pages only: what shares a page with the neighbours stays.
        long from = (mapped.address() + PAGE - 1) / PAGE * PAGE;
        long to = (mapped.address() + mapped.byteSize()) / PAGE * PAGE;
        if (from >= to) {
            return;
        }
        try {
            int _ = (int) CALLS.madvise.invokeExact(from, to - from, DONT_NEED);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("memory cannot be given back", e);
        }
    }

    private static void unmap(long address, long length) {
        try {
            int result = (int) CALLS.munmap.invokeExact(address, length);
            if (result != 0) {
                throw new IllegalStateException("munmap refused %d bytes at %x".formatted(length, address));
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("memory cannot be unmapped", e);
        }
    }
}
