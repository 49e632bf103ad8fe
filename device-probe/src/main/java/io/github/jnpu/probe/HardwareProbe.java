package io.github.jnpu.probe;

import java.nio.file.Path;

/**
 * Looks at the machine. Each call looks anew; what it cannot find out it reports as unknown and never guesses. Thread-safe.
 */
public final class HardwareProbe {
    private final SystemFacts facts;

    private HardwareProbe(SystemFacts facts) {
        this.facts = facts;
    }

    /** The machine that this process runs on. */
    public static HardwareProbe local() {
        String system = System.getProperty("os.name");
        int processors = Runtime.getRuntime().availableProcessors();
        if (system.startsWith("Linux")) {
            return linux(Path.of("/"), processors);
        }
        return new HardwareProbe(system.startsWith("Mac") ? new MacFacts(processors) : new JvmFacts(processors));
    }

    /**
     * A Linux machine as its {@code proc} and {@code sys} trees describe it.
     *
     * @param root
     *            the folder that holds the two trees
     * @param processors
     *            hardware threads that the JVM may use ({@code -XX:ActiveProcessorCount} can lower it)
     */
    static HardwareProbe linux(Path root, int processors) {
        return new HardwareProbe(new LinuxFacts(root, processors));
    }

    public Cpu cpu() {
        return facts.cpu();
    }

    public Memory memory() {
        return facts.memory();
    }

    public DeviceReport report() {
        String system = "%s %s %s".formatted(System.getProperty("os.name"), System.getProperty("os.version"),
                System.getProperty("os.arch"));
        return new DeviceReport(system, cpu(), memory());
    }
}
