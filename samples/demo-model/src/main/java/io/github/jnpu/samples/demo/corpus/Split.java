package io.github.jnpu.samples.demo.corpus;

import java.util.List;
import java.util.Locale;

/** Which part of the values and phrasings a source may use: the one part is learned from, the other measures. */
enum Split {
    TRAINING, HELD_OUT;

    private static final int HELD_OUT_PERCENT = 8;

    /** Whether a text belongs to this part; case and punctuation do not count. */
    boolean has(String text) {
        String key = text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9<>+*]", "");
        boolean heldOut = Integer.remainderUnsigned((key.hashCode() ^ 0x51ED270B) * 0x9E3779B9 >>> 8,
                100) < HELD_OUT_PERCENT;
        return heldOut == (this == HELD_OUT);
    }

    List<String> of(List<String> texts) {
        return texts.stream().filter(this::has).toList();
    }
}
