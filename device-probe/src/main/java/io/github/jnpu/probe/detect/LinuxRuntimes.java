package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.probe.RuntimeLibrary.Kind;
import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Libraries through which programs reach devices on Linux. */
final class LinuxRuntimes {
    private final SystemSource source;
    private final LinuxEnvironment environment;
    private final LinuxLibraries libraries;

    LinuxRuntimes(SystemSource source, LinuxEnvironment environment, LinuxLibraries libraries) {
        this.source = source;
        this.environment = environment;
        this.libraries = libraries;
    }

    List<RuntimeLibrary> find(List<Device> devices) {
        List<RuntimeLibrary> found = new ArrayList<>(
                new LinuxOpenVino(source, environment, libraries).find(devices));
        libraries.find("libonnxruntime.so").or(() -> libraries.find("libonnxruntime.so.1"))
                .ifPresent(path -> found.add(new RuntimeLibrary(Kind.ONNX_RUNTIME, path, libraries.version(path),
                        List.of(), List.of(Check.passed("found", path)))));
        boolean gpu = devices.stream().anyMatch(device -> device.kind() == Device.Kind.GPU);
        found.add(openCl(gpu));
        found.add(vulkan(gpu));
        if (has(devices, "Intel", null)) {
            found.add(levelZero(devices));
        }
        if (has(devices, "AMD", Device.Kind.NPU)) {
            found.add(simple(Kind.XRT, "libxrt_coreutil.so.2", "Install XRT: github.com/amd/xdna-driver"));
        }
        if (has(devices, "NVIDIA", null)) {
            found.add(cuda());
        }
        if (has(devices, "Qualcomm", Device.Kind.NPU)) {
            found.add(simple(Kind.QNN, "libQnnHtp.so", "Install Qualcomm's AI Engine Direct SDK (QNN)."));
        }
        return found;
    }

    private static boolean has(List<Device> devices, String vendor, Device.Kind kind) {
        return devices.stream().anyMatch(device -> device.vendor().equals(vendor) && device.kind() != Device.Kind.USB
                && (kind == null || device.kind() == kind));
    }

    private RuntimeLibrary simple(Kind kind, String library, String remedy) {
        return loader(kind, library, remedy, List.of());
    }

    /** An entry for a loader; the further checks only count if it is there. */
    private RuntimeLibrary loader(Kind kind, String library, String remedy, List<Check> more) {
        Optional<String> path = libraries.find(library);
        if (path.isEmpty()) {
            return new RuntimeLibrary(kind, "", "", List.of(),
                    List.of(Check.failed("found", "no %s in the linker's folders".formatted(library), remedy)));
        }
        List<Check> checks = new ArrayList<>();
        checks.add(Check.passed("found", path.get()));
        checks.addAll(more);
        return new RuntimeLibrary(kind, path.get(), libraries.version(path.get()), List.of(), checks);
    }

    /** Without a GPU there is no driver to install. */
    private RuntimeLibrary openCl(boolean gpu) {
        Map<String, String> drivers = libraries.openClDrivers();
        String remedy = gpu
                ? "Install the GPU vendor's OpenCL driver, for Intel: sudo apt install intel-opencl-icd"
                : "";
        Check check;
        if (drivers.isEmpty()) {
            check = Check.failed("drivers", "no *.icd in /etc/OpenCL/vendors", remedy);
        } else if (drivers.values().stream().allMatch(library -> library.contains("libpocl"))) {
            check = Check.failed("drivers", "the only driver is PoCL, which is the CPU: " + drivers.values(), remedy);
        } else {
            check = drivers(drivers, "Install the package again that the .icd file is from.");
        }
        return loader(Kind.OPENCL, "libOpenCL.so.1", "sudo apt install ocl-icd-libopencl1", List.of(check));
    }

    private RuntimeLibrary vulkan(boolean gpu) {
        Map<String, String> drivers = libraries.vulkanDrivers();
        boolean software = !drivers.isEmpty() && drivers.values().stream().allMatch(LinuxRuntimes::isSoftware);
        String remedy = gpu ? "sudo apt install mesa-vulkan-drivers, or the GPU vendor's driver" : "";
        Check check;
        if (drivers.isEmpty()) {
            check = Check.failed("drivers", "no *.json in /etc/vulkan/icd.d and /usr/share/vulkan/icd.d", remedy);
        } else if (software) {
            check = Check.failed("drivers", "the only driver is llvmpipe, which is the CPU: " + drivers.values(),
                    remedy);
        } else {
            check = drivers(drivers, "Install the package again that the .json file is from.");
        }
        return loader(Kind.VULKAN, "libvulkan.so.1", "sudo apt install libvulkan1", List.of(check));
    }

    private static boolean isSoftware(String library) {
        return library.contains("vulkan_lvp") || library.contains("swiftshader");
    }

    /** Manifests outlive drivers: each library has to be there. */
    private Check drivers(Map<String, String> drivers, String remedy) {
        List<String> missing = new ArrayList<>();
        List<String> there = new ArrayList<>();
        drivers.forEach((manifest, library) -> (libraries.find(library).isPresent() ? there : missing)
                .add(Parse.lastName(manifest) + " names " + library));
        return there.isEmpty()
                ? Check.failed("drivers", String.join(", ", missing) + ", not found", remedy)
                : Check.passed("drivers", String.join(", ", there));
    }

    private RuntimeLibrary levelZero(List<Device> devices) {
        List<Check> drivers = new ArrayList<>();
        for (Device.Kind kind : List.of(Device.Kind.NPU, Device.Kind.GPU)) {
            if (!has(devices, "Intel", kind)) {
                continue;
            }
            boolean npu = kind == Device.Kind.NPU;
            String library = npu ? "libze_intel_npu.so.1" : "libze_intel_gpu.so.1";
            drivers.add(libraries.find(library).map(path -> Check.passed(kind + " driver", path))
                    .orElseGet(() -> Check.failed(kind + " driver", library + " not found in the linker's folders",
                            npu
                                    ? "Install Intel's Linux NPU driver (package intel-level-zero-npu)."
                                    : "sudo apt install libze-intel-gpu1, or intel-level-zero-gpu")));
        }
        return loader(Kind.LEVEL_ZERO, "libze_loader.so.1", "sudo apt install libze1, or Intel's package level-zero",
                drivers);
    }

    private RuntimeLibrary cuda() {
        RuntimeLibrary library = simple(Kind.CUDA, "libcuda.so.1", "Install NVIDIA's driver.");
        String version = library.version().isEmpty()
                ? Parse.line(source, "/sys/module/nvidia/version").orElse("")
                : library.version();
        return new RuntimeLibrary(Kind.CUDA, library.path(), library.path().isEmpty() ? "" : version, List.of(),
                library.checks());
    }
}
