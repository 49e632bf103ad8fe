package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.source.SystemSource;

import java.util.List;
import java.util.Optional;

/** The list of PCI names that distributions install, for GPUs that are not in {@link PciNames}. */
final class PciDatabase {
    private static final List<String> PLACES = List.of("/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids");
    /** It has 1.5 MB. */
    private static final int MAX_SIZE = 4 << 20;

    private PciDatabase() {}

    static Optional<String> name(SystemSource source, int vendor, int device) {
        for (String place : PLACES) {
            Optional<String> text = source.text(place, MAX_SIZE);
            if (text.isPresent()) {
                return find(text.get(), "\n%04x  ".formatted(vendor), "\n\t%04x  ".formatted(device));
            }
        }
        return Optional.empty();
    }

    /** Vendors begin lines, their devices are indented below, and lines of subsystems twice. */
    private static Optional<String> find(String text, String vendor, String device) {
        int from = text.indexOf(vendor);
        if (from < 0) {
            return Optional.empty();
        }
        int end = from + 1;
        do {
            end = text.indexOf('\n', end) + 1;
        } while (end > 0 && end < text.length() && (text.charAt(end) == '\t' || text.charAt(end) == '#'));
        int at = text.indexOf(device, from);
        if (at < 0 || end > 0 && at >= end) {
            return Optional.empty();
        }
        int start = at + device.length();
        int lineEnd = text.indexOf('\n', start);
        return Optional.of(text.substring(start, lineEnd < 0 ? text.length() : lineEnd).strip());
    }
}
