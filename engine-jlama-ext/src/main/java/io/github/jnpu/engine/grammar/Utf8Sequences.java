package io.github.jnpu.engine.grammar;

import java.util.ArrayList;
import java.util.List;

/** Splits ranges of code points into sequences of byte ranges: the UTF-8 of exactly these characters. */
final class Utf8Sequences {
    private static final int[] LAST_OF_LENGTH = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};

    private Utf8Sequences() {}

    /** Each sequence has one set for each byte of the character. */
    static List<ByteSet[]> of(CharacterSet set) {
        List<ByteSet[]> sequences = new ArrayList<>();
        for (int i = 0; i < set.ranges(); i++) {
            int first = set.first(i);
            for (int length = 1; length <= 4 && first <= set.last(i); length++) {
                int last = Math.min(set.last(i), LAST_OF_LENGTH[length - 1]);
                if (first <= last) {
                    split(first, last, length, sequences);
                    first = last + 1;
                }
            }
        }
        return sequences;
    }

    /** Splits until in each part every byte but the leading different one takes all its values. */
    private static void split(int first, int last, int length, List<ByteSet[]> sequences) {
        for (int tail = 1; tail < length; tail++) {
            int mask = (1 << 6 * tail) - 1;
            if ((first & ~mask) != (last & ~mask)) {
                if ((first & mask) != 0) {
                    split(first, first | mask, length, sequences);
                    split((first | mask) + 1, last, length, sequences);
                    return;
                }
                if ((last & mask) != mask) {
                    split(first, (last & ~mask) - 1, length, sequences);
                    split(last & ~mask, last, length, sequences);
                    return;
                }
            }
        }
        ByteSet[] sequence = new ByteSet[length];
        for (int place = 0; place < length; place++) {
            sequence[place] = ByteSet.range(byteAt(first, place, length), byteAt(last, place, length));
        }
        sequences.add(sequence);
    }

    private static int byteAt(int point, int place, int length) {
        if (length == 1) {
            return point;
        }
        int bits = point >> 6 * (length - 1 - place);
        return place > 0 ? 0x80 | bits & 0x3F : 0xF00 >> length & 0xFF | bits;
    }
}
