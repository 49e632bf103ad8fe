package io.github.jnpu.probe;

/**
 * The processor as this process sees it.
 *
 * @param model
 *            as the vendor names it
 * @param physicalCores
 *            cores that this process may use, hyper-threads counted once; at least 1
 * @param logicalCores
 *            hardware threads that this process may use
 */
public record Cpu(String model, int physicalCores, int logicalCores) {}
