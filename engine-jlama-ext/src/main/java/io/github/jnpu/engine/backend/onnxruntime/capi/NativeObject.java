package io.github.jnpu.engine.backend.onnxruntime.capi;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** An object of the library that is ours to end. May be closed twice. */
abstract sealed class NativeObject implements AutoCloseable
        permits Allocator, IoBinding, RunOptions, Session, SessionOptions, Value {
    private final MethodHandle release;
    private MemorySegment handle;

    NativeObject(MemorySegment handle, MethodHandle release) {
        this.handle = handle;
        this.release = release;
    }

    /**
     * @throws IllegalStateException
     *             if it is closed: the library would crash
     */
    final MemorySegment handle() {
        if (handle == null) {
            throw new IllegalStateException("this %s is closed".formatted(getClass().getSimpleName()));
        }
        return handle;
    }

    @Override
    public void close() {
        if (handle != null) {
            MemorySegment ended = handle;
            handle = null;
            NativeCall.run(() -> {
                release.invokeExact(ended);
            });
        }
    }
}
