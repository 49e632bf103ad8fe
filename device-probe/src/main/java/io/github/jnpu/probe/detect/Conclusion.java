package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.RuntimeLibrary;

import java.util.List;
import java.util.Set;

/** Says in a sentence what a report means. */
public final class Conclusion {
    private Conclusion() {}

    public static String of(Cpu cpu, List<Device> devices, List<RuntimeLibrary> runtimes,
            Set<RuntimeLibrary.Kind> backends) {
        return "";
    }
}
