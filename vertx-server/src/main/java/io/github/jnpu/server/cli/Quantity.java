package io.github.jnpu.server.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** Figures as people read them. */
final class Quantity {
    private static final String[] BYTE_UNITS = {"B", "KB", "MB", "GB", "TB"};

    private Quantity() {}

    /** A size in decimal units: {@code 4.7 GB}. */
    static String bytes(long count) {
        double value = count;
        int unit = 0;
        while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        return unit == 0 ? count + " B" : format(value < 10 ? "%.1f %s" : "%.0f %s", value, BYTE_UNITS[unit]);
    }

    /** A duration with its two leading units: {@code 130.08ms}, {@code 4.23s}, {@code 2m5.1s}. */
    static String duration(Duration duration) {
        double seconds = duration.toNanos() / 1e9;
        if (seconds < 1) {
            return format("%.2fms", seconds * 1e3);
        }
        return seconds < 60 ? format("%.2fs", seconds) : format("%dm%.1fs", (long) seconds / 60, seconds % 60);
    }

    /** A moment seen from another: {@code 2 days ago}, {@code 4 minutes from now}. */
    static String relative(Instant moment, Instant now) {
        Duration distance = Duration.between(moment, now);
        String direction = distance.isNegative() ? "from now" : "ago";
        long seconds = distance.abs().toSeconds();
        if (seconds < 60) {
            return amount(seconds, "second") + " " + direction;
        }
        if (seconds < 3600) {
            return amount(seconds / 60, "minute") + " " + direction;
        }
        if (seconds < 86_400) {
            return amount(seconds / 3600, "hour") + " " + direction;
        }
        long days = seconds / 86_400;
        if (days < 14) {
            return amount(days, "day") + " " + direction;
        }
        if (days < 60) {
            return amount(days / 7, "week") + " " + direction;
        }
        return days < 730 ? amount(days / 30, "month") + " " + direction : amount(days / 365, "year") + " " + direction;
    }

    private static String amount(long count, String unit) {
        return count + " " + unit + (count == 1 ? "" : "s");
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
