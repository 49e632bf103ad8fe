package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.probe.SystemInfo;
import io.github.jnpu.probe.source.SystemSource;

import java.util.List;
import java.util.OptionalInt;

/** What Windows tells in its registry and its system folder. */
public final class WindowsMachine implements Machine {
    private final SystemSource source;
    private final OptionalInt processors;

    /**
     * @param processors
     *            hardware threads that this JVM may use; empty for another machine
     */
    public WindowsMachine(SystemSource source, OptionalInt processors) {
        this.source = source;
        this.processors = processors;
    }

    @Override
    public SystemInfo system() {
        return new WindowsSystem(source).read();
    }

    @Override
    public Cpu cpu() {
        return new WindowsCpu(source, processors).read();
    }

    @Override
    public Memory memory() {
        return source.memory().orElse(Memory.UNKNOWN);
    }

    @Override
    public List<Device> devices() {
        return new WindowsDevices(source).read();
    }

    @Override
    public List<RuntimeLibrary> runtimes(List<Device> devices) {
        return new WindowsRuntimes(source).read(devices);
    }
}
