package io.github.jnpu.engine.backend.onnxruntime.capi;

import java.lang.invoke.MethodHandle;

import static io.github.jnpu.engine.backend.onnxruntime.capi.FunctionTable.POINTER;

/** Gives memory of one sort to a session's tensors. Closed after all of them, and before the session. */
public final class Allocator extends NativeObject {
    private record Calls(MethodHandle create, MethodHandle release) {
        private static final Calls IN_LIBRARY = of(OnnxRuntimeLibrary.table());

        private static Calls of(FunctionTable table) {
            return new Calls(table.status(131, POINTER, POINTER, POINTER), table.release(132));
        }
    }

    /**
     * @throws OnnxRuntimeException
     *             if the session has no such memory
     */
    public Allocator(Session session, MemoryInfo memory) {
        super(NativeCall.create(pointer -> {
            Calls.IN_LIBRARY.create.invokeExact(session.handle(), memory.handle(), pointer);
        }), Calls.IN_LIBRARY.release);
    }
}
