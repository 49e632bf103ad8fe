package io.github.jnpu.engine.backend.onnxruntime.capi;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;

import static io.github.jnpu.engine.backend.onnxruntime.capi.FunctionTable.POINTER;

/** What runs of a session share beside their tensors. */
public final class RunOptions extends NativeObject {
    private record Calls(MethodHandle create, MethodHandle release, MethodHandle entry, MethodHandle terminate,
            MethodHandle resume) {
        private static final Calls IN_LIBRARY = of(OnnxRuntimeLibrary.table());

        private static Calls of(FunctionTable table) {
            return new Calls(table.status(39, POINTER), table.release(97), table.status(165, POINTER, POINTER, POINTER),
                    table.status(46, POINTER), table.status(47, POINTER));
        }
    }

    /** With the library's defaults. */
    public RunOptions() {
        super(NativeCall.create(pointer -> {
            Calls.IN_LIBRARY.create.invokeExact(pointer);
        }), Calls.IN_LIBRARY.release);
    }

    /** One of {@code onnxruntime_run_options_config_keys.h}. */
    public void entry(String key, String value) {
        try (Arena arena = Arena.ofConfined()) {
            NativeCall.run(() -> {
                Calls.IN_LIBRARY.entry.invokeExact(handle(), arena.allocateFrom(key), arena.allocateFrom(value));
            });
        }
    }

    /** Makes the run in progress and all later ones fail at their next node, until {@link #resume}. From any thread. */
    public void terminate() {
        NativeCall.run(() -> {
            Calls.IN_LIBRARY.terminate.invokeExact(handle());
        });
    }

    /** Lets runs run again. */
    public void resume() {
        NativeCall.run(() -> {
            Calls.IN_LIBRARY.resume.invokeExact(handle());
        });
    }
}
