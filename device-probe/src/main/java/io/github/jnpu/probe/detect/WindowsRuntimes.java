package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Libraries through which programs on Windows reach devices: those of Windows, of drivers, and what was installed or unpacked. */
final class WindowsRuntimes {
    /** Store packages of execution providers for Windows ML, each with its folder as "Path". */
    private static final String PACKAGES = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes\\Local Settings\\Software\\Microsoft"
            + "\\Windows\\CurrentVersion\\AppModel\\PackageRepository\\Packages";
    private static final String PROVIDER = "MicrosoftCorporationII.WinML.";
    /** The first ONNX Runtime that takes execution providers as separate libraries. */
    private static final String PLUGIN_PROVIDERS = "1.22";

    private final SystemSource source;
    private final WindowsFolders folders;

    WindowsRuntimes(SystemSource source) {
        this.source = source;
        this.folders = new WindowsFolders(source);
    }

    List<RuntimeLibrary> read(List<Device> devices) {
        List<RuntimeLibrary> found = new ArrayList<>();
        boolean intelNpu = has(devices, Device.Kind.NPU, "Intel");
        found.addAll(new WindowsOpenVino(source, folders.all(), folders.sitePackages()).find(devices));
        // Of several GPUs the first: any vendor's driver brings the loaders.
        String graphics = WindowsChecks.gpuDriver(devices.stream().filter(device -> device.kind() == Device.Kind.GPU)
                .map(Device::vendor).findFirst().orElse(""));
        found.addAll(onnxRuntimes());
        found.addAll(providers());
        found.add(system(RuntimeLibrary.Kind.DIRECTML, List.of("DirectML.dll", "D3D12.dll"),
                "DirectML is part of Windows 10 1903 and later; update Windows."));
        found.add(system(RuntimeLibrary.Kind.OPENCL, List.of("OpenCL.dll"),
                "It comes with the graphics driver. " + graphics));
        found.add(system(RuntimeLibrary.Kind.VULKAN, List.of("vulkan-1.dll"),
                "It comes with the graphics driver. " + graphics));
        if (intelNpu || has(devices, Device.Kind.GPU, "Intel")) {
            found.add(system(RuntimeLibrary.Kind.LEVEL_ZERO, List.of("ze_loader.dll"),
                    "It comes with Intel's drivers. " + (intelNpu ? WindowsChecks.npuDriver("Intel") : graphics)));
        }
        if (has(devices, Device.Kind.GPU, "NVIDIA")) {
            found.add(system(RuntimeLibrary.Kind.CUDA, List.of("nvcuda.dll"),
                    "It comes with NVIDIA's driver. " + WindowsChecks.gpuDriver("NVIDIA")));
        }
        if (has(devices, Device.Kind.NPU, "AMD")) {
            found.add(xrt());
        }
        if (has(devices, Device.Kind.NPU, "Qualcomm")) {
            found.add(qnn());
        }
        return found;
    }

    /** The one of Windows itself is older than the ones that programs bring, and found first by a careless loader. */
    private List<RuntimeLibrary> onnxRuntimes() {
        List<RuntimeLibrary> found = new ArrayList<>();
        String own = system32("onnxruntime.dll");
        Stream.concat(folders.sitePackages().stream().map(folder -> folder + "\\onnxruntime\\capi\\onnxruntime.dll"),
                folders.all().stream().map(folder -> folder + "\\onnxruntime.dll"))
                .filter(path -> !path.equalsIgnoreCase(own)).filter(this::exists).findFirst()
                .ifPresent(path -> found.add(onnxRuntime(path)));
        if (exists(own)) {
            found.add(onnxRuntime(own));
        }
        return found;
    }

    private RuntimeLibrary onnxRuntime(String path) {
        String version = version(path);
        Check age;
        if (version.isEmpty()) {
            age = Check.unknown("version", path + " states none");
        } else if (WindowsChecks.compare(version, PLUGIN_PROVIDERS) >= 0) {
            age = Check.passed("version", "%s is not older than %s".formatted(version, PLUGIN_PROVIDERS));
        } else {
            age = Check.failed("version", "%s is older than %s, the first for separate execution providers".formatted(
                    version, PLUGIN_PROVIDERS), "Use a newer one beside it; the one of Windows cannot be replaced.");
        }
        return new RuntimeLibrary(RuntimeLibrary.Kind.ONNX_RUNTIME, path, version, List.of(),
                List.of(Check.passed("found", path), age));
    }

    /** Execution providers that Windows ML has installed, as MicrosoftCorporationII.WinML.Intel.OpenVINO.EP.1.8_1.8.79.0_x64__8wekyb3d8bbwe. */
    private List<RuntimeLibrary> providers() {
        List<RuntimeLibrary> found = new ArrayList<>();
        for (String name : source.registryKeys(PACKAGES)) {
            String[] parts = name.split("_");
            if (!name.regionMatches(true, 0, PROVIDER, 0, PROVIDER.length()) || parts.length < 2) {
                continue;
            }
            String folder = source.registryValue(PACKAGES + "\\" + name, "Path")
                    .orElse(folders.programs() + "\\WindowsApps\\" + name);
            String vendor = parts[0].substring(PROVIDER.length());
            found.add(new RuntimeLibrary(RuntimeLibrary.Kind.ONNX_RUNTIME, folder, parts[1], List.of(),
                    List.of(Check.passed("found", "%s, an execution provider for Windows ML, is in %s".formatted(vendor,
                            PACKAGES)))));
        }
        return found;
    }

    private RuntimeLibrary xrt() {
        return Stream.of(system32("AMD\\xrt_coreutil.dll"), system32("xrt_coreutil.dll")).filter(this::exists)
                .findFirst().map(path -> there(RuntimeLibrary.Kind.XRT, path))
                .orElseGet(() -> missing(RuntimeLibrary.Kind.XRT, "no xrt_coreutil.dll in %s".formatted(
                        system32("AMD")), "It comes with the NPU driver. " + WindowsChecks.npuDriver("AMD")));
    }

    /** The NPU's driver package brings Qualcomm's runtime for itself; programs may bring their own QnnHtp.dll. */
    private RuntimeLibrary qnn() {
        Optional<String> own = Stream.concat(
                folders.sitePackages().stream().flatMap(folder -> Stream.of(folder + "\\onnxruntime\\capi\\QnnHtp.dll",
                        folder + "\\onnxruntime_qnn\\QnnHtp.dll")),
                folders.all().stream().map(folder -> folder + "\\QnnHtp.dll")).filter(this::exists).findFirst();
        if (own.isPresent()) {
            return there(RuntimeLibrary.Kind.QNN, own.get());
        }
        String store = system32("DriverStore\\FileRepository");
        for (String name : source.names(store)) {
            if (name.toLowerCase(Locale.ROOT).startsWith("qcnspmcdm")) {
                String folder = store + "\\" + name + "\\HTP";
                Optional<String> library = source.names(folder).stream()
                        .filter(file -> file.toLowerCase(Locale.ROOT).matches("qnnhtp.*\\.dll"))
                        .min(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()));
                if (library.isPresent()) {
                    return there(RuntimeLibrary.Kind.QNN, folder + "\\" + library.get());
                }
            }
        }
        return missing(RuntimeLibrary.Kind.QNN,
                "no QnnHtp.dll on the path, in Python's packages or with the NPU's driver",
                "pip install onnxruntime-qnn, or install Qualcomm AI Runtime.");
    }

    private RuntimeLibrary system(RuntimeLibrary.Kind kind, List<String> names, String remedy) {
        List<String> absent = names.stream().map(this::system32).filter(path -> !exists(path)).toList();
        return absent.isEmpty()
                ? there(kind, system32(names.getFirst()))
                : missing(kind, "no %s".formatted(String.join(" and no ", absent)), remedy);
    }

    private RuntimeLibrary there(RuntimeLibrary.Kind kind, String path) {
        return new RuntimeLibrary(kind, path, version(path), List.of(), List.of(Check.passed("found", path)));
    }

    private static RuntimeLibrary missing(RuntimeLibrary.Kind kind, String evidence, String remedy) {
        return new RuntimeLibrary(kind, "", "", List.of(), List.of(Check.failed("found", evidence, remedy)));
    }

    private String system32(String name) {
        return folders.system32() + "\\" + name;
    }

    private boolean exists(String path) {
        return source.node(path).isPresent();
    }

    private String version(String path) {
        return source.fileVersion(path).orElse("");
    }

    private static boolean has(List<Device> devices, Device.Kind kind, String vendor) {
        return devices.stream().anyMatch(device -> device.kind() == kind && device.vendor().equals(vendor));
    }
}
