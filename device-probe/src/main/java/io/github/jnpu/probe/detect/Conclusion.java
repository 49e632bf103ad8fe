package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.probe.RuntimeLibrary.Kind;
import io.github.jnpu.probe.SystemInfo;

import java.util.ArrayList;
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
        List<Device> candidates = new ArrayList<>();
        for (Device.Kind kind : Device.Kind.values()) {
            best(devices, kind).ifPresent(candidates::add);
        }
        if (candidates.isEmpty()) {
            return "No NPU or GPU that can run networks was found%s; everything runs on %s.".formatted(
                    surroundings(system), path);
        }
        List<String> ready = new ArrayList<>();
        List<String> clauses = new ArrayList<>();
        boolean used = false;
        for (Device device : candidates) {
            switch (state(device)) {
                case FAILED -> clauses.add("%s cannot be used (%s)".formatted(describe(device), failed(device)));
                case UNKNOWN -> clauses.add("whether %s can run networks is unknown".formatted(describe(device)));
                case PASSED -> {
                    Set<Kind> reach = reach(device);
                    reach.retainAll(backends);
                    if (reach.isEmpty()) {
                        ready.add(describe(device));
                    } else if (runtimes.stream().anyMatch(
                            runtime -> runtime.usable() && reach.contains(runtime.kind()))) {
                        used = true;
                        clauses.addFirst(describe(device) + " can be used");
                    } else {
                        clauses.add(describe(device) + " is ready, but its runtime is missing");
                    }
                }
            }
        }
        if (!ready.isEmpty()) {
            clauses.add("%s %s ready, but this jnpu has no backend for %s yet".formatted(String.join(" and ", ready),
                    ready.size() == 1 ? "is" : "are", ready.size() == 1 ? "it" : "them"));
        }
        if (system.virtualization().startsWith("WSL")) {
            clauses.add("WSL passes no NPU through, so look for one with jnpu on Windows");
        }
        return "%s; %s runs on %s.".formatted(capital(String.join("; ", clauses)), used ? "the rest" : "everything",
                path);
    }

    private static String surroundings(SystemInfo system) {
        if (system.virtualization().startsWith("WSL")) {
            return ", and WSL passes no NPU through";
        }
        return system.virtualization().isEmpty()
                ? ""
                : ", and this is a virtual machine, which sees only what its host passes through";
    }

    /** The device of a kind that comes closest to being used; displays that cannot compute do not count. */
    private static Optional<Device> best(List<Device> devices, Device.Kind kind) {
        return devices.stream().filter(device -> device.kind() == kind)
                .filter(device -> device.checks().stream().noneMatch(
                        check -> check.name().equals("computing") && check.status() == Check.Status.FAILED))
                .min(Comparator.comparing(device -> switch (state(device)) {
                    case PASSED -> 0;
                    case UNKNOWN -> 1;
                    case FAILED -> 2;
                }));
    }

    private static Check.Status state(Device device) {
        if (!device.usable()) {
            return Check.Status.FAILED;
        }
        return device.checks().stream().anyMatch(check -> check.status() == Check.Status.UNKNOWN)
                ? Check.Status.UNKNOWN
                : Check.Status.PASSED;
    }

    private static String failed(Device device) {
        return device.checks().stream().filter(check -> check.status() == Check.Status.FAILED).map(Check::name)
                .findFirst().orElse("");
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
