package io.github.jnpu.probe;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A processor beside the CPU that could run networks.
 *
 * @param kind
 *            what sort it is
 * @param id
 *            how jnpu calls it, unique in a report and stable while the hardware stays: {@code npu0}, {@code gpu1}
 * @param hardwareId
 *            vendor and device as its bus gives them: {@code pci:8086:643e}, {@code usb:03e7:2485}, {@code acpi:QCOM0D0A}; empty where it
 *            has none
 * @param address
 *            where it sits: {@code 0000:00:0b.0}; empty where the system does not tell
 * @param node
 *            what programs open to use it: {@code /dev/accel/accel0}; empty where the system has no such thing or it is missing
 * @param vendor
 *            a short name: {@code Intel}
 * @param name
 *            the vendor's name for it, or the best description there is
 * @param generation
 *            the family that decides what runs on it: {@code NPU 4 (Lunar Lake)}; empty if unknown
 * @param integrated
 *            whether it shares main memory with the CPU
 * @param driver
 *            kernel driver and, where it can be read, its version
 * @param tops
 *            the vendor's figure for its speed
 * @param memoryBytes
 *            memory of its own or, if integrated, what it may take of main memory; empty where the system does not tell
 * @param precisions
 *            number formats that it multiplies in hardware, as {@code INT8}, {@code FP16}; empty if unknown
 * @param checks
 *            what has to hold before it can be used, in the order in which to repair it
 */
public record Device(Kind kind, String id, String hardwareId, String address, String node, String vendor, String name,
        String generation, boolean integrated, Optional<Driver> driver, Optional<Tops> tops, OptionalLong memoryBytes,
        List<String> precisions, List<Check> checks) {
    /** Sorts of devices. */
    public enum Kind {
        NPU, GPU, USB
    }

    /**
     * A kernel driver.
     *
     * @param version
     *            empty where the driver does not tell
     */
    public record Driver(String name, String version) {
        public Driver {
            name = Texts.name(name);
            version = Texts.name(version);
        }
    }

    /**
     * A vendor's figure for peak speed.
     *
     * @param value
     *            10^12 operations a second; a multiply-add counts as two
     * @param precision
     *            of the numbers it holds for
     * @param source
     *            where the vendor states it
     */
    public record Tops(double value, String precision, String source) {}

    public Device {
        Objects.requireNonNull(kind);
        id = Texts.name(id);
        hardwareId = Texts.name(hardwareId);
        address = Texts.name(address);
        node = Texts.name(node);
        vendor = Texts.name(vendor);
        name = Texts.name(name);
        generation = Texts.name(generation);
        Objects.requireNonNull(driver);
        Objects.requireNonNull(tops);
        Objects.requireNonNull(memoryBytes);
        precisions = Texts.names(precisions);
        checks = List.copyOf(checks);
    }

    /** Whether nothing that was checked stands against using it. */
    public boolean usable() {
        return checks.stream().noneMatch(check -> check.status() == Check.Status.FAILED);
    }
}
