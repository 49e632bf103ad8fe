package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.SystemInfo;
import io.github.jnpu.probe.source.SystemSource;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/** Which Windows it is and what it runs in, from the registry. */
final class WindowsSystem {
    private static final String VERSION = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
    private static final String BIOS = "HKEY_LOCAL_MACHINE\\HARDWARE\\DESCRIPTION\\System\\BIOS";
    private static final String CONTROL = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control";
    private static final String ENVIRONMENT = CONTROL + "\\Session Manager\\Environment";
    /** The first build of Windows 11; its ProductName still says Windows 10. */
    private static final int WINDOWS_11 = 22_000;
    /** Words of SystemManufacturer and SystemProductName in firmware that hypervisors make; the first that fits counts. */
    private static final Map<String, String> HYPERVISORS = new LinkedHashMap<>();
    static {
        HYPERVISORS.put("microsoft corporation virtual machine", "Hyper-V");
        HYPERVISORS.put("vmware", "VMware");
        HYPERVISORS.put("virtualbox", "VirtualBox");
        HYPERVISORS.put("parallels", "Parallels");
        HYPERVISORS.put("amazon ec2", "Amazon EC2");
        HYPERVISORS.put("google compute engine", "Google Compute Engine");
        HYPERVISORS.put("xen", "Xen");
        HYPERVISORS.put("kvm", "KVM");
        HYPERVISORS.put("qemu", "QEMU");
    }

    private final SystemSource source;

    WindowsSystem(SystemSource source) {
        this.source = source;
    }

    SystemInfo read() {
        return new SystemInfo(SystemInfo.Family.WINDOWS, name(), kernel(), architecture(), virtualization(),
                source.registryValue(CONTROL, "ContainerType").isPresent() ? "Windows container" : "");
    }

    /** The machine's, though this process may be emulated. */
    String architecture() {
        String name = source.registryValue(ENVIRONMENT, "PROCESSOR_ARCHITECTURE")
                .orElseGet(() -> source.environment().getOrDefault("PROCESSOR_ARCHITECTURE", ""));
        return switch (name) {
            case "AMD64" -> "x86_64";
            case "ARM64" -> "aarch64";
            default -> name;
        };
    }

    private String name() {
        String name = source.registryValue(VERSION, "ProductName").orElse("Windows");
        if (build().orElse(0) >= WINDOWS_11) {
            name = name.replace("Windows 10", "Windows 11");
        }
        String release = source.registryValue(VERSION, "DisplayVersion").orElse("");
        return release.isEmpty() ? name : name + " " + release;
    }

    private String kernel() {
        if (build().isEmpty()) {
            return "";
        }
        String kernel = "%s.%s.%d".formatted(source.registryValue(VERSION, "CurrentMajorVersionNumber").orElse("10"),
                source.registryValue(VERSION, "CurrentMinorVersionNumber").orElse("0"), build().getAsLong());
        return source.registryValue(VERSION, "UBR").map(revision -> kernel + "." + revision).orElse(kernel);
    }

    private OptionalLong build() {
        return source.registryValue(VERSION, "CurrentBuild").map(Parse::number).orElse(OptionalLong.empty());
    }

    private String virtualization() {
        String maker = (source.registryValue(BIOS, "SystemManufacturer").orElse("") + " "
                + source.registryValue(BIOS, "SystemProductName").orElse("")).toLowerCase(Locale.ROOT);
        return HYPERVISORS.entrySet().stream().filter(words -> maker.contains(words.getKey()))
                .map(Map.Entry::getValue).findFirst().orElse("");
    }
}
