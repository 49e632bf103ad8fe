package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.source.SystemSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeSet;

/** The few forms that kernel files have. Nothing throws: what is malformed is empty. */
final class Parse {
    /** A kernel has at most 8192 processors; a file that claims more is broken. */
    private static final int MAX_PROCESSORS = 8192;

    private Parse() {}

    static List<String> lines(SystemSource source, String path) {
        return lines(source, path, SystemSource.MAX_TEXT);
    }

    /** Loops, not streams, here and below: the engine asks at each start, and a JVM's first streams take long. */
    static List<String> lines(SystemSource source, String path, int maxBytes) {
        List<String> lines = new ArrayList<>();
        String text = source.text(path, maxBytes).orElse("");
        int start = 0;
        while (start < text.length()) {
            int end = text.indexOf('\n', start);
            int stop = end < 0 ? text.length() : end;
            lines.add(text.substring(start, stop > start && text.charAt(stop - 1) == '\r' ? stop - 1 : stop));
            start = stop + 1;
        }
        return lines;
    }

    /** A file of one line, without the NUL that ends strings of the device tree; empty if absent or blank. */
    static Optional<String> line(SystemSource source, String path) {
        List<String> lines = lines(source, path);
        String line = lines.isEmpty() ? "" : lines.getFirst().replace("\0", "").strip();
        return line.isEmpty() ? Optional.empty() : Optional.of(line);
    }

    static OptionalLong number(SystemSource source, String path) {
        return number(line(source, path).orElse(""));
    }

    static OptionalLong number(String text) {
        try {
            return OptionalLong.of(Long.parseLong(text.strip()));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    /** A hexadecimal number of at most eight digits, with or without {@code 0x}. */
    static OptionalInt hex(SystemSource source, String path) {
        return hex(line(source, path).orElse(""));
    }

    static OptionalInt hex(String text) {
        String digits = text.strip();
        try {
            return OptionalInt.of(Integer.parseUnsignedInt(
                    digits.startsWith("0x") || digits.startsWith("0X") ? digits.substring(2) : digits, 16));
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    /** The first line {@code name : value} or, with another separator, {@code name=value}. */
    static Optional<String> field(List<String> lines, char separator, String name) {
        for (String line : lines) {
            int end = line.indexOf(separator);
            if (end > 0 && line.substring(0, end).strip().equals(name)) {
                String value = line.substring(end + 1).strip();
                return value.isEmpty() ? Optional.empty() : Optional.of(value);
            }
        }
        return Optional.empty();
    }

    static Optional<String> field(List<String> lines, String name) {
        return field(lines, ':', name);
    }

    /** Numbers as in {@code 0-3,8,10-11}; none if malformed. */
    static TreeSet<Integer> ranges(String ranges) {
        TreeSet<Integer> numbers = new TreeSet<>();
        for (String range : ranges.split(",")) {
            String[] ends = range.strip().split("-");
            OptionalLong first = number(ends[0]);
            OptionalLong last = number(ends[ends.length - 1]);
            if (first.isEmpty() || last.isEmpty() || first.getAsLong() < 0 || last.getAsLong() >= MAX_PROCESSORS) {
                return new TreeSet<>();
            }
            for (long i = first.getAsLong(); i <= last.getAsLong(); i++) {
                numbers.add((int) i);
            }
        }
        return numbers;
    }

    /** A size as sysfs writes it for caches: {@code 48K}; in bytes. */
    static OptionalLong size(String text) {
        String digits = text.strip();
        if (digits.isEmpty()) {
            return OptionalLong.empty();
        }
        int shift = switch (digits.charAt(digits.length() - 1)) {
            case 'K' -> 10;
            case 'M' -> 20;
            case 'G' -> 30;
            default -> 0;
        };
        OptionalLong number = number(shift == 0 ? digits : digits.substring(0, digits.length() - 1));
        return number.isPresent() && number.getAsLong() >= 0 && number.getAsLong() < 1L << 32
                ? OptionalLong.of(number.getAsLong() << shift)
                : OptionalLong.empty();
    }

    /** What follows the last slash. */
    static String lastName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
