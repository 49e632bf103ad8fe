package io.github.jnpu.engine.backend.onnxruntime.capi;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

import static io.github.jnpu.engine.backend.onnxruntime.capi.FunctionTable.INT;
import static io.github.jnpu.engine.backend.onnxruntime.capi.FunctionTable.POINTER;

/** A sort of memory: the host's, or a device's. Belongs to the library or to the process, so it is not closed. Immutable. */
public final class MemoryInfo {
    private static final int ARENA_ALLOCATOR = 1;

    private record Calls(MethodHandle createHost, MethodHandle name, MethodHandle deviceType) {
        private static final Calls IN_LIBRARY = of(OnnxRuntimeLibrary.table());

        private static Calls of(FunctionTable table) {
            return new Calls(table.status(69, INT, INT, POINTER), table.status(71, POINTER, POINTER),
                    table.function(225, FunctionDescriptor.ofVoid(POINTER, POINTER)));
        }
    }

    private static final class Holder {
        private static final MemoryInfo HOST = new MemoryInfo(NativeCall.create(pointer -> {
            Calls.IN_LIBRARY.createHost.invokeExact(ARENA_ALLOCATOR, 0, pointer);
        }));
    }

    private final MemorySegment handle;

    MemoryInfo(MemorySegment handle) {
        this.handle = handle;
    }

    static MemoryInfo host() {
        return Holder.HOST;
    }

    MemorySegment handle() {
        return handle;
    }

    /** The library's name for it: {@code Cpu}, {@code Cuda}, {@code WebGPU_Buf}. */
    public String name() {
        return NativeCall.text(NativeCall.create(pointer -> {
            Calls.IN_LIBRARY.name.invokeExact(handle, pointer);
        }));
    }

    /** Whether the processor reads it as any other memory. */
    public boolean isHost() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment type = arena.allocate(ValueLayout.JAVA_INT);
            NativeCall.run(() -> {
                Calls.IN_LIBRARY.deviceType.invokeExact(handle, type);
            });
            return type.get(ValueLayout.JAVA_INT, 0) == 0;
        }
    }

    @Override
    public String toString() {
        return name();
    }
}
