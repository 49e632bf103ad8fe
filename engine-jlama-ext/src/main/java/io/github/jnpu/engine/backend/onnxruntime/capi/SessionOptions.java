package io.github.jnpu.engine.backend.onnxruntime.capi;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Map;

import static io.github.jnpu.engine.backend.onnxruntime.capi.FunctionTable.INT;
import static io.github.jnpu.engine.backend.onnxruntime.capi.FunctionTable.POINTER;
import static io.github.jnpu.engine.backend.onnxruntime.capi.FunctionTable.SIZE;

/** What a session is made with. Its setters throw {@link OnnxRuntimeException} if the library refuses a value. */
public final class SessionOptions extends NativeObject {
    private static final int ERRORS_ONLY = 3;

    private record Calls(MethodHandle create, MethodHandle release, MethodHandle logSeverity, MethodHandle intraThreads,
            MethodHandle interThreads, MethodHandle entry, MethodHandle initializer, MethodHandle provider,
            MethodHandle devices, MethodHandle createCuda, MethodHandle updateCuda, MethodHandle appendCuda,
            MethodHandle releaseCuda) {
        private static final Calls IN_LIBRARY = of(OnnxRuntimeLibrary.table());

        private static Calls of(FunctionTable table) {
            return new Calls(table.status(10, POINTER), table.release(100), table.status(22, POINTER, INT),
                    table.status(24, POINTER, INT), table.status(25, POINTER, INT),
                    table.status(130, POINTER, POINTER, POINTER), table.status(150, POINTER, POINTER, POINTER),
                    table.status(216, POINTER, POINTER, POINTER, POINTER, SIZE),
                    table.status(304, POINTER, POINTER, POINTER, SIZE, POINTER, POINTER, SIZE),
                    table.status(205, POINTER), table.status(206, POINTER, POINTER, POINTER, SIZE),
                    table.status(204, POINTER, POINTER), table.release(208));
        }
    }

    /** With the library's defaults, but for its log: errors only. */
    public SessionOptions() {
        super(NativeCall.create(pointer -> {
            Calls.IN_LIBRARY.create.invokeExact(pointer);
        }), Calls.IN_LIBRARY.release);
        NativeCall.run(() -> {
            Calls.IN_LIBRARY.logSeverity.invokeExact(handle(), ERRORS_ONLY);
        });
    }

    /**
     * Threads for one node, and for nodes at the same time.
     *
     * @param intra
     *            at least 1
     */
    public void threads(int intra, int inter) {
        NativeCall.run(() -> {
            Calls.IN_LIBRARY.intraThreads.invokeExact(handle(), intra);
            Calls.IN_LIBRARY.interThreads.invokeExact(handle(), inter);
        });
    }

    /** One of {@code onnxruntime_session_options_config_keys.h}. */
    public void entry(String key, String value) {
        try (Arena arena = Arena.ofConfined()) {
            NativeCall.run(() -> {
                Calls.IN_LIBRARY.entry.invokeExact(handle(), arena.allocateFrom(key), arena.allocateFrom(value));
            });
        }
    }

    /** A constant by the name that it has in the model. It is not copied: its memory stays until the session is closed. */
    public void initializer(String name, Value value) {
        try (Arena arena = Arena.ofConfined()) {
            NativeCall.run(() -> {
                Calls.IN_LIBRARY.initializer.invokeExact(handle(), arena.allocateFrom(name), value.handle());
            });
        }
    }

    /**
     * A provider that was built in, before all others that are added later.
     *
     * @param name
     *            as this function wants it: {@code WebGPU}, {@code QNN}
     */
    public void provider(String name, Map<String, String> options) {
        try (Arena arena = Arena.ofConfined()) {
            NativeCall.run(() -> {
                Calls.IN_LIBRARY.provider.invokeExact(handle(), arena.allocateFrom(name),
                        NativeCall.strings(arena, options.keySet()), NativeCall.strings(arena, options.values()),
                        (long) options.size());
            });
        }
    }

    /** NVIDIA's, which has a function of its own. */
    public void cudaProvider(Map<String, String> options) {
        var cuda = NativeCall.create(pointer -> {
            Calls.IN_LIBRARY.createCuda.invokeExact(pointer);
        });
        try (Arena arena = Arena.ofConfined()) {
            NativeCall.run(() -> {
                Calls.IN_LIBRARY.updateCuda.invokeExact(cuda, NativeCall.strings(arena, options.keySet()),
                        NativeCall.strings(arena, options.values()), (long) options.size());
                Calls.IN_LIBRARY.appendCuda.invokeExact(handle(), cuda);
            });
        } finally {
            NativeCall.run(() -> {
                Calls.IN_LIBRARY.releaseCuda.invokeExact(cuda);
            });
        }
    }

    /**
     * The provider of some devices.
     *
     * @param devices
     *            one or more, all of the same provider
     */
    public void devices(List<ProviderDevice> devices, Map<String, String> options) {
        try (Arena arena = Arena.ofConfined()) {
            NativeCall.run(() -> {
                Calls.IN_LIBRARY.devices.invokeExact(handle(), Environment.shared().handle(),
                        NativeCall.pointers(arena, devices.stream().map(ProviderDevice::handle).toList()),
                        (long) devices.size(), NativeCall.strings(arena, options.keySet()),
                        NativeCall.strings(arena, options.values()), (long) options.size());
            });
        }
    }
}
