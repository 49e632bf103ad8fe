package io.github.jnpu.probe.source;

import java.nio.charset.StandardCharsets;

/** Writes names of files so that every system can hold them: {@code 0000:00:0b.0} as {@code 0000%3A00%3A0b.0}. */
final class FileNames {
    /** Windows allows none of these in a name; the percent sign marks what is encoded. */
    private static final String FORBIDDEN = "<>:\"|?*\\%";

    private FileNames() {}

    static String encode(String name) {
        StringBuilder encoded = new StringBuilder();
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            int c = b & 0xff;
            if (c < ' ' || c > '~' || FORBIDDEN.indexOf(c) >= 0) {
                encoded.append("%%%02X".formatted(c));
            } else {
                encoded.append((char) c);
            }
        }
        return encoded.toString();
    }

    /** The reverse; what is not well encoded stays as it is. */
    static String decode(String name) {
        if (name.indexOf('%') < 0) {
            return name;
        }
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        byte[] decoded = new byte[bytes.length];
        int length = 0;
        for (int i = 0; i < bytes.length; i++) {
            int high = i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
            int low = i + 2 < bytes.length ? Character.digit(bytes[i + 2], 16) : -1;
            if (bytes[i] == '%' && high >= 0 && low >= 0) {
                decoded[length++] = (byte) (high << 4 | low);
                i += 2;
            } else {
                decoded[length++] = bytes[i];
            }
        }
        return new String(decoded, 0, length, StandardCharsets.UTF_8);
    }
}
