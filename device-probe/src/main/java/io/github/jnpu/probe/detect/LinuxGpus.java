package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** Graphics processors on the PCI bus, in systems on a chip, and through WSL. */
final class LinuxGpus {
    private static final String CLASS = "/sys/class/drm";

    private final SystemSource source;
    private final LinuxEnvironment environment;
    private final LinuxUser user;
    private final LinuxLibraries libraries;
    /** Nodes for computing, as {@code renderD128}, by the device behind them. */
    private final Map<String, String> nodes = new TreeMap<>();
    /** Nodes for drawing, as {@code card0}, whose folder has some of Intel's figures. */
    private final Map<String, String> cards = new TreeMap<>();
    private final List<Device> found = new ArrayList<>();

    LinuxGpus(SystemSource source, LinuxEnvironment environment, LinuxUser user, LinuxLibraries libraries) {
        this.source = source;
        this.environment = environment;
        this.user = user;
        this.libraries = libraries;
    }

    List<Device> find(List<PciFunction> functions) {
        for (String name : source.names(CLASS)) {
            Map<String, String> kind = name.startsWith("renderD")
                    ? nodes
                    : name.matches("card[0-9]{1,4}") ? cards : null;
            if (kind != null) {
                source.link(CLASS + "/" + name + "/device").map(Parse::lastName)
                        .ifPresent(device -> kind.putIfAbsent(device, name));
            }
        }
        for (PciFunction function : functions) {
            if (function.isDisplay()) {
                found.add(PciNames.displayOnly(function.vendor(), function.device())
                        .map(name -> displayOnly(function, name)).orElseGet(() -> pci(function)));
            }
        }
        nodes.forEach((device, node) -> {
            if (functions.stream().noneMatch(function -> function.address().equals(device))) {
                OnChipGpu.of(source, node, device).ifPresent(gpu -> found.add(onChip(gpu, node)));
            }
        });
        if (environment.isWsl() && source.node("/dev/dxg").isPresent()) {
            found.add(throughWsl());
        }
        return found;
    }

    private String nextId() {
        return "gpu" + found.size();
    }

    private Device displayOnly(PciFunction function, String name) {
        return new Device(Device.Kind.GPU, nextId(), function.hardwareId(), function.address(), "",
                PciNames.vendor(function.vendor()), name, "", false, driver(function), Optional.empty(),
                OptionalLong.empty(), List.of(),
                List.of(Check.failed("computing", name + " draws a console and cannot compute",
                        environment.system().virtualization().isEmpty()
                                ? "Add a graphics card, or use the CPU."
                                : "Pass a real GPU through to this virtual machine, or use the CPU.")));
    }

    private Device pci(PciFunction function) {
        Optional<PciNames.Gpu> known = PciNames.gpu(function.vendor(), function.device());
        OptionalLong own = ownMemory(function);
        boolean integrated = known.map(PciNames.Gpu::integrated).orElseGet(() -> looksIntegrated(function, own));
        List<Check> checks = new ArrayList<>();
        String node = "";
        if (function.driver().isEmpty()) {
            checks.add(Check.failed("kernel driver", "no driver is bound to " + function.address(),
                    driverRemedy(function.vendor())));
        } else if (function.driver().equals("vfio-pci")) {
            checks.add(Check.failed("kernel driver", "vfio-pci is bound to " + function.address(),
                    "It is set aside for a virtual machine; use it there, or unbind it from vfio-pci."));
        } else if (function.driver().equals("nouveau")) {
            checks.add(Check.failed("kernel driver", "nouveau is bound to " + function.address()
                    + "; it does not reach the speed at which computing pays", driverRemedy(PciNames.NVIDIA)));
        } else {
            checks.add(Check.passed("kernel driver", "%s is bound to %s".formatted(function.driver(),
                    function.address())));
            node = checkNode(function, checks);
        }
        checks.add(new GpuRuntimes(libraries).userSpace(function.vendor()));
        String id = nextId();
        String vendor = PciNames.vendor(function.vendor());
        String name = nvidiaName(function).or(() -> known.map(PciNames.Gpu::name))
                .or(() -> PciDatabase.name(source, function.vendor(), function.device()))
                .orElse("%s GPU %04x:%04x".formatted(vendor, function.vendor(), function.device()));
        return new Device(Device.Kind.GPU, id, function.hardwareId(), function.address(), node, vendor, name,
                known.map(PciNames.Gpu::generation).orElse(""), integrated, driver(function), Optional.empty(),
                integrated ? sharedMemory(function, own) : own,
                known.map(PciNames.Gpu::precisions).orElse(List.of()), checks);
    }

    /** Adds what there is to say of the node for computing; its path if it is there, else empty. */
    private String checkNode(PciFunction function, List<Check> checks) {
        boolean nvidia = function.driver().equals("nvidia");
        String path = nvidia
                ? "/dev/nvidiactl"
                : Optional.ofNullable(nodes.get(function.address())).map(name -> "/dev/dri/" + name)
                        .orElse("/dev/dri/renderD128");
        Optional<SystemSource.Node> there = source.node(path);
        if (there.isPresent()) {
            checks.add(user.permission(path, there.get()));
            return path;
        }
        if (environment.isContained()) {
            String docker = nvidia ? "--gpus all" : "--device %s --group-add $(stat -c %%g %s)".formatted(path, path);
            checks.add(Check.failed("device node",
                    "%s of the host is not in this container, though its bus shows the GPU at %s".formatted(path,
                            function.address()),
                    environment.system().container().equals("Kubernetes")
                            ? KubernetesAdvice.ofGpu(function.vendor())
                            : "Start the container with docker run " + docker));
        } else {
            checks.add(Check.failed("device node", path + " is missing",
                    nvidia
                            ? "sudo nvidia-modprobe -u"
                            : "Look for the driver's error: sudo dmesg | grep -i " + function.driver()));
        }
        return "";
    }

    private static String driverRemedy(int vendor) {
        return switch (vendor) {
            case PciNames.NVIDIA -> "Install NVIDIA's driver; on Ubuntu: sudo ubuntu-drivers install";
            case PciNames.AMD_GRAPHICS -> "sudo modprobe amdgpu; a card newer than the kernel needs a newer kernel";
            case PciNames.INTEL -> "sudo modprobe xe, or i915; a GPU newer than the kernel needs a newer kernel";
            default -> "Install its vendor's driver.";
        };
    }

    private Optional<Device.Driver> driver(PciFunction function) {
        return function.driver().isEmpty()
                ? Optional.empty()
                : Optional.of(new Device.Driver(function.driver(),
                        Parse.line(source, "/sys/module/%s/version".formatted(function.driver())).orElse("")));
    }

    private Optional<String> nvidiaName(PciFunction function) {
        return function.driver().equals("nvidia")
                ? Parse.field(Parse.lines(source,
                        "/proc/driver/nvidia/gpus/%s/information".formatted(function.address())), "Model")
                : Optional.empty();
    }

    /** A GPU without an entry in the table: Intel's integrated ones all sit at the same place, AMD's have little memory. */
    private static boolean looksIntegrated(PciFunction function, OptionalLong own) {
        return switch (function.vendor()) {
            case PciNames.INTEL -> function.address().endsWith(":00:02.0");
            case PciNames.AMD_GRAPHICS -> own.isPresent() && own.getAsLong() <= 1L << 30;
            default -> false;
        };
    }

    /** Memory on the card, or set aside for it; NVIDIA's driver and Intel's in the main line of Linux do not tell. */
    private OptionalLong ownMemory(PciFunction function) {
        return switch (function.driver()) {
            case "amdgpu" -> Parse.number(source, function.folder() + "/mem_info_vram_total");
            case "xe" -> Parse.number(source, function.folder() + "/tile0/physical_vram_size_bytes");
            case "i915" -> cards.containsKey(function.address())
                    ? Parse.number(source, "%s/%s/lmem_total_bytes".formatted(CLASS, cards.get(function.address())))
                    : OptionalLong.empty();
            default -> OptionalLong.empty();
        };
    }

    /** What AMD's driver lets the GPU take of main memory, beside what the firmware set aside. */
    private OptionalLong sharedMemory(PciFunction function, OptionalLong own) {
        OptionalLong shared = function.driver().equals("amdgpu")
                ? Parse.number(source, function.folder() + "/mem_info_gtt_total")
                : OptionalLong.empty();
        return shared.isPresent() && own.isPresent() && own.getAsLong() >= 0 && own.getAsLong() < 1L << 50
                && shared.getAsLong() < 1L << 50
                        ? OptionalLong.of(own.getAsLong() + shared.getAsLong())
                        : OptionalLong.empty();
    }

    private Device onChip(OnChipGpu gpu, String node) {
        String path = "/dev/dri/" + node;
        List<Check> checks = new ArrayList<>();
        checks.add(Check.passed("kernel driver", "%s is bound to %s".formatted(gpu.driver(), gpu.address())));
        source.node(path).ifPresent(there -> checks.add(user.permission(path, there)));
        checks.add(gpu.runtime());
        return new Device(Device.Kind.GPU, nextId(), gpu.hardwareId(), gpu.address(), path, gpu.vendor(), gpu.name(),
                "",
                true, Optional.of(new Device.Driver(gpu.driver(), "")), Optional.empty(), OptionalLong.empty(),
                List.of(), checks);
    }

    /** WSL passes graphics cards of Windows through a driver of its own, without saying which. */
    private Device throughWsl() {
        Optional<String> cuda = libraries.find("libcuda.so.1");
        Optional<String> direct = libraries.find("libd3d12.so");
        return new Device(Device.Kind.GPU, nextId(), "", "", "/dev/dxg", cuda.isPresent() ? "NVIDIA" : "",
                "GPU of Windows, through WSL", "", false, Optional.of(new Device.Driver("dxgkrnl", "")),
                Optional.empty(), OptionalLong.empty(), List.of(),
                List.of(Check.passed("kernel driver", "/dev/dxg is there"),
                        cuda.map(path -> Check.passed("user-space driver", path))
                                .or(() -> direct.map(path -> Check.unknown("user-space driver",
                                        path + " is for Direct3D only; which GPU it is and what else reaches it is unknown")))
                                .orElseGet(() -> Check.failed("user-space driver",
                                        "neither libcuda.so.1 nor libd3d12.so in /usr/lib/wsl/lib",
                                        "Install the GPU's newest driver on Windows, then wsl --update"))));
    }
}
