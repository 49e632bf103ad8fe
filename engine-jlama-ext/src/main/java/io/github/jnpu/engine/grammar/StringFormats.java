package io.github.jnpu.engine.grammar;

import java.util.Map;
import java.util.Optional;

/**
 * The values of {@code format} that are held, as patterns that are at most as wide as the format (JSON Schema Validation 2020-12,
 * section 7.3; RFC 3339, 4122). Others are annotations, as the specification has it.
 */
final class StringFormats {
    /** No 29 February: whether there is one depends on the year. */
    private static final String DATE = "[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))";
    /** No leap seconds. */
    private static final String TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])";
    private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final String LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";

    private static final Map<String, String> PATTERNS = Map.of("date", DATE, "time", TIME, "date-time", DATE + "T"
            + TIME, "uuid", "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", "ipv4",
            BYTE
                    + "(\\." + BYTE + "){3}",
            "email", "[A-Za-z0-9_+-]{1,20}(\\.[A-Za-z0-9_+-]{1,20}){0,2}@(" + LABEL
                    + "\\.){1,3}[A-Za-z]{2,18}");

    private StringFormats() {}

    /** The pattern of a format, with its anchors; empty for one that is only an annotation. */
    static Optional<String> pattern(String format) {
        return Optional.ofNullable(PATTERNS.get(format)).map(pattern -> "^(" + pattern + ")$");
    }
}
