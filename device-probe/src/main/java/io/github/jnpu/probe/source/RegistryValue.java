package io.github.jnpu.probe.source;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Data of a registry value as text, the same for a live registry and an exported one. Types as in winnt.h. */
final class RegistryValue {
    static final int TEXT = 1;
    static final int EXPANDABLE_TEXT = 2;
    static final int BINARY = 3;
    static final int NUMBER_32 = 4;
    static final int TEXTS = 7;
    static final int NUMBER_64 = 11;

    private RegistryValue() {}

    /** Texts as they are, several separated by line breaks, numbers in decimal, bytes as {@code hex:0a1b}. */
    static String text(int type, byte[] data) {
        return switch (type) {
            case TEXT, EXPANDABLE_TEXT -> untilZero(new String(data, StandardCharsets.UTF_16LE));
            case TEXTS -> new String(data, StandardCharsets.UTF_16LE).replaceAll("\0+$", "").replace('\0', '\n');
            case NUMBER_32, NUMBER_64 -> number(data);
            default -> "hex:" + HexFormat.of().formatHex(data);
        };
    }

    /** Little-endian, whatever the length claims: drivers write short ones. */
    static String number(byte[] data) {
        long value = 0;
        for (int i = Math.min(data.length, Long.BYTES) - 1; i >= 0; i--) {
            value = value << Byte.SIZE | data[i] & 0xFF;
        }
        return Long.toUnsignedString(value);
    }

    private static String untilZero(String text) {
        int zero = text.indexOf('\0');
        return zero < 0 ? text : text.substring(0, zero);
    }
}
