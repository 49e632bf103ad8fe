package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.SystemInfo;
import io.github.jnpu.probe.source.SystemSource;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What surrounds this process: the distribution, the kernel, a container, a virtual machine. */
final class LinuxEnvironment {
    /** What vendors of virtual machines write into the machine's DMI strings, in lower case, and their names. */
    private static final List<Map.Entry<String, String>> HYPERVISORS = List.of(Map.entry("vmware", "VMware"),
            Map.entry("virtualbox", "VirtualBox"), Map.entry("innotek", "VirtualBox"),
            Map.entry("parallels", "Parallels"),
            Map.entry("xen", "Xen"), Map.entry("bochs", "Bochs"), Map.entry("amazon ec2", "Amazon EC2"),
            Map.entry("google compute engine", "Google Compute Engine"), Map.entry("kvm", "KVM"),
            Map.entry("qemu", "KVM"), Map.entry("microsoft corporation virtual machine", "Hyper-V"));

    private final SystemSource source;
    private final SystemInfo system;

    LinuxEnvironment(SystemSource source) {
        this.source = source;
        String kernel = Parse.line(source, "/proc/sys/kernel/osrelease").orElse("");
        List<String> release = Parse.lines(source, "/etc/os-release");
        String name = Parse.field(release, '=', "PRETTY_NAME").or(() -> Parse.field(release, '=', "NAME"))
                .map(value -> value.replace("\"", "")).orElse("Linux");
        List<String> info = source.text("/proc/cpuinfo", LinuxCpu.MAX_CPUINFO).map(text -> text.lines().toList())
                .orElse(List.of());
        system = new SystemInfo(SystemInfo.Family.LINUX, name, kernel, architecture(info),
                virtualization(kernel, info), container());
    }

    SystemInfo system() {
        return system;
    }

    boolean isContained() {
        return !system.container().isEmpty();
    }

    boolean isWsl() {
        return system.virtualization().startsWith("WSL");
    }

    /** Whether the kernel is at least a version like {@code 6.8}; true if the kernel's is unknown. */
    boolean hasKernel(String atLeast) {
        return compare(system.kernel(), atLeast) >= 0;
    }

    private static int compare(String kernel, String atLeast) {
        String[] have = kernel.split("[^0-9]+");
        String[] want = atLeast.split("\\.");
        for (int i = 0; i < want.length; i++) {
            if (i >= have.length || have[i].isEmpty()) {
                return 0;
            }
            int difference = Long.compare(Parse.number(have[i]).orElse(0), Parse.number(want[i]).orElse(0));
            if (difference != 0) {
                return difference;
            }
        }
        return 0;
    }

    private String architecture(List<String> cpuinfo) {
        return Parse.line(source, "/proc/sys/kernel/arch").orElseGet(() -> {
            if (Parse.field(cpuinfo, "flags").isPresent()) {
                return "x86_64";
            }
            return Parse.field(cpuinfo, "CPU implementer").isPresent() ? "aarch64" : "";
        });
    }

    private String virtualization(String kernel, List<String> cpuinfo) {
        String lower = kernel.toLowerCase(Locale.ROOT);
        if (lower.contains("microsoft")) {
            // WSL 1 has no kernel of its own and calls itself "4.4.0-...-Microsoft".
            return lower.contains("wsl2") || source.node("/dev/dxg").isPresent() ? "WSL2" : "WSL";
        }
        String dmi = (Parse.line(source, "/sys/class/dmi/id/sys_vendor").orElse("") + " "
                + Parse.line(source, "/sys/class/dmi/id/product_name").orElse("")).toLowerCase(Locale.ROOT);
        for (Map.Entry<String, String> hypervisor : HYPERVISORS) {
            if (dmi.contains(hypervisor.getKey())) {
                return hypervisor.getValue();
            }
        }
        boolean guest = Parse.field(cpuinfo, "flags")
                .filter(flags -> List.of(flags.split("\\s+")).contains("hypervisor")).isPresent();
        if (!guest) {
            return "";
        }
        // Small hypervisors have no DMI strings, but all give their guests a clock.
        String clocks = Parse.line(source, "/sys/devices/system/clocksource/clocksource0/available_clocksource")
                .orElse("");
        if (clocks.contains("kvm-clock")) {
            return "KVM";
        }
        if (clocks.contains("xen")) {
            return "Xen";
        }
        return clocks.contains("hyperv") ? "Hyper-V" : "a hypervisor";
    }

    private String container() {
        Map<String, String> environment = source.environment();
        if (environment.containsKey("KUBERNETES_SERVICE_HOST")) {
            return "Kubernetes";
        }
        List<String> groups = Parse.lines(source, "/proc/self/cgroup");
        if (groups.stream().anyMatch(line -> line.contains("kubepods"))) {
            return "Kubernetes";
        }
        if (source.node("/.dockerenv").isPresent()) {
            return "Docker";
        }
        if (source.node("/run/.containerenv").isPresent()) {
            return "Podman";
        }
        if (groups.stream().anyMatch(line -> line.contains("/docker/") || line.contains("docker-"))) {
            return "Docker";
        }
        if (groups.stream().anyMatch(line -> line.contains("/lxc"))) {
            return "LXC";
        }
        // systemd's convention, which all container managers keep to.
        return switch (environment.getOrDefault("container", "")) {
            case "" -> "";
            case "podman" -> "Podman";
            case "docker" -> "Docker";
            case "lxc" -> "LXC";
            default -> environment.get("container");
        };
    }
}
