package io.github.jnpu.server.api;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;

/** Points in time on the wire: RFC 3339. */
final class Timestamps {
    private static final DateTimeFormatter UTC = new DateTimeFormatterBuilder().appendInstant(9).toFormatter();

    private Timestamps() {}

    /** Now, in UTC with nine digits of the second. */
    static String now() {
        return UTC.format(Instant.now());
    }

    /** In the offset of this machine. */
    static String local(Instant instant) {
        return DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(instant.atZone(ZoneId.systemDefault()));
    }
}
