package io.github.jnpu.engine.backend.onnxruntime.capi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.HashMap;
import java.util.Map;

import static io.github.jnpu.engine.backend.onnxruntime.capi.FunctionTable.POINTER;

/**
 * Which tensors a session's runs read and write. Stays as it is from run to run, so that a run itself hands nothing over.
 *
 * <p>What a session reads on a device is copied there from the host when it is bound, not when it is run: changed memory of ours has to be bound again
 * then.
 */
public final class IoBinding extends NativeObject {
    private record Calls(MethodHandle create, MethodHandle release, MethodHandle input, MethodHandle output) {
        private static final Calls IN_LIBRARY = of(OnnxRuntimeLibrary.table());

        private static Calls of(FunctionTable table) {
            return new Calls(table.status(134, POINTER, POINTER), table.release(135),
                    table.status(136, POINTER, POINTER, POINTER), table.status(137, POINTER, POINTER, POINTER));
        }
    }

    private final Arena arena = Arena.ofShared();
    private final Map<String, MemorySegment> names = new HashMap<>();
    private final Map<String, Value> bound = new HashMap<>();

    /** With nothing bound. */
    public IoBinding(Session session) {
        super(NativeCall.create(pointer -> {
            Calls.IN_LIBRARY.create.invokeExact(session.handle(), pointer);
        }), Calls.IN_LIBRARY.release);
    }

    private MemorySegment name(String text) {
        return names.computeIfAbsent(text, arena::allocateFrom);
    }

    /** Binds an input, and so copies it if the session reads it on a device. */
    public void input(String name, Value value) {
        MemorySegment text = name(name);
        try {
            Calls.IN_LIBRARY.input.invokeExact(handle(), text, value.handle());
        } catch (Throwable e) {
            throw NativeCall.unchecked(e);
        }
        bound.put(name, value);
    }

    /** Binds an input if another was bound under this name, or none. */
    public void keepInput(String name, Value value) {
        if (bound.get(name) != value) {
            input(name, value);
        }
    }

    /** Binds an output to a tensor of its shape if another was bound under this name, or none. */
    public void keepOutput(String name, Value value) {
        if (bound.get(name) == value) {
            return;
        }
        MemorySegment text = name(name);
        try {
            Calls.IN_LIBRARY.output.invokeExact(handle(), text, value.handle());
        } catch (Throwable e) {
            throw NativeCall.unchecked(e);
        }
        bound.put(name, value);
    }

    @Override
    public void close() {
        super.close();
        bound.clear();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
