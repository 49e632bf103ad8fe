package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** OpenVINO's C library on Windows: unpacked, on the path, or among Python's packages. */
final class WindowsOpenVino {
    private static final String LIBRARY = "openvino_c.dll";
    private static final String GENAI = "openvino_genai_c.dll";

    private final SystemSource source;
    private final List<String> folders;
    private final List<String> sitePackages;

    WindowsOpenVino(SystemSource source, List<String> folders, List<String> sitePackages) {
        this.source = source;
        this.folders = folders;
        this.sitePackages = sitePackages;
    }

    /** The first OpenVINO and the first GenAI in the order of the folders. */
    List<RuntimeLibrary> find(List<Device> devices) {
        List<RuntimeLibrary> found = new ArrayList<>();
        found.add(folder(LIBRARY, "openvino\\libs").map(folder -> library(folder, devices)).orElseGet(this::missing));
        folder(GENAI, "openvino_genai").ifPresent(folder -> {
            Optional<OpenVinoVersion> version = version(folder + "\\" + GENAI);
            found.add(new RuntimeLibrary(RuntimeLibrary.Kind.OPENVINO_GENAI, folder + "\\" + GENAI,
                    version.map(OpenVinoVersion::toString).orElse(""), List.of(),
                    List.of(OpenVinoVersion.check(version))));
        });
        return found;
    }

    private Optional<String> folder(String library, String inPackages) {
        return Stream.concat(folders.stream(), sitePackages.stream().map(folder -> folder + "\\" + inPackages))
                .filter(folder -> exists(folder + "\\" + library)).findFirst();
    }

    private RuntimeLibrary missing() {
        return new RuntimeLibrary(RuntimeLibrary.Kind.OPENVINO, "", "", List.of(), List.of(Check.failed("found",
                "no %s in any of %d folders: %%OPENVINO_LIB_PATHS%%, %%INTEL_OPENVINO_DIR%%, Intel's, the path's, "
                        .formatted(LIBRARY, folders.size() + sitePackages.size()) + "those of pip and conda",
                "Install OpenVINO " + OpenVinoVersion.OLDEST
                        + " or later (pip install openvino, or its archive for Windows) and set OPENVINO_LIB_PATHS to "
                        + "the folder that holds " + LIBRARY)));
    }

    private RuntimeLibrary library(String folder, List<Device> devices) {
        Optional<OpenVinoVersion> version = version(folder + "\\" + LIBRARY);
        List<String> missing = new ArrayList<>();
        need(folder, "openvino.dll", missing);
        need(folder, "openvino_intel_cpu_plugin.dll", missing);
        need(folder, "openvino_ir_frontend.dll", missing);
        // The archive keeps it apart and has a script that adds it to the path.
        if (Stream.of(folder, folder + "\\..\\..\\..\\3rdparty\\tbb\\bin").map(WindowsOpenVino::normalize)
                .noneMatch(place -> exists(place + "\\tbb12.dll"))) {
            missing.add("tbb12.dll");
        }
        for (Device device : devices) {
            if (device.vendor().equals("Intel") && device.kind() != Device.Kind.USB) {
                need(folder, "openvino_intel_%s_plugin.dll".formatted(device.kind() == Device.Kind.NPU ? "npu" : "gpu"),
                        missing);
            }
        }
        Check complete = missing.isEmpty()
                ? Check.passed("complete", "its plugins and what they need lie beside it")
                : Check.failed("complete", "%s lacks %s".formatted(folder, String.join(", ", missing)),
                        "Install all of OpenVINO, plugins included: pip install openvino, or its archive for Windows.");
        return new RuntimeLibrary(RuntimeLibrary.Kind.OPENVINO, folder + "\\" + LIBRARY,
                version.map(OpenVinoVersion::toString).orElse(""), List.of(),
                List.of(OpenVinoVersion.check(version), complete));
    }

    private void need(String folder, String library, List<String> missing) {
        if (!missing.contains(library) && !exists(folder + "\\" + library)) {
            missing.add(library);
        }
    }

    private Optional<OpenVinoVersion> version(String path) {
        return source.fileVersion(path).flatMap(OpenVinoVersion::of);
    }

    private boolean exists(String path) {
        return source.node(path).isPresent();
    }

    /** Takes out "..", which a captured tree refuses. */
    private static String normalize(String path) {
        List<String> names = new ArrayList<>();
        for (String name : path.split("\\\\")) {
            if (name.equals("..") && !names.isEmpty()) {
                names.removeLast();
            } else {
                names.add(name);
            }
        }
        return String.join("\\", names);
    }
}
