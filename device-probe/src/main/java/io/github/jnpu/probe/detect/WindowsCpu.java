package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Cpu;
import io.github.jnpu.probe.source.ProcessorTopology;
import io.github.jnpu.probe.source.SystemSource;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The processor as Windows tells of it. Which vector extensions an x86 processor has, the registry does not say. */
final class WindowsCpu {
    static final String KEY = "HKEY_LOCAL_MACHINE\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor";

    private final SystemSource source;
    private final OptionalInt processors;

    /**
     * @param processors
     *            hardware threads that the JVM may use; empty for another machine
     */
    WindowsCpu(SystemSource source, OptionalInt processors) {
        this.source = source;
        this.processors = processors;
    }

    static String model(SystemSource source) {
        return source.registryValue(KEY + "\\0", "ProcessorNameString").map(String::strip)
                .filter(name -> !name.isEmpty())
                .or(() -> Optional.ofNullable(source.environment().get("PROCESSOR_IDENTIFIER"))).orElse("unknown");
    }

    Cpu read() {
        Optional<ProcessorTopology> topology = source.topology();
        int listed = topology.map(ProcessorTopology::threads).orElseGet(() -> source.registryKeys(KEY).size());
        int logical = Math.max(1, processors.orElse(listed));
        // Without native access nobody tells, and a JVM cannot have more than there are.
        int threads = Math.max(listed, logical);
        int cores = topology.map(ProcessorTopology::cores).orElse(threads);
        // A JVM that may use a part of the threads gets them core by core: affinity masks are set that way.
        int physical = Math.clamp(Math.ceilDiv((long) logical * cores, threads), 1, Math.min(logical, cores));
        boolean arm = new WindowsSystem(source).architecture().equals("aarch64");
        // Windows on Arm needs it; of more, the registry does not tell.
        List<String> features = arm ? List.of("asimd") : List.of();
        return new Cpu(model(source), physical, logical, cores,
                topology.map(ProcessorTopology::kinds).orElse(List.of()), features,
                VectorWidth.ofArm(features, OptionalInt.empty()),
                topology.map(ProcessorTopology::caches).orElse(List.of()));
    }
}
