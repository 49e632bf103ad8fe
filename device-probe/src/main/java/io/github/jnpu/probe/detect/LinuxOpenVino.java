package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** OpenVINO's C library, wherever its many installers put it. */
final class LinuxOpenVino {
    private static final String LIBRARY = "libopenvino_c.so";
    private static final String GENAI = "libopenvino_genai_c.so";
    private static final int MAX_FOUND = 4;

    private final SystemSource source;
    private final LinuxLibraries libraries;
    private final boolean arm;

    LinuxOpenVino(SystemSource source, LinuxEnvironment environment, LinuxLibraries libraries) {
        this.source = source;
        this.libraries = libraries;
        this.arm = environment.system().architecture().equals("aarch64");
    }

    List<RuntimeLibrary> find(List<Device> devices) {
        List<RuntimeLibrary> found = new ArrayList<>();
        Set<String> folders = folders();
        for (String folder : folders) {
            List<String> names = source.names(folder);
            newest(names, LIBRARY).filter(name -> source.node(folder + "/" + name).isPresent())
                    .ifPresent(name -> found.add(library(folder, name, names, devices)));
            newest(names, GENAI).filter(name -> source.node(folder + "/" + name).isPresent())
                    .ifPresent(name -> found.add(genAi(folder, name)));
            if (found.size() >= MAX_FOUND) {
                break;
            }
        }
        if (found.stream().noneMatch(library -> library.kind() == RuntimeLibrary.Kind.OPENVINO)) {
            found.addFirst(new RuntimeLibrary(RuntimeLibrary.Kind.OPENVINO, "", "", List.of(), List.of(Check.failed(
                    "found",
                    "no %s in any of %d folders: $OPENVINO_LIB_PATHS, $INTEL_OPENVINO_DIR, /opt/intel, the linker's, "
                            .formatted(LIBRARY, folders.size()) + "those of pip, conda and Homebrew",
                    "Install OpenVINO " + OpenVinoVersion.OLDEST
                            + " or later (pip install openvino, or its archive for Linux) and set OPENVINO_LIB_PATHS "
                            + "to the folder that holds " + LIBRARY))));
        }
        return found;
    }

    /** The order in which a loader would look: what the user says, what is made for it, what the system has. */
    private Set<String> folders() {
        Map<String, String> environment = source.environment();
        String arch = arm ? "aarch64" : "intel64";
        Set<String> folders = new LinkedHashSet<>(
                LinuxLibraries.paths(environment.getOrDefault("OPENVINO_LIB_PATHS", "")));
        Optional.ofNullable(environment.get("INTEL_OPENVINO_DIR"))
                .ifPresent(home -> folders.add(home + "/runtime/lib/" + arch));
        source.names("/opt/intel").stream().filter(name -> name.startsWith("openvino")).sorted(
                Comparator.reverseOrder())
                .forEach(name -> folders.add("/opt/intel/%s/runtime/lib/%s".formatted(name, arch)));
        folders.addAll(libraries.folders());
        Optional.ofNullable(environment.get("VIRTUAL_ENV")).ifPresent(home -> python(home + "/lib", folders));
        Optional.ofNullable(environment.get("CONDA_PREFIX")).ifPresent(home -> {
            folders.add(home + "/lib");
            python(home + "/lib", folders);
        });
        Optional.ofNullable(environment.get("HOME")).ifPresent(home -> python(home + "/.local/lib", folders));
        python("/usr/local/lib", folders);
        python("/usr/lib", folders);
        folders.add(environment.getOrDefault("HOMEBREW_PREFIX", "/home/linuxbrew/.linuxbrew") + "/lib");
        return folders;
    }

    /** pip's wheels hold the libraries in the package itself. */
    private void python(String lib, Set<String> folders) {
        for (String name : source.names(lib)) {
            if (name.startsWith("python3")) {
                for (String packages : List.of("site-packages", "dist-packages")) {
                    folders.add("%s/%s/%s/openvino/libs".formatted(lib, name, packages));
                    folders.add("%s/%s/%s/openvino_genai".formatted(lib, name, packages));
                }
            }
        }
    }

    /** The name with the highest version; wheels have no name without one. */
    private static Optional<String> newest(List<String> names, String library) {
        return names.stream().filter(name -> name.equals(library) || name.startsWith(library + "."))
                .max((a, b) -> OpenVinoVersion.ofLibrary(a).map(OpenVinoVersion::toString).orElse("")
                        .compareTo(OpenVinoVersion.ofLibrary(b).map(OpenVinoVersion::toString).orElse("")));
    }

    private RuntimeLibrary library(String folder, String name, List<String> names, List<Device> devices) {
        Optional<OpenVinoVersion> version = version(folder, name);
        List<Check> checks = new ArrayList<>();
        checks.add(OpenVinoVersion.check(version));
        List<String> missing = new ArrayList<>();
        List<String> files = files(folder, names);
        need(files, "libopenvino.so", missing);
        need(files, arm ? "libopenvino_arm_cpu_plugin.so" : "libopenvino_intel_cpu_plugin.so", missing);
        need(files, "libopenvino_ir_frontend.so", missing);
        if (!has(files, "libtbb.so") && source.node(folder + "/../../3rdparty/tbb/lib/libtbb.so.12").isEmpty()
                && libraries.find("libtbb.so.12").isEmpty()) {
            missing.add("libtbb.so.12");
        }
        for (Device device : devices) {
            if (device.vendor().equals("Intel") && device.kind() != Device.Kind.USB) {
                String plugin = "libopenvino_intel_%s_plugin.so"
                        .formatted(device.kind() == Device.Kind.NPU ? "npu" : "gpu");
                if (!missing.contains(plugin)) {
                    need(files, plugin, missing);
                }
            }
        }
        checks.add(missing.isEmpty()
                ? Check.passed("complete", "its plugins and what they need lie beside it")
                : Check.failed("complete", "%s lacks %s".formatted(folder, String.join(", ", missing)),
                        "Install all of OpenVINO, plugins included: pip install openvino, or its archive for Linux."));
        return new RuntimeLibrary(RuntimeLibrary.Kind.OPENVINO, folder + "/" + name,
                version.map(OpenVinoVersion::toString).orElse(""), List.of(), checks);
    }

    private RuntimeLibrary genAi(String folder, String name) {
        Optional<OpenVinoVersion> version = version(folder, name);
        return new RuntimeLibrary(RuntimeLibrary.Kind.OPENVINO_GENAI, folder + "/" + name,
                version.map(OpenVinoVersion::toString).orElse(""), List.of(), List.of(OpenVinoVersion.check(version)));
    }

    /** The full paths of what may belong to it: Debian's and Intel's packages keep plugins in a folder beside it. */
    private List<String> files(String folder, List<String> names) {
        List<String> files = new ArrayList<>();
        for (String name : names) {
            if (name.startsWith("libopenvino") || name.startsWith("libtbb")) {
                files.add(folder + "/" + name);
            } else if (name.startsWith("openvino-")) {
                source.names(folder + "/" + name).forEach(plugin -> files.add(folder + "/" + name + "/" + plugin));
            }
        }
        return files;
    }

    private boolean has(List<String> files, String library) {
        return files.stream().filter(file -> {
            String name = Parse.lastName(file);
            return name.equals(library) || name.startsWith(library + ".");
        }).anyMatch(file -> source.node(file).isPresent());
    }

    private void need(List<String> files, String library, List<String> missing) {
        if (!has(files, library)) {
            missing.add(library);
        }
    }

    private Optional<OpenVinoVersion> version(String folder, String name) {
        return OpenVinoVersion.ofLibrary(name)
                .or(() -> source.link(folder + "/" + name).map(Parse::lastName).flatMap(OpenVinoVersion::ofLibrary))
                // Of the archive: runtime/version.txt above runtime/lib/intel64.
                .or(() -> Parse.line(source, folder + "/../../version.txt").flatMap(OpenVinoVersion::of));
    }
}
