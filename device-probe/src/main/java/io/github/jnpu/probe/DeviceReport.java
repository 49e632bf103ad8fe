package io.github.jnpu.probe;

import java.util.List;
import java.util.Objects;

/**
 * What is in a machine, and what of it can run networks. Immutable; a picture of one moment.
 *
 * @param npus
 *            neural processors, usable or not
 * @param gpus
 *            graphics processors, usable or not
 * @param accelerators
 *            accelerators on USB
 * @param runtimes
 *            one entry or more for each kind that makes sense on this system, found or not
 * @param unread
 *            what could not be read though it was there, with the reason
 * @param conclusion
 *            one sentence: what will be used, and why nothing better
 */
public record DeviceReport(SystemInfo system, Cpu cpu, Memory memory, List<Device> npus, List<Device> gpus,
        List<Device> accelerators, List<RuntimeLibrary> runtimes, List<String> unread, String conclusion) {
    public DeviceReport {
        Objects.requireNonNull(system);
        Objects.requireNonNull(cpu);
        Objects.requireNonNull(memory);
        conclusion = Texts.sentence(conclusion);
        npus = List.copyOf(npus);
        gpus = List.copyOf(gpus);
        accelerators = List.copyOf(accelerators);
        runtimes = List.copyOf(runtimes);
        unread = Texts.names(unread);
    }
}
