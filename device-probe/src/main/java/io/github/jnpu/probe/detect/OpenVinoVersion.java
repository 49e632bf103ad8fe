package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Versions of OpenVINO: year, number in the year, patch. */
record OpenVinoVersion(int year, int minor, int patch) {
    /** The first whose NPU plugin runs language models well, and the oldest that anything here is written for. */
    static final OpenVinoVersion OLDEST = new OpenVinoVersion(2024, 6, 0);

    /** {@code .so.2541} is 2025.4.1: two digits of the year, the minor, the patch. */
    private static final Pattern OF_LIBRARY = Pattern
            .compile("\\.so\\.(\\d{2})(\\d)(\\d{1,2})|\\.(\\d{2})(\\d)(\\d{1,2})\\.dylib");
    private static final Pattern WRITTEN = Pattern.compile("(20\\d{2})\\.(\\d{1,2})(?:\\.(\\d{1,2}))?.*",
            Pattern.DOTALL);

    /** From a library's file name; empty where the name has no version. */
    static Optional<OpenVinoVersion> ofLibrary(String name) {
        Matcher matcher = OF_LIBRARY.matcher(name);
        if (!matcher.find()) {
            return Optional.empty();
        }
        int first = matcher.group(1) != null ? 1 : 4;
        return Optional.of(new OpenVinoVersion(2000 + Integer.parseInt(matcher.group(first)),
                Integer.parseInt(matcher.group(first + 1)), Integer.parseInt(matcher.group(first + 2))));
    }

    /** From a text that begins with it: {@code 2024.6.0-17404-4c0f47d2335}. */
    static Optional<OpenVinoVersion> of(String text) {
        Matcher matcher = WRITTEN.matcher(text.strip());
        return matcher.matches()
                ? Optional
                        .of(new OpenVinoVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)),
                                matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3))))
                : Optional.empty();
    }

    /** Whether it is new enough, as a report says it. */
    static Check check(Optional<OpenVinoVersion> version) {
        if (version.isEmpty()) {
            return Check.unknown("version", "neither the library's name nor a file beside it tells");
        }
        return version.get().isAtLeast(OLDEST)
                ? Check.passed("version", version.get() + ", at least " + OLDEST + " is needed")
                : Check.failed("version", version.get() + " is too old, at least " + OLDEST + " is needed",
                        "Install OpenVINO " + OLDEST + " or later.");
    }

    boolean isAtLeast(OpenVinoVersion other) {
        if (year != other.year) {
            return year > other.year;
        }
        return minor != other.minor ? minor > other.minor : patch >= other.patch;
    }

    @Override
    public String toString() {
        return "%d.%d.%d".formatted(year, minor, patch);
    }
}
