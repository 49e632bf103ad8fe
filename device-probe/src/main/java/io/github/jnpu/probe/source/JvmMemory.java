package io.github.jnpu.probe.source;

import io.github.jnpu.probe.Memory;

import java.lang.management.ManagementFactory;
import java.util.Optional;

/** Main memory as the JDK tells of it: GlobalMemoryStatusEx on Windows, host_statistics64 on macOS. */
final class JvmMemory {
    private JvmMemory() {}

    static Optional<Memory> read() {
        return ManagementFactory
                .getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean bean
                        ? Optional.of(new Memory(bean.getTotalMemorySize(), bean.getFreeMemorySize(), false))
                        : Optional.empty();
    }
}
