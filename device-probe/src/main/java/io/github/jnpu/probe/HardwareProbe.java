package io.github.jnpu.probe;

import io.github.jnpu.probe.detect.Conclusion;
import io.github.jnpu.probe.detect.JvmMachine;
import io.github.jnpu.probe.detect.LinuxMachine;
import io.github.jnpu.probe.detect.MacMachine;
import io.github.jnpu.probe.detect.Machine;
import io.github.jnpu.probe.detect.OnnxRuntimeJar;
import io.github.jnpu.probe.detect.VectorWidth;
import io.github.jnpu.probe.detect.WindowsMachine;
import io.github.jnpu.probe.source.CapturedTree;
import io.github.jnpu.probe.source.GuardedLook;
import io.github.jnpu.probe.source.LocalLinuxSource;
import io.github.jnpu.probe.source.LocalMacSource;
import io.github.jnpu.probe.source.LocalWindowsSource;
import io.github.jnpu.probe.source.MacTree;
import io.github.jnpu.probe.source.SystemSource;
import io.github.jnpu.probe.source.WindowsTree;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Looks at a machine. Each call looks anew, loads no native library and takes less than two seconds whatever the machine does; what it
 * cannot find out it reports as unknown and never guesses. Thread-safe.
 */
public final class HardwareProbe {
    private final Supplier<SystemSource> sources;
    /** Hardware threads that this JVM may use; empty for another machine. */
    private final OptionalInt processors;

    private HardwareProbe(Supplier<SystemSource> sources, OptionalInt processors) {
        this.sources = sources;
        this.processors = processors;
    }

    /** The machine that this process runs on. */
    public static HardwareProbe local() {
        OptionalInt processors = OptionalInt.of(Runtime.getRuntime().availableProcessors());
        String system = System.getProperty("os.name");
        if (system.startsWith("Linux")) {
            return new HardwareProbe(LocalLinuxSource::new, processors);
        }
        if (system.startsWith("Windows")) {
            return new HardwareProbe(LocalWindowsSource::new, processors);
        }
        if (system.startsWith("Mac")) {
            return new HardwareProbe(LocalMacSource::new, processors);
        }
        // What the JDK tells needs no source.
        return new HardwareProbe(() -> new CapturedTree(Path.of(""), SystemInfo.Family.OTHER), processors);
    }

    /**
     * Another machine, from files that lay on it: see {@link CapturedTree}, {@link WindowsTree} and {@link MacTree}.
     *
     * @throws IllegalArgumentException
     *             if the folder holds nothing of any machine
     */
    public static HardwareProbe captured(Path root) {
        SystemInfo.Family family = CapturedTree.family(root).orElseThrow(() -> new IllegalArgumentException(
                "%s holds no machine: neither proc or sys (Linux), nor *.reg (Windows), nor sysctl.txt (macOS)"
                        .formatted(root)));
        return new HardwareProbe(() -> switch (family) {
            case WINDOWS -> new WindowsTree(root);
            case MACOS -> new MacTree(root);
            default -> new CapturedTree(root, family);
        }, OptionalInt.empty());
    }

    /** A captured machine on which the JVM may use fewer hardware threads than the machine has. */
    static HardwareProbe captured(Path root, int processors) {
        return new HardwareProbe(captured(root).sources, OptionalInt.of(processors));
    }

    /** The processor alone, in a millisecond or two. The width of vectors is what HotSpot chooses by itself. */
    public Cpu cpu() {
        // The kernel's own files do not block; another machine's are just files.
        return processors.isPresent() ? machine(sources.get()).cpu() : look(source -> machine(source).cpu());
    }

    /** Main memory alone, in a millisecond or two. */
    public Memory memory() {
        return processors.isPresent() ? machine(sources.get()).memory() : look(source -> machine(source).memory());
    }

    /** Everything, for a program that has no backend but the CPU's. */
    public DeviceReport report() {
        return report(Set.of());
    }

    /**
     * Everything.
     *
     * @param backends
     *            the runtimes that the caller can compute with; the conclusion speaks of no device as used that none of them reaches
     */
    public DeviceReport report(Set<RuntimeLibrary.Kind> backends) {
        return look(source -> report(backends, source));
    }

    /**
     * Everything, and what each runtime library says when it is loaded. Takes as long as the libraries take.
     *
     * @param deep
     *            asks them; {@link DeepProbe#inChildProcess()} unless there is a better one
     * @throws IllegalStateException
     *             for a captured machine, whose libraries are not here
     * @throws InterruptedException
     *             if interrupted while a library is asked
     */
    public DeviceReport report(Set<RuntimeLibrary.Kind> backends, DeepProbe deep) throws InterruptedException {
        if (processors.isEmpty()) {
            throw new IllegalStateException("The libraries of a captured machine cannot be loaded here");
        }
        DeviceReport report = report(backends);
        List<RuntimeLibrary> runtimes = new ArrayList<>();
        for (RuntimeLibrary library : report.runtimes()) {
            runtimes.add(deep.ask(library));
        }
        List<Device> devices = Stream.of(report.npus(), report.gpus(), report.accelerators()).flatMap(List::stream)
                .toList();
        return new DeviceReport(report.system(), report.cpu(), report.memory(), report.npus(), report.gpus(),
                report.accelerators(), runtimes, report.unread(),
                Conclusion.of(report.system(), report.cpu(), devices, runtimes, backends));
    }

    /** Looks at the machine, for two seconds at most. */
    <T> T look(Function<SystemSource, T> look) {
        return GuardedLook.at(sources.get(), look);
    }

    DeviceReport report(Set<RuntimeLibrary.Kind> backends, SystemSource source) {
        Machine machine = machine(source);
        SystemInfo system = machine.system();
        Cpu cpu = machine.cpu();
        Memory memory = machine.memory();
        List<Device> devices = machine.devices();
        List<RuntimeLibrary> runtimes = new ArrayList<>(machine.runtimes(devices));
        boolean local = processors.isPresent();
        if (local) {
            OnnxRuntimeJar.find().ifPresent(runtimes::add);
        }
        if (runtimes.stream().noneMatch(runtime -> runtime.kind() == RuntimeLibrary.Kind.ONNX_RUNTIME)) {
            runtimes.add(OnnxRuntimeJar.missing());
        }
        if (local) {
            cpu = cpu.withVectorBits(VectorWidth.ofThisJvm());
        }
        return new DeviceReport(system, cpu, memory, of(Device.Kind.NPU, devices), of(Device.Kind.GPU, devices),
                of(Device.Kind.USB, devices), runtimes, source.unread(),
                Conclusion.of(system, cpu, devices, runtimes, backends));
    }

    private static List<Device> of(Device.Kind kind, List<Device> devices) {
        return devices.stream().filter(device -> device.kind() == kind).toList();
    }

    private Machine machine(SystemSource source) {
        return switch (source.family()) {
            case LINUX -> new LinuxMachine(source, processors);
            case WINDOWS -> new WindowsMachine(source, processors);
            case MACOS -> new MacMachine(source, processors);
            default -> new JvmMachine(source.family(), processors.orElse(1));
        };
    }
}
