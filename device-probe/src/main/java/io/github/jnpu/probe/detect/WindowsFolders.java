package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Folders of a Windows machine in which libraries may lie, in the order in which to look. */
final class WindowsFolders {
    /** A path of a developer's machine has some sixty. */
    private static final int MAX_FOLDERS = 256;
    private static final Pattern PYTHON = Pattern.compile("Python\\d{2,4}(-arm64|-32)?", Pattern.CASE_INSENSITIVE);

    private final SystemSource source;
    private final Map<String, String> environment;
    private final Set<String> all = new LinkedHashSet<>();
    private final Set<String> sitePackages = new LinkedHashSet<>();

    WindowsFolders(SystemSource source) {
        this.source = source;
        this.environment = source.environment();
        findSitePackages();
        find();
    }

    /** What the user says, where OpenVINO's archives are unpacked, conda, and the path. */
    List<String> all() {
        return new ArrayList<>(all);
    }

    /** Folders of Python's packages: of the environment that is active, the user's, and the machine's. */
    List<String> sitePackages() {
        return new ArrayList<>(sitePackages);
    }

    String system32() {
        return variable("SystemRoot").orElse("C:\\Windows") + "\\System32";
    }

    String programs() {
        return variable("ProgramFiles").orElse("C:\\Program Files");
    }

    private void find() {
        variable("OPENVINO_LIB_PATHS").ifPresent(this::addList);
        variable("INTEL_OPENVINO_DIR").ifPresent(this::addOpenVino);
        String intel = variable("ProgramFiles(x86)").orElse("C:\\Program Files (x86)") + "\\Intel";
        // The newest first.
        source.names(intel).stream().filter(name -> name.toLowerCase(Locale.ROOT).startsWith("openvino"))
                .sorted(Comparator.reverseOrder()).forEach(name -> addOpenVino(intel + "\\" + name));
        variable("CONDA_PREFIX").ifPresent(folder -> add(folder + "\\Library\\bin"));
        variable("Path").ifPresent(this::addList);
    }

    private void findSitePackages() {
        Stream.of("VIRTUAL_ENV", "CONDA_PREFIX").flatMap(name -> variable(name).stream())
                .forEach(folder -> sitePackages.add(folder + "\\Lib\\site-packages"));
        variable("LOCALAPPDATA").ifPresent(local -> pythons(local + "\\Programs\\Python", "\\Lib\\site-packages"));
        variable("APPDATA").ifPresent(roaming -> pythons(roaming + "\\Python", "\\site-packages"));
        pythons(programs(), "\\Lib\\site-packages");
    }

    private void pythons(String folder, String packages) {
        source.names(folder).stream().filter(name -> PYTHON.matcher(name).matches()).sorted(Comparator.reverseOrder())
                .limit(MAX_FOLDERS).forEach(name -> sitePackages.add(folder + "\\" + name + packages));
    }

    private void addOpenVino(String folder) {
        add(folder + "\\runtime\\bin\\intel64\\Release");
    }

    private void addList(String list) {
        Stream.of(list.split(";")).forEach(this::add);
    }

    /** Absolute folders only; relative ones would depend on the program. */
    private void add(String folder) {
        String clean = folder.strip().replace("\"", "").replaceAll("\\\\+$", "");
        if (clean.length() > 3 && clean.charAt(1) == ':' && all.size() < MAX_FOLDERS) {
            all.add(clean);
        }
    }

    private Optional<String> variable(String name) {
        // Windows has them in any case, and shells of other systems in capitals.
        return environment.entrySet().stream().filter(entry -> entry.getKey().equalsIgnoreCase(name))
                .map(Map.Entry::getValue).filter(value -> !value.isBlank()).findFirst();
    }
}
