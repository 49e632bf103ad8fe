package io.github.jnpu.engine.backend.onnxruntime.capi;

import io.github.jnpu.engine.backend.BackendException;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * ONNX Runtime's library, loaded once for the process and never unloaded. Thread-safe.
 *
 * @param version
 *            as it says itself: {@code 1.29.0}
 */
public record OnnxRuntimeLibrary(Path file, String version, FunctionTable functions) {
    /** The oldest with everything that is called here: it tells on which provider each node runs, and lists devices. */
    private static final int API_VERSION = 24;
    private static final Pattern VERSION = Pattern.compile("1\\.(\\d{1,4})\\..*");

    /** What loading came to. */
    private record Outcome(OnnxRuntimeLibrary library, BackendException failure) {
        private static final Outcome ONLY = attempt();

        private static Outcome attempt() {
            try {
                return new Outcome(open(LibraryFile.find(OnnxRuntimeLibrary.class.getClassLoader())), null);
            } catch (BackendException e) {
                return new Outcome(null, e);
            }
        }
    }

    /**
     * Loads it, if that was not done yet.
     *
     * @throws BackendException
     *             if there is none, it does not load, or is too old
     */
    public static OnnxRuntimeLibrary load() {
        if (Outcome.ONLY.failure != null) {
            throw new BackendException(Outcome.ONLY.failure.getMessage(), Outcome.ONLY.failure);
        }
        return Outcome.ONLY.library;
    }

    /** Why it cannot be loaded; empty if it is. */
    public static Optional<String> complaint() {
        return Optional.ofNullable(Outcome.ONLY.failure).map(Throwable::getMessage);
    }

    /** For bindings: they are made when they are first called, after {@link #load}. */
    static FunctionTable table() {
        return load().functions;
    }

    /**
     * Opens a file, and asks it for its version before anything else.
     *
     * @throws BackendException
     *             if it is no ONNX Runtime, or not one that can be called
     */
    @SuppressWarnings("restricted")
    static OnnxRuntimeLibrary open(Path file) {
        try {
            SymbolLookup symbols = SymbolLookup.libraryLookup(file, Arena.global());
            MemorySegment entry = symbols.find("OrtGetApiBase").orElseThrow(() -> new BackendException(
                    "%s is not ONNX Runtime: it has no function OrtGetApiBase".formatted(file)));
            Linker linker = Linker.nativeLinker();
            MethodHandle base = linker.downcallHandle(entry, FunctionDescriptor.of(ValueLayout.ADDRESS));
            MemorySegment functions = NativeCall.get(() -> (MemorySegment) base.invokeExact())
                    .reinterpret(2 * ValueLayout.ADDRESS.byteSize());
            MethodHandle getApi = linker.downcallHandle(functions.getAtIndex(ValueLayout.ADDRESS, 0),
                    FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
            MethodHandle getVersion = linker.downcallHandle(functions.getAtIndex(ValueLayout.ADDRESS, 1),
                    FunctionDescriptor.of(ValueLayout.ADDRESS));
            String version = NativeCall.text(NativeCall.get(() -> (MemorySegment) getVersion.invokeExact()));
            refusal(version).ifPresent(reason -> {
                throw new BackendException("%s: %s".formatted(file, reason));
            });
            MemorySegment table = NativeCall.get(() -> (MemorySegment) getApi.invokeExact(API_VERSION));
            if (table.address() == 0) {
                throw new BackendException("%s: ONNX Runtime %s does not offer version %d of its C API".formatted(file,
                        version, API_VERSION));
            }
            return new OnnxRuntimeLibrary(file, version, new FunctionTable(table));
        } catch (IllegalArgumentException e) {
            throw new BackendException("ONNX Runtime's library %s cannot be loaded: %s".formatted(file, e.getMessage()),
                    e);
        } catch (IllegalCallerException e) {
            throw new BackendException(
                    "ONNX Runtime's library needs native access: start Java with --enable-native-access=ALL-UNNAMED",
                    e);
        }
    }

    /** What is wrong with a version. */
    static Optional<String> refusal(String version) {
        Matcher matcher = VERSION.matcher(version);
        if (!matcher.matches()) {
            return Optional.of("ONNX Runtime '%s' is not known; 1.%d and later of 1 are".formatted(version,
                    API_VERSION));
        }
        return Integer.parseInt(matcher.group(1)) >= API_VERSION
                ? Optional.empty()
                : Optional.of("ONNX Runtime %s is too old: 1.%d or later is needed".formatted(version, API_VERSION));
    }

    /**
     * Names of the providers that were built in, as {@code WebGpuExecutionProvider}; some are doors to libraries beside it, which may be
     * missing.
     */
    public List<String> providers() {
        return ProviderCalls.names();
    }

    private record ProviderCalls(MethodHandle get, MethodHandle release) {
        private static final ProviderCalls IN_LIBRARY = new ProviderCalls(
                table().status(125, FunctionTable.POINTER, FunctionTable.POINTER),
                table().status(126, FunctionTable.POINTER, FunctionTable.INT));

        @SuppressWarnings("restricted")
        private static List<String> names() {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment array = arena.allocate(ValueLayout.ADDRESS);
                MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
                NativeCall.run(() -> {
                    IN_LIBRARY.get.invokeExact(array, count);
                });
                MemorySegment names = array.get(ValueLayout.ADDRESS, 0);
                int length = count.get(ValueLayout.JAVA_INT, 0);
                List<String> texts = NativeCall.elements(names, length).stream().map(NativeCall::text).toList();
                NativeCall.run(() -> {
                    IN_LIBRARY.release.invokeExact(names, length);
                });
                return texts;
            }
        }
    }
}
