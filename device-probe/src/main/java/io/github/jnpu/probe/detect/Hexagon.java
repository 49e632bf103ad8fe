package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Device;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Qualcomm's NPU, which is no PCI device. Windows finds it through ACPI; one id stands for a whole series of chips, so what it can do goes
 * by the processor's name, which is in the NPU's name, too: {@code Snapdragon(R) X2 Elite - X2E88100 - Qualcomm(R) Hexagon(TM) NPU}.
 *
 * @param generation
 *            the series of the chip
 */
record Hexagon(String generation, Optional<Device.Tops> tops) {
    /** Of Snapdragon X and X2, seen in the field; drivers of later chips are known by their setup class alone. */
    private static final Set<String> IDS = Set.of("QCOM0D0A", "QCOM0FF0");

    static boolean isOne(String acpiId) {
        return IDS.contains(acpiId);
    }

    static Hexagon of(String names) {
        String lower = names.toLowerCase(Locale.ROOT);
        if (lower.contains("snapdragon") && lower.matches(".*\\bx2\\b.*")) {
            return new Hexagon("Hexagon (Snapdragon X2)", tops(80, "Qualcomm's figure for Snapdragon X2"));
        }
        if (lower.contains("snapdragon") && lower.matches(".*\\bx\\b.*")) {
            return new Hexagon("Hexagon (Snapdragon X)", tops(45, "Qualcomm's figure for Snapdragon X"));
        }
        return new Hexagon("Hexagon", Optional.empty());
    }

    private static Optional<Device.Tops> tops(double value, String source) {
        return Optional.of(new Device.Tops(value, "INT8", source));
    }
}
