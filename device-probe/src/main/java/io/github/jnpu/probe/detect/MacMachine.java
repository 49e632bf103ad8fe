package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.Device;
import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.RuntimeLibrary;
import io.github.jnpu.probe.SystemInfo;
import io.github.jnpu.probe.source.SystemSource;

import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** What macOS tells through sysctl and its folders. */
public final class MacMachine implements Machine {
    private final SystemSource source;
    private final OptionalInt processors;

    /**
     * @param processors
     *            hardware threads that this JVM may use; empty for another machine
     */
    public MacMachine(SystemSource source, OptionalInt processors) {
        this.source = source;
        this.processors = processors;
    }

    @Override
    public SystemInfo system() {
        String version = source.sysctl("kern.osproductversion").orElse("");
        String kernel = source.sysctl("kern.osrelease").orElse("");
        String architecture = source.sysctl("hw.machine").orElse("");
        boolean guest = source.sysctl("kern.hv_vmm_present").filter("1"::equals).isPresent();
        return new SystemInfo(SystemInfo.Family.MACOS, version.isEmpty() ? "macOS" : "macOS " + version,
                kernel.isEmpty() ? "" : "Darwin " + kernel, architecture.equals("arm64") ? "aarch64" : architecture,
                guest ? "virtual machine" : "", "");
    }

    @Override
    public Cpu cpu() {
        return new MacCpu(source, processors).read();
    }

    @Override
    public Memory memory() {
        // sysctl does not tell what is free.
        OptionalLong total = source.sysctl("hw.memsize").map(Parse::number).orElse(OptionalLong.empty());
        return source.memory().orElse(new Memory(Math.max(0, total.orElse(0)), 0, false));
    }

    @Override
    public List<Device> devices() {
        return new MacDevices(source).read();
    }

    @Override
    public List<RuntimeLibrary> runtimes(List<Device> devices) {
        return new MacRuntimes(source).read();
    }
}
