package io.github.jnpu.probe;

/**
 * What is in this machine. Immutable; a picture of one moment.
 *
 * @param system
 *            operating system, its version and the architecture: {@code Linux 6.12.1 amd64}
 */
public record DeviceReport(String system, Cpu cpu, Memory memory) {}
