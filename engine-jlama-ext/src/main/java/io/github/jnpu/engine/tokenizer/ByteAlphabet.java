package io.github.jnpu.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * GPT-2's way of writing bytes as characters in a vocabulary: printable Latin-1 stands for itself, the other bytes are
 * U+0100 and up in order, so that a space is {@code Ġ} and a line break {@code Ċ}.
 */
final class ByteAlphabet {
    private static final byte[] BYTES = new byte[0x144];
    private static final boolean[] MEMBER = new boolean[BYTES.length];
    private static final String[] CHARACTERS = new String[256];

    static {
        int next = 0x100;
        for (int value = 0; value < 256; value++) {
            boolean itself = value >= '!' && value <= '~' || value >= 0xa1 && value <= 0xac || value >= 0xae;
            int character = itself ? value : next++;
            BYTES[character] = (byte) value;
            MEMBER[character] = true;
            CHARACTERS[value] = Character.toString(character);
        }
    }

    private ByteAlphabet() {}

    /** How a vocabulary writes a byte. */
    static String character(int value) {
        return CHARACTERS[value];
    }

    /** The bytes that a token stands for, or null if it has a character that is not of the alphabet. */
    static byte[] bytes(String token) {
        byte[] bytes = new byte[token.length()];
        return put(token, 0, bytes.length, bytes, 0) ? bytes : null;
    }

    /** Writes the bytes of a part of a text; false if it has a character that is not of the alphabet. */
    static boolean put(String text, int from, int to, byte[] out, int at) {
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c >= BYTES.length || !MEMBER[c]) {
                return false;
            }
            out[at + i - from] = BYTES[c];
        }
        return true;
    }

    /** The bytes that a token stands for; characters that are not of the alphabet stand for themselves. */
    static byte[] bytesOrText(String token) {
        byte[] bytes = new byte[Math.multiplyExact(3, token.length())];
        int n = 0;
        for (int i = 0; i < token.length();) {
            int point = token.codePointAt(i);
            i += Character.charCount(point);
            if (point < BYTES.length && MEMBER[point]) {
                bytes[n++] = BYTES[point];
            } else {
                for (byte b : Character.toString(point).getBytes(StandardCharsets.UTF_8)) {
                    bytes[n++] = b;
                }
            }
        }
        return Arrays.copyOf(bytes, n);
    }
}
