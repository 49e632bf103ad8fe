package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.probe.SystemInfo;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.OptionalInt;

/** What the JDK tells on every system: whatever nobody has tried yet. */
public final class JvmMachine implements Machine {
    private final SystemInfo.Family family;
    private final int processors;

    public JvmMachine(SystemInfo.Family family, int processors) {
        this.family = family;
        this.processors = processors;
    }

    @Override
    public SystemInfo system() {
        String architecture = System.getProperty("os.arch");
        return new SystemInfo(family, System.getProperty("os.name") + " " + System.getProperty("os.version"), "",
                architecture.equals("amd64") ? "x86_64" : architecture, "", "");
    }

    @Override
    public Cpu cpu() {
        // Windows sets it for every process: "AMD64 Family 25 Model 97 Stepping 2, AuthenticAMD".
        String model = System.getenv("PROCESSOR_IDENTIFIER");
        return new Cpu(model == null ? "unknown" : model, processors, processors, processors, List.of(), List.of(),
                OptionalInt.empty(), List.of());
    }

    @Override
    public Memory memory() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean bean) {
            return new Memory(bean.getTotalMemorySize(), bean.getFreeMemorySize(), false);
        }
        return Memory.UNKNOWN;
    }

    @Override
    public List<Device> devices() {
        return List.of();
    }

    @Override
    public List<RuntimeLibrary> runtimes(List<Device> devices) {
        return List.of();
    }
}
