package io.github.jnpu.server.hardware;

import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.DeviceReport;
import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.probe.SystemInfo;

import java.util.List;

/**
 * The machine and what the models in memory do with it: the answer of {@code /api/hardware}. The parts are those of {@link DeviceReport}.
 *
 * @param takenAt
 *            when the machine was looked at, in UTC: {@code 2026-11-21T21:40:00Z}
 * @param version
 *            of jnpu
 * @param java
 *            version of the Java that runs it
 * @param cpus
 *            one; a list, because machines have more
 */
public record Hardware(String takenAt, String version, String java, SystemInfo system, List<Cpu> cpus, Memory memory,
        List<Device> npus, List<Device> gpus, List<Device> accelerators, List<RuntimeLibrary> runtimes,
        List<ModelPlacement> models, List<String> unread, String conclusion) {}
