package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.source.SystemSource;

import java.util.OptionalLong;

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
        return Parse.field(Parse.lines(source, "/proc/meminfo"), name).map(value -> value.replace(" kB", ""))
                .map(Parse::number).filter(OptionalLong::isPresent).map(OptionalLong::getAsLong)
                .filter(kilobytes -> kilobytes > 0 && kilobytes < 1L << 50).map(kilobytes -> kilobytes * 1024)
                .orElse(0L);
    }
}
