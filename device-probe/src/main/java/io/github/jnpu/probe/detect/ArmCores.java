package io.github.jnpu.probe.detect;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/** Names of Arm cores by implementer and part, the numbers that Linux gives in place of a name. */
final class ArmCores {
    /** From the main ID register's fields as in the kernel's {@code arch/arm64/include/asm/cputype.h}. */
    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(0x41d03, "Cortex-A53"), Map.entry(0x41d05, "Cortex-A55"), Map.entry(0x41d08, "Cortex-A72"),
            Map.entry(0x41d0b, "Cortex-A76"), Map.entry(0x41d0c, "Neoverse N1"), Map.entry(0x41d40, "Neoverse V1"),
            Map.entry(0x41d49, "Neoverse N2"), Map.entry(0x41d4f, "Neoverse V2"), Map.entry(0x41d44, "Cortex-X1"),
            Map.entry(0x41d41, "Cortex-A78"), Map.entry(0x51001, "Oryon"), Map.entry(0x61022, "Icestorm (M1)"),
            Map.entry(0x61023, "Firestorm (M1)"), Map.entry(0x61032, "Blizzard (M2)"),
            Map.entry(0x61033, "Avalanche (M2)"));

    private ArmCores() {}

    static boolean isName(String name) {
        return NAMES.containsValue(name);
    }

    /** Processors by their core's name, in the order of {@code /proc/cpuinfo}; those without a name here are left out. */
    static Map<String, Set<Integer>> byName(List<String> info) {
        Map<String, Set<Integer>> processors = new LinkedHashMap<>();
        long processor = -1;
        int implementer = 0;
        for (String line : info) {
            int colon = line.indexOf(':');
            String value = colon < 0 ? "" : line.substring(colon + 1);
            if (line.startsWith("processor")) {
                OptionalLong number = Parse.number(value);
                processor = number.isPresent() && number.getAsLong() < 8192 ? number.getAsLong() : -1;
            } else if (line.startsWith("CPU implementer")) {
                implementer = Parse.hex(value).orElse(0);
            } else if (line.startsWith("CPU part") && processor >= 0) {
                OptionalInt part = Parse.hex(value);
                String name = part.isEmpty() ? null : NAMES.get((implementer & 0xff) << 12 | part.getAsInt() & 0xfff);
                if (name != null) {
                    processors.computeIfAbsent(name, unused -> new TreeSet<>()).add((int) processor);
                }
            }
        }
        return processors;
    }
}
