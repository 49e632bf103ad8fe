package io.github.jnpu.engine.tokenizer;

import java.util.Arrays;

/** A text as code points with the class of each, so that patterns need not decode it again and again. */
final class CodePoints {
    static final int REPLACEMENT = 0xfffd;

    final int[] points;
    final byte[] classes;
    final int length;

    /** Half a surrogate pair becomes U+FFFD, as bytes that are no UTF-8 do elsewhere. */
    CodePoints(String text, int from, int to) {
        points = new int[to - from];
        classes = new byte[to - from];
        int count = 0;
        for (int i = from; i < to;) {
            char first = text.charAt(i++);
            int point = first;
            if (Character.isSurrogate(first)) {
                point = REPLACEMENT;
                if (Character.isHighSurrogate(first) && i < to && Character.isLowSurrogate(text.charAt(i))) {
                    point = Character.toCodePoint(first, text.charAt(i++));
                }
            }
            points[count] = point;
            classes[count++] = (byte) UnicodeClass.of(point);
        }
        length = count;
    }

    /** Whether the code point is before the end and of one of the classes. */
    boolean is(int position, int end, int classMask) {
        return position < end && (classes[position] & classMask) != 0;
    }

    boolean isNewline(int position, int end) {
        return position < end && (points[position] == '\n' || points[position] == '\r');
    }

    /** Writes code points as UTF-8, at most 4 bytes each, and returns the end. */
    int utf8(int from, int to, byte[] out) {
        int n = 0;
        for (int i = from; i < to; i++) {
            n = putUtf8(points[i], out, n);
        }
        return n;
    }

    static int putUtf8(int point, byte[] out, int n) {
        if (point < 0x80) {
            out[n++] = (byte) point;
        } else if (point < 0x800) {
            out[n++] = (byte) (0xc0 | point >> 6);
            out[n++] = (byte) (0x80 | point & 0x3f);
        } else if (point < 0x10000) {
            out[n++] = (byte) (0xe0 | point >> 12);
            out[n++] = (byte) (0x80 | point >> 6 & 0x3f);
            out[n++] = (byte) (0x80 | point & 0x3f);
        } else {
            out[n++] = (byte) (0xf0 | point >> 18);
            out[n++] = (byte) (0x80 | point >> 12 & 0x3f);
            out[n++] = (byte) (0x80 | point >> 6 & 0x3f);
            out[n++] = (byte) (0x80 | point & 0x3f);
        }
        return n;
    }

    @Override
    public String toString() {
        return new String(Arrays.copyOf(points, length), 0, length);
    }
}
