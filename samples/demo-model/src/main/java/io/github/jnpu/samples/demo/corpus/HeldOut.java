package io.github.jnpu.samples.demo.corpus;

import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Decides by a hash what is kept out of the training: the same on every machine and in every run. */
final class HeldOut {
    private static final Set<String> FREE = Corpus.freelyHeldOut().stream().map(free -> key(free.question()))
            .collect(Collectors.toUnmodifiableSet());

    private HeldOut() {}

    /** Whether a text belongs to so many percent of all texts; case, blanks and punctuation do not count. */
    static boolean is(String text, int percent) {
        // String.hashCode is specified; the multiplication spreads its neighbouring values.
        return Integer.remainderUnsigned(key(text).hashCode() * 0x9E3779B9, 100) < percent;
    }

    /** Whether a question is one of those that were written freely for the measurement. */
    static boolean isFreelyWritten(String question) {
        return FREE.contains(key(question));
    }

    static String key(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }
}
