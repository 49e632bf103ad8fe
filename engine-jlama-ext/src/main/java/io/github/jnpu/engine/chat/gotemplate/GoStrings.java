package io.github.jnpu.engine.chat.gotemplate;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/** Strings as Go writes and counts them: in bytes of UTF-8, with its escapes. */
final class GoStrings {
    private static final String SIMPLE = "abfnrtv\\'\"";
    private static final String SIMPLE_VALUES = "\u0007\b\f\n\r\t\u000b\\'\"";

    private GoStrings() {}

    /** What stands between quotes, with its escapes resolved; empty if one is wrong. */
    static Optional<String> unquote(String text) {
        if (text.indexOf('\\') < 0) {
            return Optional.of(text);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length();) {
            int c = text.codePointAt(i);
            if (c != '\\') {
                bytes.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
                i += Character.charCount(c);
                continue;
            }
            char escape = i + 1 < text.length() ? text.charAt(i + 1) : ' ';
            int simple = SIMPLE.indexOf(escape);
            int digits = switch (escape) {
                case 'x' -> 2;
                case 'u' -> 4;
                case 'U' -> 8;
                default -> escape >= '0' && escape <= '7' ? 3 : 0;
            };
            if (simple >= 0) {
                bytes.write(SIMPLE_VALUES.charAt(simple));
                i += 2;
                continue;
            }
            boolean octal = escape >= '0' && escape <= '7';
            int from = octal ? i + 1 : i + 2;
            if (digits == 0 || from + digits > text.length()) {
                return Optional.empty();
            }
            long value;
            try {
                value = Long.parseLong(text.substring(from, from + digits), octal ? 8 : 16);
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
            if (octal || escape == 'x') {
                if (value > 255) {
                    return Optional.empty();
                }
                bytes.write((int) value);
            } else if (value > Character.MAX_CODE_POINT || value >= 0xd800 && value < 0xe000) {
                return Optional.empty();
            } else {
                bytes.writeBytes(Character.toString((int) value).getBytes(StandardCharsets.UTF_8));
            }
            i = from + digits;
        }
        return Optional.of(bytes.toString(StandardCharsets.UTF_8));
    }

    /** As {@code %q} writes it. */
    static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        text.codePoints().forEach(c -> {
            int simple = c == '\'' ? -1 : SIMPLE_VALUES.indexOf(c);
            if (simple >= 0) {
                out.append('\\').append(SIMPLE.charAt(simple));
            } else if (c < 0x20 || c == 0x7f) {
                out.append(String.format(Locale.ROOT, "\\x%02x", c));
            } else if (isPrintable(c)) {
                out.appendCodePoint(c);
            } else {
                out.append(String.format(Locale.ROOT, c < 0x10000 ? "\\u%04x" : "\\U%08x", c));
            }
        });
        return out.append('"').toString();
    }

    static boolean isPrintable(int c) {
        return c == ' ' || switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
                    Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SPACE_SEPARATOR ->
                false;
            default -> true;
        };
    }

    /** The length in bytes. */
    static int length(String text) {
        int length = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            length += c < 0x80 ? 1 : c < 0x800 ? 2 : Character.isSurrogate(c) ? 2 : 3;
        }
        return length;
    }

    /** The part between two positions in bytes; what is cut within a character becomes U+FFFD. */
    static String slice(String text, int from, int to) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer part = ByteBuffer.wrap(bytes, from, to - from);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(part.duplicate()).toString();
        } catch (CharacterCodingException e) {
            return StandardCharsets.UTF_8.decode(part).toString();
        }
    }
}
