package io.github.jnpu.engine.backend.onnxruntime.capi;

import io.github.jnpu.convert.onnx.ElementType;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

import static io.github.jnpu.engine.backend.onnxruntime.capi.FunctionTable.INT;
import static io.github.jnpu.engine.backend.onnxruntime.capi.FunctionTable.POINTER;
import static io.github.jnpu.engine.backend.onnxruntime.capi.FunctionTable.SIZE;

/** A tensor, over memory of ours or in a device's. */
public final class Value extends NativeObject {
    private record Calls(MethodHandle over, MethodHandle allocate, MethodHandle release) {
        private static final Calls IN_LIBRARY = of(OnnxRuntimeLibrary.table());

        private static Calls of(FunctionTable table) {
            return new Calls(table.status(49, POINTER, POINTER, SIZE, POINTER, SIZE, INT, POINTER),
                    table.status(48, POINTER, POINTER, SIZE, INT, POINTER), table.release(96));
        }
    }

    private Value(MemorySegment handle) {
        super(handle, Calls.IN_LIBRARY.release);
    }

    /**
     * Over memory outside of the heap, which the library uses where it lies: whoever owns it keeps it as long as any session or binding has this
     * tensor. Of any size.
     *
     * @param dims
     *            none for a scalar
     */
    public static Value over(ElementType type, MemorySegment memory, long... dims) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment shape = arena.allocateFrom(ValueLayout.JAVA_LONG, dims);
            return new Value(NativeCall.create(pointer -> {
                Calls.IN_LIBRARY.over.invokeExact(MemoryInfo.host().handle(), memory, memory.byteSize(), shape,
                        (long) dims.length, type.id(), pointer);
            }));
        }
    }

    /**
     * In memory of an allocator's, which is closed after it. What it holds is undefined.
     *
     * @throws OnnxRuntimeException
     *             if there is no such memory left
     */
    public static Value allocate(Allocator allocator, ElementType type, long... dims) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment shape = arena.allocateFrom(ValueLayout.JAVA_LONG, dims);
            return new Value(NativeCall.create(pointer -> {
                Calls.IN_LIBRARY.allocate.invokeExact(allocator.handle(), shape, (long) dims.length, type.id(),
                        pointer);
            }));
        }
    }
}
