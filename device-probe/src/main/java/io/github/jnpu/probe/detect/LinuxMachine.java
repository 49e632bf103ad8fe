package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.probe.SystemInfo;
import io.github.jnpu.probe.source.SystemSource;

import java.util.List;
import java.util.OptionalInt;

/** What Linux tells in {@code /proc}, {@code /sys} and {@code /dev}. */
public final class LinuxMachine implements Machine {
    private final SystemSource source;
    private final OptionalInt processors;

    /**
     * @param processors
     *            hardware threads that this JVM may use; empty for another machine
     */
    public LinuxMachine(SystemSource source, OptionalInt processors) {
        this.source = source;
        this.processors = processors;
    }

    @Override
    public SystemInfo system() {
        return new SystemInfo(source.family(), "Linux", "", "", "", "");
    }

    @Override
    public Cpu cpu() {
        return new LinuxCpu(source, processors).read();
    }

    @Override
    public Memory memory() {
        return new LinuxMemory(source).read();
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
