package io.github.jnpu.server.model;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as Go writes them ({@code 5m}, {@code 1h30m}, {@code -1s}), which is how clients give them.
 *
 * <p>Format: <a href="https://pkg.go.dev/time#ParseDuration">time.ParseDuration</a>.
 */
public final class GoDuration {
    /** The longest duration that 64 bits of nanoseconds hold, 292 years: what "forever" is on the wire. */
    public static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

    private static final int MAX_LENGTH = 100;
    private static final Pattern TERM = Pattern.compile("(\\d+\\.?\\d*|\\.\\d+)(ns|us|µs|μs|ms|s|m|h)?");
    private static final Map<String, Long> NANOS = Map.of("ns", 1L, "us", 1_000L, "µs", 1_000L, "μs", 1_000L, "ms",
            1_000_000L, "s", 1_000_000_000L, "m", 60_000_000_000L, "h", 3_600_000_000_000L);

    private GoDuration() {}

    /**
     * Reads a duration.
     *
     * @throws IllegalArgumentException
     *             with Go's words, if it is none
     */
    public static Duration parse(String text) {
        String invalid = "time: invalid duration \"" + text + "\"";
        if (text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("time: invalid duration of %d characters".formatted(text.length()));
        }
        boolean negative = text.startsWith("-");
        String terms = negative || text.startsWith("+") ? text.substring(1) : text;
        if (terms.equals("0")) {
            return Duration.ZERO;
        }
        if (terms.isEmpty()) {
            throw new IllegalArgumentException(invalid);
        }
        BigDecimal nanos = BigDecimal.ZERO;
        Matcher matcher = TERM.matcher(terms);
        int at = 0;
        while (at < terms.length()) {
            if (!matcher.find() || matcher.start() != at) {
                throw new IllegalArgumentException(invalid);
            }
            at = matcher.end();
            if (matcher.group(2) == null) {
                throw new IllegalArgumentException("time: missing unit in duration \"" + text + "\"");
            }
            nanos = nanos.add(new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(NANOS.get(matcher.group(
                    2)))));
        }
        if (nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new IllegalArgumentException(invalid);
        }
        return Duration.ofNanos(negative ? -nanos.longValue() : nanos.longValue());
    }

    /** How long a model stays: negative means forever. */
    public static Duration keepAlive(Duration duration) {
        return duration.isNegative() ? FOREVER : duration;
    }

    /** How long a model stays, given in seconds: negative means forever. */
    public static Duration keepAlive(double seconds) {
        if (seconds < 0 || seconds >= Long.MAX_VALUE / 1e9) {
            return FOREVER;
        }
        return Duration.ofNanos((long) (seconds * 1e9));
    }
}
