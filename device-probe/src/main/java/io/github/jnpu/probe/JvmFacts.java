package io.github.jnpu.probe;

import java.lang.management.ManagementFactory;
import java.util.List;

/** What the JDK tells on every system: Windows, and whatever nobody has tried yet. */
final class JvmFacts implements SystemFacts {
    private final int processors;

    JvmFacts(int processors) {
        this.processors = processors;
    }

    @Override
    public Cpu cpu() {
        // Windows sets it for every process: "AMD64 Family 25 Model 97 Stepping 2, AuthenticAMD".
        String model = System.getenv("PROCESSOR_IDENTIFIER");
        return new Cpu(model == null ? "unknown" : model, processors, processors, List.of());
    }

    @Override
    public Memory memory() {
        return ofBean();
    }

    static Memory ofBean() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean bean) {
            return new Memory(bean.getTotalMemorySize(), bean.getFreeMemorySize(), false);
        }
        return Memory.UNKNOWN;
    }
}
