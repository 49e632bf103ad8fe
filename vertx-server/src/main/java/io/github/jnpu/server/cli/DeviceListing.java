package io.github.jnpu.server.cli;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.DeviceReport;
import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.MemoryBandwidth;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.probe.SystemInfo;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A device report for people: a column of headings, what there is, and under each device what stands against it. */
final class DeviceListing {
    private static final String GREEN = "\033[32m";
    private static final String RED = "\033[31m";
    private static final String YELLOW = "\033[33m";
    private static final String BOLD = "\033[1m";
    private static final String PLAIN = "\033[0m";

    private final PrintStream out;
    private final boolean colours;
    private final boolean verbose;

    DeviceListing(PrintStream out, boolean colours, boolean verbose) {
        this.out = out;
        this.colours = colours;
        this.verbose = verbose;
    }

    void print(DeviceReport report, Optional<MemoryBandwidth> bandwidth) {
        line("SYSTEM", system(report.system()));
        cpu(report.cpu());
        line("MEMORY", memory(report.memory()) + bandwidth.map(own -> String.format(Locale.ROOT,
                ", read at %.1f GB/s by %d threads", own.best(), own.threads())).orElse(""));
        devices("NPU", report.npus());
        devices("GPU", report.gpus());
        if (!report.accelerators().isEmpty()) {
            devices("USB", report.accelerators());
        }
        runtimes(report.runtimes());
        if (!report.unread().isEmpty()) {
            line("UNREAD", report.unread().getFirst());
            report.unread().stream().skip(1).forEach(what -> line("", what));
        }
        out.println();
        out.println(colour(BOLD, report.conclusion()));
    }

    /** What a model would take beside what there is. */
    void print(ModelNeeds needs, DeviceReport report) {
        out.println();
        line("MODEL", needs.model());
        line("", "weights %s, KV cache %s, buffers %s, process %s".formatted(Quantity.bytes(needs.weightBytes()),
                Quantity.bytes(needs.cacheBytes()), Quantity.bytes(needs.bufferBytes()), Quantity.bytes(needs
                        .processBytes())));
        long available = report.memory().availableBytes();
        line("", "on the CPU %s: %s".formatted(Quantity.bytes(needs.totalBytes()),
                fits(needs.totalBytes(), available)));
        line("", "through ONNX Runtime or OpenVINO %s while they compile: %s".formatted(Quantity.bytes(needs
                .compiledPeakBytes()), fits(needs.compiledPeakBytes(), available)));
    }

    private String fits(long bytes, long available) {
        if (available == 0) {
            return "this system does not tell how much is available";
        }
        return bytes <= available
                ? colour(GREEN, "fits into the %s that are available".formatted(Quantity.bytes(available)))
                : colour(RED,
                        "does not fit into the %s that are available; take a smaller model, --num-ctx or --kv-cache-type q8_0"
                                .formatted(Quantity.bytes(available)));
    }

    private void line(String heading, String text) {
        out.printf("%-8s %s%n", heading, text);
    }

    private String colour(String code, String text) {
        return colours ? code + text + PLAIN : text;
    }

    private static String system(SystemInfo system) {
        List<String> parts = new ArrayList<>();
        parts.add(system.name());
        parts.add(Stream.of(system.kernel(), system.architecture()).filter(text -> !text.isEmpty())
                .collect(Collectors.joining(" ")));
        parts.add(system.virtualization().isEmpty() ? "" : "a guest of " + system.virtualization());
        parts.add(system.container().isEmpty() ? "" : "in " + system.container());
        return parts.stream().filter(text -> !text.isEmpty()).collect(Collectors.joining(", "));
    }

    private void cpu(Cpu cpu) {
        String cores = cpu.machineCores() > cpu.physicalCores()
                ? "%d of %d cores".formatted(cpu.physicalCores(), cpu.machineCores())
                : "%d core%s".formatted(cpu.physicalCores(), cpu.physicalCores() == 1 ? "" : "s");
        line("CPU", "%s, %s, %d thread%s%s".formatted(cpu.model(), cores, cpu.logicalCores(), cpu.logicalCores() == 1
                ? ""
                : "s",
                cpu.vectorBits().isPresent()
                        ? ", vectors of %d bits".formatted(cpu.vectorBits().getAsInt())
                        : ""));
        if (cpu.coreKinds().size() > 1) {
            line("", cpu.coreKinds().stream().map(kind -> "%d %s".formatted(kind.cores(), kind.name()))
                    .collect(Collectors.joining(", ", "cores: ", "")));
        }
        if (!cpu.caches().isEmpty()) {
            line("", cpu.caches().stream().map(cache -> "L%d%s %s".formatted(cache.level(), switch (cache.type()) {
                case "data" -> "d";
                case "instruction" -> "i";
                default -> "";
            }, binary(cache.bytes()))).collect(Collectors.joining(", ", "caches: ", "")));
        }
        if (verbose && !cpu.features().isEmpty()) {
            line("", String.join(" ", cpu.features()));
        }
    }

    /** Caches are powers of two. */
    private static String binary(long bytes) {
        return bytes >= 1 << 20 && bytes % (1 << 20) == 0 ? (bytes >> 20) + " MiB" : (bytes >> 10) + " KiB";
    }

    private static String memory(Memory memory) {
        return memory.totalBytes() == 0
                ? "unknown"
                : "%s%s, %s available".formatted(Quantity.bytes(memory.totalBytes()),
                        memory.limited() ? " (the container's limit)" : "", memory.availableBytes() == 0
                                ? "unknown how much is"
                                : Quantity.bytes(memory.availableBytes()));
    }

    private void devices(String heading, List<Device> devices) {
        if (devices.isEmpty()) {
            line(heading, "none");
        }
        for (Device device : devices) {
            line(heading, "%s: %s, %s".formatted(device.id(), name(device), state(device)));
            String facts = facts(device);
            if (!facts.isEmpty()) {
                line("", "  " + facts);
            }
            device.checks().forEach(this::check);
        }
    }

    private static String name(Device device) {
        String name = device.name().startsWith(device.vendor()) ? device.name() : device.vendor() + " " + device.name();
        return device.generation().isEmpty() || name.contains(device.generation())
                ? name
                : "%s, %s".formatted(name, device.generation());
    }

    private String state(Device device) {
        if (!device.usable()) {
            return colour(RED, "not usable");
        }
        boolean sure = device.checks().stream().allMatch(check -> check.status() == Check.Status.PASSED);
        return sure ? colour(GREEN, "ready") : colour(YELLOW, "perhaps usable");
    }

    private static String facts(Device device) {
        List<String> facts = new ArrayList<>();
        facts.add(device.hardwareId());
        device.driver().ifPresent(driver -> facts.add(("driver %s %s").formatted(driver.name(), driver.version())
                .strip()));
        device.tops().ifPresent(tops -> facts.add(String.format(Locale.ROOT, "%.0f TOPS %s", tops.value(),
                tops.precision().equals("not stated") ? "" : tops.precision()).strip()));
        device.memoryBytes().ifPresent(bytes -> facts.add(Quantity.bytes(bytes) + (device.integrated()
                ? " of main memory"
                : "")));
        facts.add(String.join(" ", device.precisions()));
        return facts.stream().filter(text -> !text.isEmpty()).collect(Collectors.joining(", "));
    }

    private void check(Check check) {
        switch (check.status()) {
            case FAILED -> {
                line("", "  %s %s: %s".formatted(colour(RED, "!!"), check.name(), check.evidence()));
                if (!check.remedy().isEmpty()) {
                    line("", "     -> " + check.remedy());
                }
            }
            case UNKNOWN -> line("", "  %s %s: %s".formatted(colour(YELLOW, "? "), check.name(), check.evidence()));
            case PASSED -> {
                if (verbose) {
                    line("", "  %s %s: %s".formatted(colour(GREEN, "ok"), check.name(), check.evidence()));
                }
            }
        }
    }

    private void runtimes(List<RuntimeLibrary> runtimes) {
        String heading = "RUNTIME";
        for (RuntimeLibrary runtime : runtimes) {
            if (runtime.path().isEmpty()) {
                continue;
            }
            line(heading, "%s%s, %s%s".formatted(name(runtime.kind()), runtime.version().isEmpty()
                    ? ""
                    : " " + runtime.version(), runtime.path(),
                    runtime.usable() ? "" : ", " + colour(RED, "not usable")));
            if (!runtime.devices().isEmpty()) {
                line("", "  devices: " + String.join("; ", runtime.devices()));
            }
            runtime.checks().forEach(this::check);
            heading = "";
        }
        String missing = runtimes.stream().filter(runtime -> runtime.path().isEmpty())
                .map(runtime -> name(runtime.kind())).distinct().collect(Collectors.joining(", "));
        if (!missing.isEmpty()) {
            line(heading, "not found: " + missing);
        }
    }

    private static String name(RuntimeLibrary.Kind kind) {
        return switch (kind) {
            case OPENVINO -> "OpenVINO";
            case OPENVINO_GENAI -> "OpenVINO GenAI";
            case ONNX_RUNTIME -> "ONNX Runtime";
            case OPENCL -> "OpenCL";
            case VULKAN -> "Vulkan";
            case LEVEL_ZERO -> "Level Zero";
            case XRT -> "XRT";
            case QNN -> "QNN";
            case CUDA -> "CUDA";
            case DIRECTML -> "DirectML";
            case CORE_ML -> "Core ML";
        };
    }
}
