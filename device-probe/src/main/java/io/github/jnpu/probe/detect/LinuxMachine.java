package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.probe.SystemInfo;
import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** What Linux tells in {@code /proc}, {@code /sys} and {@code /dev}. */
public final class LinuxMachine implements Machine {
    private final SystemSource source;
    private final OptionalInt processors;
    private LinuxEnvironment environment;
    private LinuxLibraries libraries;

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
        return environment().system();
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
        LinuxEnvironment environment = environment();
        LinuxUser user = new LinuxUser(source, environment.isContained());
        List<PciFunction> functions = PciFunction.all(source);
        List<Device> devices = new ArrayList<>();
        devices.addAll(new LinuxNpus(source, environment, user, libraries()).find(functions));
        devices.addAll(new LinuxGpus(source, environment, user, libraries()).find(functions));
        devices.addAll(LinuxUsb.find(source));
        return devices;
    }

    @Override
    public List<RuntimeLibrary> runtimes(List<Device> devices) {
        return new LinuxRuntimes(source, environment(), libraries()).find(devices);
    }

    private synchronized LinuxEnvironment environment() {
        if (environment == null) {
            environment = new LinuxEnvironment(source);
        }
        return environment;
    }

    private synchronized LinuxLibraries libraries() {
        if (libraries == null) {
            libraries = new LinuxLibraries(source, environment());
        }
        return libraries;
    }
}
