package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.probe.SystemInfo;

import java.util.List;

/** What one family of operating systems tells. An object looks once: make another for another look. Not thread-safe. */
public interface Machine {
    SystemInfo system();

    /** Cheap: the engine asks at each load. */
    Cpu cpu();

    /** Cheap: the engine asks at each load. */
    Memory memory();

    /** Everything beside the CPU that could run networks, usable or not. */
    List<Device> devices();

    /**
     * The libraries that devices are reached through.
     *
     * @param devices
     *            what {@link #devices()} found: which libraries are missed depends on it
     */
    List<RuntimeLibrary> runtimes(List<Device> devices);
}
