package io.github.jnpu.probe;

import java.util.List;

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
 * @param features
 *            the instruction set extensions that matter to vector arithmetic, as the kernel spells them, in its order; empty
 *            where the system does not tell
 */
public record Cpu(String model, int physicalCores, int logicalCores, List<String> features) {
    public Cpu {
        if (physicalCores < 1 || logicalCores < physicalCores) {
            throw new IllegalArgumentException(
                    "%d physical and %d logical cores".formatted(physicalCores, logicalCores));
        }
        features = List.copyOf(features);
    }
}
