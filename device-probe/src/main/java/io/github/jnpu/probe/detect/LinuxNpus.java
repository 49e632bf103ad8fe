package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** NPUs on the PCI bus and in systems on a chip. */
final class LinuxNpus {
    private static final String CLASS = "/sys/class/accel";

    private final SystemSource source;
    private final LinuxEnvironment environment;
    private final LinuxUser user;
    private final LinuxLibraries libraries;
    /** Names of nodes as {@code accel0} by the device behind them. */
    private final Map<String, String> nodes = new TreeMap<>();
    private final List<Device> found = new ArrayList<>();

    LinuxNpus(SystemSource source, LinuxEnvironment environment, LinuxUser user, LinuxLibraries libraries) {
        this.source = source;
        this.environment = environment;
        this.user = user;
        this.libraries = libraries;
    }

    List<Device> find(List<PciFunction> functions) {
        for (String node : source.names(CLASS)) {
            if (node.startsWith("accel")) {
                source.link(CLASS + "/" + node + "/device").map(Parse::lastName)
                        .ifPresent(device -> nodes.putIfAbsent(device, node));
            }
        }
        Set<Integer> graphics = functions.stream()
                .filter(function -> function.isDisplay() && function.vendor() == PciNames.INTEL)
                .map(PciFunction::device).collect(Collectors.toSet());
        for (PciFunction function : functions) {
            Optional<PciNames.Npu> npu = PciNames.npu(function.vendor(), function.device(), function.revision(),
                    graphics);
            if (npu.isPresent()) {
                found.add(pci(function, npu.get()));
            } else if (nodes.containsKey(function.address())) {
                found.add(unknown(function));
            }
        }
        rockchip();
        hexagon();
        return found;
    }

    private String nextId() {
        return "npu" + found.size();
    }

    private Device pci(PciFunction function, PciNames.Npu npu) {
        List<Check> checks = new ArrayList<>();
        Optional<String> node = Optional.ofNullable(nodes.get(function.address())).map(name -> "/dev/accel/" + name);
        boolean driven = new KernelDriver(source, environment).check(function, npu, checks);
        boolean reachable = driven && checkNode(function, node, checks);
        if (!npu.languageModels()) {
            checks.add(Check.failed("generation", npu.vendor() + " runs no language models on " + npu.generation(),
                    "Use the GPU or the CPU; language models need "
                            + (npu.vendor().equals("AMD") ? "XDNA 2 (Ryzen AI 300 and later)." : "another device.")));
        }
        checks.add(libraries.npuDriver(npu));
        Optional<Device.Driver> driver = function.driver().isEmpty()
                ? Optional.empty()
                : Optional.of(new Device.Driver(function.driver(), driverVersion(function.driver())));
        // AMD's driver has a name for what it drives; Intel's has none.
        String name = npu.vendor().equals("AMD")
                ? Parse.line(source, function.folder() + "/vbnv").map(said -> "AMD " + said).orElse(npu.name())
                : npu.name();
        return new Device(Device.Kind.NPU, nextId(), function.hardwareId(), function.address(),
                reachable ? node.orElse("") : "", npu.vendor(), name, npu.generation(), true, driver, npu.tops(),
                OptionalLong.empty(), npu.precisions(), checks);
    }

    private String driverVersion(String module) {
        return Parse.line(source, "/sys/module/%s/version".formatted(module)).orElse("");
    }

    /** Adds what there is to say of the device node; true if it is there. */
    private boolean checkNode(PciFunction function, Optional<String> node, List<Check> checks) {
        String path = node.orElse("/dev/accel/accel0");
        Optional<SystemSource.Node> there = source.node(path);
        if (there.isPresent() && node.isPresent()) {
            checks.add(Check.passed("device node", path + " is there"));
            checks.add(user.permission(path, there.get()));
            return true;
        }
        if (environment.isContained()) {
            boolean kubernetes = environment.system().container().equals("Kubernetes");
            checks.add(Check.failed("device node",
                    "%s of the host is not in this container, though its bus shows the NPU at %s".formatted(path,
                            function.address()),
                    kubernetes
                            ? KubernetesAdvice.of(function.vendor())
                            : "Start the container with docker run --device %s --group-add $(stat -c %%g %s)"
                                    .formatted(path, path)));
        } else {
            checks.add(Check.failed("device node",
                    node.isPresent() ? path + " is missing" : "the driver made no node in /dev/accel",
                    "Look for the driver's error: sudo dmesg | grep -i " + function.driver()));
        }
        return false;
    }

    /** A driver of the kernel's accelerator class that this version of the probe has never heard of. */
    private Device unknown(PciFunction function) {
        String path = "/dev/accel/" + nodes.get(function.address());
        return new Device(Device.Kind.NPU, nextId(), function.hardwareId(), function.address(), path,
                PciNames.vendor(function.vendor()), "Accelerator " + function.hardwareId(), "", false,
                source.link(function.folder() + "/driver")
                        .map(driver -> new Device.Driver(Parse.lastName(driver),
                                driverVersion(Parse.lastName(driver)))),
                Optional.empty(), OptionalLong.empty(), List.of(),
                List.of(Check.unknown("generation", "this version of jnpu does not know it")));
    }

    /** The kernel's driver rocket makes one node for all cores; the vendor's, RKNPU, hides among the graphics. */
    private void rockchip() {
        List<String> cores = source.names("/sys/bus/platform/devices").stream().filter(
                name -> name.endsWith(".npu") && source.node("/sys/bus/platform/devices/" + name).isPresent())
                .toList();
        String board = source.text("/proc/device-tree/compatible").orElse("");
        if (cores.isEmpty() || !board.contains("rockchip,")) {
            return;
        }
        boolean rk3588 = board.contains("rockchip,rk3588");
        String driver = source.link("/sys/bus/platform/devices/%s/driver".formatted(cores.getFirst()))
                .map(Parse::lastName).orElse("");
        Optional<String> node = Optional.ofNullable(nodes.get("rknn")).map(name -> "/dev/accel/" + name);
        List<Check> checks = new ArrayList<>();
        if (driver.isEmpty()) {
            checks.add(Check.failed("kernel driver", "no driver is bound to " + cores.getFirst(),
                    environment.hasKernel("6.18")
                            ? "Load the driver: sudo modprobe rocket"
                            : "Use Linux 6.18 or later, or the board vendor's kernel."));
        } else {
            checks.add(Check.passed("kernel driver", "%s is bound to %s".formatted(driver, cores.getFirst())));
        }
        node.flatMap(source::node).ifPresent(there -> checks.add(user.permission(node.get(), there)));
        checks.add(Check.failed("generation",
                "no runtime that jnpu knows runs language models from GGUF files on Rockchip NPUs",
                "Use the CPU; Rockchip's own RKLLM converts models for this NPU."));
        found.add(new Device(Device.Kind.NPU, nextId(), "of:" + (rk3588 ? "rockchip,rk3588" : "rockchip"),
                cores.getFirst(), node.orElse(""), "Rockchip", "Rockchip NPU (%d cores)".formatted(cores.size()),
                rk3588 ? "RK3588" : "", true,
                driver.isEmpty() ? Optional.empty() : Optional.of(new Device.Driver(driver, "")),
                rk3588
                        ? Optional.of(new Device.Tops(6, "INT8", "Rockchip's figure for RK3588, all three cores"))
                        : Optional.empty(),
                OptionalLong.empty(), rk3588 ? List.of("INT4", "INT8", "INT16", "FP16") : List.of(), checks));
    }

    /** Qualcomm's NPU is its compute DSP; Linux starts it as a remote processor and talks to it by FastRPC. */
    private void hexagon() {
        String folder = "/sys/class/remoteproc";
        for (String name : source.names(folder)) {
            String path = folder + "/" + name;
            String firmware = Parse.line(source, path + "/firmware").orElse("");
            if (!firmware.contains("cdsp") && !Parse.line(source, path + "/name").orElse("").contains("cdsp")) {
                continue;
            }
            String state = Parse.line(source, path + "/state").orElse("unknown");
            List<Check> checks = new ArrayList<>();
            checks.add(state.equals("running")
                    ? Check.passed("firmware", "%s/state is running (%s)".formatted(path, firmware))
                    : Check.failed("firmware", "%s/state is %s; it wants %s".formatted(path, state, firmware),
                            "Copy the firmware from Windows on the same computer to /lib/firmware/" + firmware));
            checks.add(Check.failed("generation",
                    "the runtime for Hexagon, QNN, is not published for Linux on Snapdragon computers",
                    "Use the CPU, or Windows for the NPU."));
            boolean elite = source.text("/proc/device-tree/compatible").orElse("").contains("qcom,x1");
            Optional<String> node = Optional.of("/dev/fastrpc-cdsp").filter(at -> source.node(at).isPresent());
            found.add(new Device(Device.Kind.NPU, nextId(), "of:qcom,cdsp", name, node.orElse(""), "Qualcomm",
                    "Hexagon NPU", elite ? "Hexagon (Snapdragon X)" : "Hexagon", true,
                    Optional.of(new Device.Driver(node.isPresent() ? "fastrpc" : "remoteproc", "")),
                    elite
                            ? Optional.of(new Device.Tops(45, "INT8", "Qualcomm's figure for Snapdragon X"))
                            : Optional.empty(),
                    OptionalLong.empty(), List.of("INT4", "INT8", "INT16", "FP16"), checks));
            return;
        }
    }
}
