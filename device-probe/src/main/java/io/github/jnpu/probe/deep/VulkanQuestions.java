package io.github.jnpu.probe.deep;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Vulkan's {@code vulkan_core.h}. */
final class VulkanQuestions {
    private static final int MAX_DEVICES = 16;
    /** VkInstanceCreateInfo: its type, then nothing that is wanted. */
    private static final int CREATE_INFO_BYTES = 64;
    private static final int CREATE_INFO_TYPE = 1;
    /** VkPhysicalDeviceProperties, with room for longer ones to come. */
    private static final int PROPERTIES_BYTES = 4096;
    private static final int TYPE_OFFSET = 16;
    private static final int NAME_OFFSET = 20;
    private static final int NAME_BYTES = 256;
    private static final int CPU = 4;
    private static final int INCOMPLETE = 5;
    private static final int NO_DRIVER = -9;

    private VulkanQuestions() {}

    static DeepProbeMain.Answer ask(NativeLibrary library) {
        MemorySegment number = library.allocate(4);
        library.succeed("vkEnumerateInstanceVersion", number);
        int packed = number.get(ValueLayout.JAVA_INT, 0);
        String version = "%d.%d.%d".formatted(packed >>> 22 & 0x7f, packed >>> 12 & 0x3ff, packed & 0xfff);
        MemorySegment info = library.allocate(CREATE_INFO_BYTES);
        info.set(ValueLayout.JAVA_INT, 0, CREATE_INFO_TYPE);
        MemorySegment instance = library.allocate(8);
        int created = library.call("vkCreateInstance", info, MemorySegment.NULL, instance);
        if (created == NO_DRIVER) {
            return new DeepProbeMain.Answer(version, List.of());
        }
        if (created != 0) {
            throw new IllegalStateException("vkCreateInstance failed with %d".formatted(created));
        }
        MemorySegment count = library.allocate(4);
        count.set(ValueLayout.JAVA_INT, 0, MAX_DEVICES);
        MemorySegment devices = library.allocate(8L * MAX_DEVICES);
        int status = library.call("vkEnumeratePhysicalDevices", NativeLibrary.pointer(instance, 0), count, devices);
        if (status != 0 && status != INCOMPLETE) {
            throw new IllegalStateException("vkEnumeratePhysicalDevices failed with %d".formatted(status));
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < Math.clamp(count.get(ValueLayout.JAVA_INT, 0), 0, MAX_DEVICES); i++) {
            MemorySegment properties = library.allocate(PROPERTIES_BYTES);
            // It returns nothing; what the call takes for a result is not looked at.
            library.call("vkGetPhysicalDeviceProperties", NativeLibrary.pointer(devices, 8L * i), properties);
            String name = NativeLibrary.text(properties.asSlice(NAME_OFFSET, NAME_BYTES));
            names.add(properties.get(ValueLayout.JAVA_INT, TYPE_OFFSET) == CPU ? name + DeepProbeMain.ON_CPU : name);
        }
        return new DeepProbeMain.Answer(version, names);
    }
}
