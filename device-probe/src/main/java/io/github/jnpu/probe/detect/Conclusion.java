package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.probe.RuntimeLibrary.Kind;
import io.github.jnpu.probe.SystemInfo;

import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Says in a sentence what a report means. */
public final class Conclusion {
    private Conclusion() {}

    /**
     * @param backends
     *            the runtimes that the program can compute with; a device is only said to be used if one of them is usable and reaches it
     */
    public static String of(SystemInfo system, Cpu cpu, List<Device> devices, List<RuntimeLibrary> runtimes,
            Set<Kind> backends) {
        String path = "the CPU (%s%s)".formatted(cpu.physicalCores() == 1 ? "1 core" : cpu.physicalCores() + " cores",
                cpu.vectorBits().isPresent() ? ", %d-bit vectors".formatted(cpu.vectorBits().getAsInt()) : "");
        Optional<Device> usable = first(devices, true);
        if (usable.isPresent()) {
            Set<Kind> reach = reach(usable.get());
            String what = describe(usable.get());
            if (backends.stream().noneMatch(reach::contains)) {
                return "%s is ready, but this jnpu has no backend for it yet; everything runs on %s.".formatted(
                        capital(what), path);
            }
            boolean there = runtimes.stream().anyMatch(
                    runtime -> runtime.usable() && backends.contains(runtime.kind()) && reach.contains(runtime.kind()));
            return there
                    ? "%s can be used beside %s.".formatted(capital(what), path)
                    : "%s is ready, but its runtime is missing; everything runs on %s.".formatted(capital(what), path);
        }
        Optional<Device> hindered = first(devices, false);
        if (hindered.isPresent()) {
            String failed = hindered.get().checks().stream().filter(check -> check.status() == Check.Status.FAILED)
                    .map(Check::name).findFirst().orElse("");
            return "%s cannot be used (%s); everything runs on %s.".formatted(capital(describe(hindered.get())), failed,
                    path);
        }
        String reason = "";
        if (system.virtualization().startsWith("WSL")) {
            reason = ", and WSL passes none through";
        } else if (!system.virtualization().isEmpty()) {
            reason = ", and this is a virtual machine, which sees only what its host passes through";
        }
        return "No NPU or GPU that can run networks was found%s; everything runs on %s.".formatted(reason, path);
    }

    /** The first device with or without failed checks; NPUs come before GPUs, and displays that cannot compute do not count. */
    private static Optional<Device> first(List<Device> devices, boolean usable) {
        return devices.stream().filter(device -> device.usable() == usable)
                .filter(device -> device.checks().stream().noneMatch(check -> check.name().equals("computing")
                        && check.status() == Check.Status.FAILED))
                .min(Comparator.comparing(Device::kind));
    }

    private static String describe(Device device) {
        return switch (device.kind()) {
            case NPU -> "the NPU (%s)".formatted(device.name());
            case GPU -> "the GPU (%s)".formatted(device.name());
            case USB -> "the USB accelerator (%s)".formatted(device.name());
        };
    }

    private static String capital(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }

    /** The runtimes that can compute on a device. */
    private static Set<Kind> reach(Device device) {
        Set<Kind> kinds = EnumSet.of(Kind.ONNX_RUNTIME);
        boolean gpu = device.kind() == Device.Kind.GPU;
        if (gpu) {
            kinds.addAll(EnumSet.of(Kind.OPENCL, Kind.VULKAN, Kind.DIRECTML));
        }
        switch (device.vendor()) {
            case "Intel" -> kinds.addAll(EnumSet.of(Kind.OPENVINO, Kind.OPENVINO_GENAI, Kind.LEVEL_ZERO));
            case "AMD" -> kinds.add(gpu ? Kind.VULKAN : Kind.XRT);
            case "NVIDIA" -> kinds.add(Kind.CUDA);
            case "Qualcomm" -> kinds.add(Kind.QNN);
            case "Apple" -> kinds.add(Kind.CORE_ML);
            default -> {
                // The common ones only.
            }
        }
        return kinds;
    }
}
