package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.source.SystemSource;

/** Main memory as {@code /proc/meminfo} and the control groups tell of it. */
final class LinuxMemory {
    private final SystemSource source;

    LinuxMemory(SystemSource source) {
        this.source = source;
    }

    Memory read() {
        long total = meminfo("MemTotal");
        long available = meminfo("MemAvailable");
        boolean limited = false;
        for (ControlGroups.MemoryLimit group : new ControlGroups(source).memoryLimits()) {
            if (total == 0 || group.limit() < total) {
                total = group.limit();
                limited = true;
            }
            available = available == 0 ? group.free() : Math.min(available, group.free());
        }
        return new Memory(total, available, limited);
    }

    private long meminfo(String name) {
        String value = Parse.field(Parse.lines(source, "/proc/meminfo"), name).orElse("").replace(" kB", "");
        long kilobytes = Parse.number(value).orElse(0);
        return kilobytes > 0 && kilobytes < 1L << 50 ? kilobytes * 1024 : 0;
    }
}
