package io.github.jnpu.probe;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * The processor as this process sees it: affinity masks and container limits are taken off.
 *
 * @param model
 *            as the vendor names it; {@code unknown} where the system does not tell
 * @param physicalCores
 *            cores that this process may use, hyper-threads counted once; at least 1; the logical cores where the system does
 *            not tell them apart
 * @param logicalCores
 *            hardware threads that this process may use; not below {@code physicalCores}
 * @param machineCores
 *            physical cores of the whole machine; not below {@code physicalCores}
 * @param coreKinds
 *            where the machine's cores differ or have a name of their own, what kinds there are; empty where the system does not tell
 * @param features
 *            the instruction set extensions that matter to vector arithmetic, as the kernel spells them, in its order; empty
 *            where the system does not tell
 * @param vectorBits
 *            width of the vectors that Java uses: in this JVM what it says, for a captured machine what HotSpot would choose; empty
 *            if unknown
 * @param caches
 *            of the first core, from the nearest on
 */
public record Cpu(String model, int physicalCores, int logicalCores, int machineCores,
        List<CoreKind> coreKinds, List<String> features, OptionalInt vectorBits, List<Cache> caches) {
    /**
     * A cache.
     *
     * @param level
     *            1 is the nearest
     * @param type
     *            {@code data}, {@code instruction} or {@code unified}
     * @param threads
     *            hardware threads that share it; 0 if unknown
     */
    public record Cache(int level, String type, long bytes, int threads) {}

    /**
     * Cores of one kind in the whole machine.
     *
     * @param name
     *            {@code performance}, {@code efficiency} or the core's own name: {@code Cortex-A76}
     */
    public record CoreKind(String name, int cores, int threads) {}

    public Cpu {
        if (physicalCores < 1 || logicalCores < physicalCores || machineCores < physicalCores) {
            throw new IllegalArgumentException("%d physical and %d logical cores of %d".formatted(physicalCores,
                    logicalCores, machineCores));
        }
        model = Texts.name(model);
        coreKinds = List.copyOf(coreKinds);
        features = Texts.names(features);
        Objects.requireNonNull(vectorBits);
        caches = List.copyOf(caches);
    }

    public Cpu(String model, int physicalCores, int logicalCores, int machineCores, List<String> features,
            OptionalInt vectorBits, List<Cache> caches) {
        this(model, physicalCores, logicalCores, machineCores, List.of(), features, vectorBits, caches);
    }

    /** The same with what a JVM on it says of its vectors, if it says something. */
    public Cpu withVectorBits(OptionalInt said) {
        return said.isEmpty()
                ? this
                : new Cpu(model, physicalCores, logicalCores, machineCores, coreKinds, features, said, caches);
    }
}
