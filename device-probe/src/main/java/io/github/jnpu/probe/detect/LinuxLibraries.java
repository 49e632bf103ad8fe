package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Shared libraries in the folders in which the dynamic linker looks by default. Its cache is not read: its format differs between C
 * libraries, and distributions name few other folders.
 */
final class LinuxLibraries {
    private static final Pattern VULKAN_LIBRARY = Pattern.compile("\"library_path\"\\s*:\\s*\"([^\"]{1,1024})\"");
    private static final int MAX_DRIVERS = 64;

    private final SystemSource source;
    private final List<String> folders;
    private Map<String, String> openCl;
    private Map<String, String> vulkan;

    LinuxLibraries(SystemSource source, LinuxEnvironment environment) {
        this.source = source;
        Set<String> all = new LinkedHashSet<>(paths(source.environment().getOrDefault("LD_LIBRARY_PATH", "")));
        String multiarch = environment.system().architecture() + "-linux-gnu";
        for (String base : List.of("/usr/local/lib", "/usr/lib", "/lib")) {
            // Most distributions have merged /lib into /usr/lib; then it is a link, and nothing is to be found twice.
            if (source.link(base).isEmpty()) {
                all.add(base + "/" + multiarch);
                all.add(base);
            }
            if (source.link(base + "64").isEmpty()) {
                all.add(base + "64");
            }
        }
        if (environment.isWsl()) {
            all.add("/usr/lib/wsl/lib");
        }
        all.add("/opt/xilinx/xrt/lib");
        folders = List.copyOf(all);
    }

    /** Absolute folders in a list with colons; relative ones would depend on the program. */
    static List<String> paths(String list) {
        return Stream.of(list.split(":")).filter(path -> path.startsWith("/")).limit(MAX_DRIVERS).toList();
    }

    List<String> folders() {
        return folders;
    }

    /** A library's full path by its file name; absolute names are only looked for. */
    Optional<String> find(String name) {
        if (name.startsWith("/")) {
            return Optional.of(name).filter(path -> source.node(path).isPresent());
        }
        return folders.stream().map(folder -> folder + "/" + name).filter(path -> source.node(path).isPresent())
                .findFirst();
    }

    /** The part of a file's real name behind {@code .so.}, which distributions make the version; empty if it has none. */
    String version(String path) {
        String real = source.link(path).map(Parse::lastName).orElse(Parse.lastName(path));
        int at = real.indexOf(".so.");
        String version = at < 0 ? "" : real.substring(at + 4);
        return version.indexOf('.') < 0 ? "" : version;
    }

    /** OpenCL drivers: what each file in the vendors' folder names, by the file's path. */
    Map<String, String> openClDrivers() {
        if (openCl == null) {
            openCl = new LinkedHashMap<>();
            String folder = source.environment().getOrDefault("OCL_ICD_VENDORS", "/etc/OpenCL/vendors");
            for (String name : source.names(folder)) {
                if (name.endsWith(".icd") && openCl.size() < MAX_DRIVERS) {
                    Parse.line(source, folder + "/" + name)
                            .ifPresent(library -> openCl.put(folder + "/" + name, library));
                }
            }
        }
        return openCl;
    }

    /** Vulkan drivers: the library that each manifest names, by the manifest's path. */
    Map<String, String> vulkanDrivers() {
        if (vulkan == null) {
            vulkan = new LinkedHashMap<>();
            for (String manifest : vulkanManifests()) {
                source.text(manifest).ifPresent(text -> {
                    Matcher matcher = VULKAN_LIBRARY.matcher(text);
                    if (matcher.find() && vulkan.size() < MAX_DRIVERS) {
                        vulkan.put(manifest, matcher.group(1));
                    }
                });
            }
        }
        return vulkan;
    }

    private List<String> vulkanManifests() {
        Map<String, String> environment = source.environment();
        String named = environment.getOrDefault("VK_DRIVER_FILES", environment.getOrDefault("VK_ICD_FILENAMES", ""));
        List<String> manifests = new ArrayList<>(paths(named));
        if (manifests.isEmpty()) {
            for (String folder : List.of("/usr/local/etc/vulkan/icd.d", "/etc/vulkan/icd.d",
                    "/usr/local/share/vulkan/icd.d", "/usr/share/vulkan/icd.d")) {
                source.names(folder).stream().filter(name -> name.endsWith(".json"))
                        .forEach(name -> manifests.add(folder + "/" + name));
            }
        }
        return manifests;
    }

    /** What programs need beside the kernel's driver to use an NPU. */
    Check npuDriver(PciNames.Npu npu) {
        return switch (npu.vendor()) {
            case "Intel" -> all("user-space driver", List.of("libze_loader.so.1", "libze_intel_npu.so.1"),
                    "Install Intel's Linux NPU driver (packages intel-level-zero-npu, intel-driver-compiler-npu and "
                            + "level-zero) from github.com/intel/linux-npu-driver/releases");
            case "AMD" -> all("user-space driver", List.of("libxrt_coreutil.so.2", "libxrt_driver_xdna.so.2"),
                    "Install XRT and its plugin for XDNA: github.com/amd/xdna-driver");
            default -> Check.unknown("user-space driver", "not known for " + npu.name());
        };
    }

    private Check all(String name, List<String> libraries, String remedy) {
        List<String> missing = new ArrayList<>();
        List<String> found = new ArrayList<>();
        for (String library : libraries) {
            find(library).ifPresentOrElse(found::add, () -> missing.add(library));
        }
        return missing.isEmpty()
                ? Check.passed(name, String.join(", ", found))
                : Check.failed(name, "%s not found in the linker's folders".formatted(String.join(" and ", missing)),
                        remedy);
    }

    /** The first driver of a list whose manifest or library has one of the words in its name, and which is there. */
    Optional<String> driver(Map<String, String> drivers, String... words) {
        for (Map.Entry<String, String> entry : drivers.entrySet()) {
            String text = Parse.lastName(entry.getKey()) + " " + Parse.lastName(entry.getValue());
            if (Stream.of(words).anyMatch(text::contains) && find(entry.getValue()).isPresent()) {
                return Optional.of("%s names %s".formatted(entry.getKey(), entry.getValue()));
            }
        }
        return Optional.empty();
    }
}
