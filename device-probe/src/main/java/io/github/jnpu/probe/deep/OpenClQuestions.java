package io.github.jnpu.probe.deep;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** OpenCL's {@code cl.h}. */
final class OpenClQuestions {
    private static final int MAX_PLATFORMS = 16;
    private static final int MAX_DEVICES = 16;
    private static final int PLATFORM_VERSION = 0x0901;
    private static final int DEVICE_TYPE = 0x1000;
    private static final int DEVICE_NAME = 0x102b;
    private static final long ALL_TYPES = 0xffffffffL;
    private static final long CPU = 1 << 1;
    /** The loader's word for "no driver is installed". */
    private static final int PLATFORM_NOT_FOUND = -1001;
    private static final int DEVICE_NOT_FOUND = -1;

    private OpenClQuestions() {}

    static DeepProbeMain.Answer ask(NativeLibrary library) {
        MemorySegment platforms = library.allocate(8L * MAX_PLATFORMS);
        MemorySegment count = library.allocate(4);
        int status = library.call("clGetPlatformIDs", MAX_PLATFORMS, platforms, count);
        if (status == PLATFORM_NOT_FOUND) {
            return new DeepProbeMain.Answer("", List.of());
        }
        if (status != 0) {
            throw new IllegalStateException("clGetPlatformIDs failed with %d".formatted(status));
        }
        List<String> names = new ArrayList<>();
        String version = "";
        for (int i = 0; i < Math.clamp(count.get(ValueLayout.JAVA_INT, 0), 0, MAX_PLATFORMS); i++) {
            MemorySegment platform = NativeLibrary.pointer(platforms, 8L * i);
            version = version.isEmpty() ? text(library, "clGetPlatformInfo", platform, PLATFORM_VERSION) : version;
            MemorySegment devices = library.allocate(8L * MAX_DEVICES);
            MemorySegment found = library.allocate(4);
            int result = library.call("clGetDeviceIDs", platform, ALL_TYPES, MAX_DEVICES, devices, found);
            if (result == DEVICE_NOT_FOUND) {
                continue;
            }
            if (result != 0) {
                throw new IllegalStateException("clGetDeviceIDs failed with %d".formatted(result));
            }
            for (int j = 0; j < Math.clamp(found.get(ValueLayout.JAVA_INT, 0), 0, MAX_DEVICES); j++) {
                names.add(device(library, NativeLibrary.pointer(devices, 8L * j)));
            }
        }
        return new DeepProbeMain.Answer(version, names);
    }

    private static String device(NativeLibrary library, MemorySegment device) {
        MemorySegment type = library.allocate(8);
        library.succeed("clGetDeviceInfo", device, DEVICE_TYPE, 8L, type, MemorySegment.NULL);
        String name = text(library, "clGetDeviceInfo", device, DEVICE_NAME);
        return (type.get(ValueLayout.JAVA_LONG, 0) & CPU) != 0 ? name + DeepProbeMain.ON_CPU : name;
    }

    private static String text(NativeLibrary library, String function, MemorySegment object, int what) {
        MemorySegment text = library.allocate(1024);
        library.succeed(function, object, what, text.byteSize() - 1, text, MemorySegment.NULL);
        return NativeLibrary.text(text);
    }
}
