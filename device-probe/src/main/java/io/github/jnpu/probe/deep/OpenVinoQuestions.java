package io.github.jnpu.probe.deep;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** OpenVINO's C interface: {@code ov_common.h} and {@code ov_core.h}. */
final class OpenVinoQuestions {
    private static final long MAX_DEVICES = 64;

    private OpenVinoQuestions() {}

    static DeepProbeMain.Answer ask(NativeLibrary library) {
        // Two strings: the build's number, which begins with the version, and a description.
        MemorySegment version = library.allocate(16);
        library.succeed("ov_get_openvino_version", version);
        String build = NativeLibrary.text(NativeLibrary.pointer(version, 0));
        MemorySegment core = library.allocate(8);
        library.succeed("ov_core_create", core);
        MemorySegment handle = NativeLibrary.pointer(core, 0);
        // An array of strings and its length.
        MemorySegment found = library.allocate(16);
        library.succeed("ov_core_get_available_devices", handle, found);
        long count = Math.clamp(found.get(ValueLayout.JAVA_LONG, 8), 0, MAX_DEVICES);
        MemorySegment names = NativeLibrary.pointers(NativeLibrary.pointer(found, 0), count);
        List<String> devices = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            String name = NativeLibrary.text(NativeLibrary.pointer(names, i * 8));
            MemorySegment value = library.allocate(8);
            int status = library.call("ov_core_get_property", handle, library.string(name),
                    library.string("FULL_DEVICE_NAME"), value);
            // Nothing is freed: the process ends.
            devices.add(status == 0 ? name + ": " + NativeLibrary.text(NativeLibrary.pointer(value, 0)) : name);
        }
        return new DeepProbeMain.Answer(build, devices);
    }
}
