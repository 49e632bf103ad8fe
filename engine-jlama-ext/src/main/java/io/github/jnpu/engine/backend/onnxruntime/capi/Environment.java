package io.github.jnpu.engine.backend.onnxruntime.capi;

import io.github.jnpu.engine.backend.Acceleration;
import io.github.jnpu.engine.backend.BackendException;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import static io.github.jnpu.engine.backend.onnxruntime.capi.FunctionTable.INT;
import static io.github.jnpu.engine.backend.onnxruntime.capi.FunctionTable.POINTER;
import static io.github.jnpu.engine.backend.onnxruntime.capi.FunctionTable.SIZE;

/** What all sessions of the process share: the log, and libraries of providers. Lives as long as the process. Thread-safe. */
public final class Environment {
    private static final int ERRORS_ONLY = 3;

    private record Calls(MethodHandle create, MethodHandle disableTelemetry, MethodHandle register,
            MethodHandle unregister, MethodHandle countHardware, MethodHandle hardware, MethodHandle deviceType,
            MethodHandle vendorId, MethodHandle vendor, MethodHandle deviceId, MethodHandle metadata,
            MethodHandle pairs, MethodHandle providerDevices, MethodHandle providerName, MethodHandle providerVendor,
            MethodHandle providerDevice, MethodHandle copy) {
        private static final Calls IN_LIBRARY = of(OnnxRuntimeLibrary.table());

        private static Calls of(FunctionTable table) {
            FunctionDescriptor number = FunctionDescriptor.of(INT, POINTER);
            return new Calls(table.status(3, INT, POINTER, POINTER), table.status(6, POINTER),
                    table.status(301, POINTER, POINTER, POINTER), table.status(302, POINTER, POINTER),
                    table.status(397, POINTER, POINTER), table.status(398, POINTER, POINTER, SIZE),
                    table.function(307, number), table.function(308, number), table.getter(309),
                    table.function(310, number), table.getter(311),
                    table.function(298, FunctionDescriptor.ofVoid(POINTER, POINTER, POINTER, POINTER)),
                    table.status(303, POINTER, POINTER, POINTER), table.getter(312), table.getter(313),
                    table.getter(316), table.status(386, POINTER, POINTER, POINTER, POINTER, SIZE));
        }
    }

    private static final class Holder {
        /** The thread of whoever comes first may have too small a stack. */
        private static final Environment SHARED = DeepStack.call(Environment::new);
    }

    /** A library that was brought in, and the devices that it has added. */
    private record Registered(Path file, List<ProviderDevice> devices) {}

    private final MemorySegment handle;
    /** By the name that they were registered with. */
    private final Map<String, Registered> libraries = new HashMap<>();

    private Environment() {
        try (Arena arena = Arena.ofConfined()) {
            this.handle = NativeCall.create(pointer -> {
                Calls.IN_LIBRARY.create.invokeExact(ERRORS_ONLY, arena.allocateFrom("jnpu"), pointer);
            });
        }
        NativeCall.run(() -> {
            Calls.IN_LIBRARY.disableTelemetry.invokeExact(handle);
        });
    }

    /**
     * The process's only one; made at the first call.
     *
     * @throws BackendException
     *             if the library cannot be loaded
     */
    public static Environment shared() {
        OnnxRuntimeLibrary.load();
        return Holder.SHARED;
    }

    MemorySegment handle() {
        return handle;
    }

    /**
     * Brings a provider's library in; not twice.
     *
     * @param name
     *            any, the user's
     * @return the devices that the library's providers can use, maybe none
     * @throws BackendException
     *             if the file is missing, is no such library, or another was registered under this name
     */
    public synchronized List<ProviderDevice> register(String name, String file) {
        Path path = LibraryFile.requireFile(file, "the library of provider '%s',".formatted(name));
        Registered known = libraries.get(name);
        if (known != null && known.file().equals(path)) {
            return known.devices();
        }
        if (known != null) {
            throw new BackendException("provider '%s' is %s in this process, and cannot be %s as well".formatted(name,
                    known.file(), path));
        }
        Set<Long> before = providerDevices().stream().map(device -> device.handle().address())
                .collect(Collectors.toSet());
        try (Arena arena = Arena.ofConfined()) {
            NativeCall.run(() -> {
                Calls.IN_LIBRARY.register.invokeExact(handle, arena.allocateFrom(name), NativeCall.path(arena, path));
            });
        } catch (OnnxRuntimeException e) {
            throw e.whileDoing("take provider '%s' from %s".formatted(name, path));
        }
        // Providers need not have the name that their library was registered with.
        List<ProviderDevice> added = providerDevices().stream()
                .filter(device -> !before.contains(device.handle().address())).toList();
        libraries.put(name, new Registered(path, added));
        return added;
    }

    /** Takes a provider's library out, after all sessions that use it were closed. */
    public synchronized void unregister(String name) {
        if (libraries.remove(name) != null) {
            try (Arena arena = Arena.ofConfined()) {
                NativeCall.run(() -> {
                    Calls.IN_LIBRARY.unregister.invokeExact(handle, arena.allocateFrom(name));
                });
            }
        }
    }

    /** All processors that were found. */
    public List<HardwareDevice> hardwareDevices() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
            NativeCall.run(() -> {
                Calls.IN_LIBRARY.countHardware.invokeExact(handle, count);
            });
            long devices = count.get(ValueLayout.JAVA_LONG, 0);
            MemorySegment array = arena.allocate(ValueLayout.ADDRESS, Math.max(1, devices));
            NativeCall.run(() -> {
                Calls.IN_LIBRARY.hardware.invokeExact(handle, array, devices);
            });
            return NativeCall.elements(array, devices).stream().map(Environment::hardwareDevice).toList();
        }
    }

    /** All pairs of a provider and a device that it can use. */
    public List<ProviderDevice> providerDevices() {
        return NativeCall.list((elements, count) -> {
            Calls.IN_LIBRARY.providerDevices.invokeExact(handle, elements, count);
        }).stream().map(Environment::providerDevice).toList();
    }

    private static ProviderDevice providerDevice(MemorySegment device) {
        return NativeCall.get(() -> new ProviderDevice(
                NativeCall.text((MemorySegment) Calls.IN_LIBRARY.providerName.invokeExact(device)),
                NativeCall.text((MemorySegment) Calls.IN_LIBRARY.providerVendor.invokeExact(device)),
                hardwareDevice((MemorySegment) Calls.IN_LIBRARY.providerDevice.invokeExact(device)), device));
    }

    private static HardwareDevice hardwareDevice(MemorySegment device) {
        return NativeCall.get(() -> {
            Acceleration type = switch ((int) Calls.IN_LIBRARY.deviceType.invokeExact(device)) {
                case 1 -> Acceleration.GPU;
                case 2 -> Acceleration.NPU;
                default -> Acceleration.CPU;
            };
            return new HardwareDevice(type, (int) Calls.IN_LIBRARY.vendorId.invokeExact(device),
                    (int) Calls.IN_LIBRARY.deviceId.invokeExact(device),
                    NativeCall.text((MemorySegment) Calls.IN_LIBRARY.vendor.invokeExact(device)),
                    pairs((MemorySegment) Calls.IN_LIBRARY.metadata.invokeExact(device)));
        });
    }

    private static Map<String, String> pairs(MemorySegment pairs) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment keys = arena.allocate(ValueLayout.ADDRESS);
            MemorySegment values = arena.allocate(ValueLayout.ADDRESS);
            MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
            NativeCall.run(() -> {
                Calls.IN_LIBRARY.pairs.invokeExact(pairs, keys, values, count);
            });
            long length = count.get(ValueLayout.JAVA_LONG, 0);
            return NativeCall.texts(NativeCall.elements(keys.get(ValueLayout.ADDRESS, 0), length),
                    NativeCall.elements(values.get(ValueLayout.ADDRESS, 0), length));
        }
    }

    /**
     * Copies a tensor's elements, from or to memory of a device as well. It has happened when this returns.
     *
     * @param target
     *            of the same type and number of elements
     * @throws OnnxRuntimeException
     *             if nobody can copy between their memories
     */
    public void copy(Value source, Value target) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = NativeCall.pointers(arena, List.of(source.handle()));
            MemorySegment to = NativeCall.pointers(arena, List.of(target.handle()));
            NativeCall.run(() -> {
                Calls.IN_LIBRARY.copy.invokeExact(handle, from, to, MemorySegment.NULL, 1L);
            });
        }
    }
}
