package io.github.jnpu.engine.tokenizer;

import static io.github.jnpu.engine.tokenizer.UnicodeClass.LETTER;
import static io.github.jnpu.engine.tokenizer.UnicodeClass.MARK;
import static io.github.jnpu.engine.tokenizer.UnicodeClass.NUMBER;
import static io.github.jnpu.engine.tokenizer.UnicodeClass.SPACE;

/**
 * The words of GPT-4 and its many descendants, in llama.cpp's reading of their expressions:
 *
 * <pre>
 * (?i:'s|'t|'re|'ve|'m|'ll|'d)            contractions BEFORE
 * [^\r\n\p{L}\p{N}]?\p{L}+                a word, with what stands before it
 * \p{N}{1,3}                              digits
 *  ?[^\s\p{L}\p{N}]+[\r\n]*               symbols and their tail
 * \s*[\r\n]+ | \s+(?!\S) | \s+
 * </pre>
 *
 * @param contractions
 *            where English contractions stand
 * @param word
 *            the shape of a word
 * @param digits
 *            the most digits together
 * @param tail
 *            what symbols take with them
 */
record GeneralWords(Place contractions, Word word, int digits, Tail tail) implements WordPattern {
    enum Place {
        NONE, BEFORE, AFTER
    }

    enum Word {
        /** {@code \p{L}+}. */
        LETTERS,
        /** {@code [\p{L}\p{M}]+}, and marks are no symbols. */
        LETTERS_AND_MARKS,
        /** {@code [\p{L}\p{M}]+}, but a mark may begin a run of symbols too. */
        LETTERS_OR_MARKS,
        /** {@code camelCase} is two words; case is told apart in ASCII only, every other letter counts as both. */
        CASED,
        /** As CASED, and a mark counts as a letter. */
        CASED_WITH_MARKS,
        /** Words of letters and marks with single spaces between them are one. */
        PHRASES
    }

    enum Tail {
        NOTHING, NEWLINES, NEWLINES_AND_SLASHES, ONE_NEWLINE_OR_SLASH
    }

    @Override
    public int match(CodePoints text, int position, int start, int end) {
        if (contractions == Place.BEFORE) {
            int contraction = Contractions.end(text, position, end, true);
            if (contraction > 0) {
                return contraction;
            }
        }
        int matched = word(text, position, end);
        if (matched < 0) {
            matched = digits(text, position, end);
        }
        if (matched < 0) {
            matched = symbols(text, position, end);
        }
        return matched >= 0 ? matched : WhiteSpace.runOfLines(text, position, end);
    }

    private int word(CodePoints text, int position, int end) {
        int letters = switch (word) {
            case LETTERS, CASED, PHRASES -> LETTER;
            case LETTERS_AND_MARKS, LETTERS_OR_MARKS, CASED_WITH_MARKS -> LETTER | MARK;
        };
        int from = position;
        if (!text.is(position, end, letters)) {
            // One other character may lead, if a word follows.
            if (text.is(position, end, NUMBER) || text.isNewline(position, end)
                    || !text.is(position + 1, end, letters)) {
                return -1;
            }
            from++;
        }
        int to = switch (word) {
            case CASED, CASED_WITH_MARKS -> cased(text, from, end, letters);
            case PHRASES -> phrase(text, from, end);
            default -> run(text, from, end, letters);
        };
        if (contractions == Place.AFTER) {
            int contraction = Contractions.end(text, to, end, true);
            return Math.max(to, contraction);
        }
        return to;
    }

    private static int run(CodePoints text, int from, int end, int classMask) {
        int i = from;
        while (text.is(i, end, classMask)) {
            i++;
        }
        return i;
    }

    /**
     * Upper-case letters and then lower-case ones, at least one of them: {@code [^a-z]*[^A-Z]+} over letters, or else
     * {@code [^a-z]+[^A-Z]*}.
     */
    private static int cased(CodePoints text, int from, int end, int letters) {
        int upper = from;
        int lastBoth = -1;
        while (text.is(upper, end, letters) && !isLower(text.points[upper])) {
            if (!isUpper(text.points[upper])) {
                lastBoth = upper;
            }
            upper++;
        }
        int i = upper;
        while (text.is(i, end, letters) && !isUpper(text.points[i])) {
            i++;
        }
        if (i > upper) {
            return i;
        }
        // Nothing of lower case follows: a letter that is both stands in for it, and the word ends there.
        return lastBoth >= 0 ? lastBoth + 1 : upper;
    }

    private static boolean isLower(int point) {
        return point >= 'a' && point <= 'z';
    }

    private static boolean isUpper(int point) {
        return point >= 'A' && point <= 'Z';
    }

    private static int phrase(CodePoints text, int from, int end) {
        int i = from + 1;
        while (i < end) {
            if (text.is(i, end, LETTER | MARK)) {
                i++;
            } else if (text.points[i] == ' ' && text.is(i + 1, end, LETTER)) {
                i += 2;
            } else {
                break;
            }
        }
        return i;
    }

    private int digits(CodePoints text, int position, int end) {
        int i = position;
        while (i - position < digits && text.is(i, end, NUMBER)) {
            i++;
        }
        return i > position ? i : -1;
    }

    private int symbols(CodePoints text, int position, int end) {
        int other = SPACE | LETTER | NUMBER | (word == Word.LETTERS_AND_MARKS ? MARK : 0);
        int i = position < end && text.points[position] == ' ' ? position + 1 : position;
        int first = i;
        while (i < end && (text.classes[i] & other) == 0) {
            i++;
        }
        if (i == first) {
            return -1;
        }
        switch (tail) {
            case NOTHING -> {
            }
            case NEWLINES -> {
                while (text.isNewline(i, end)) {
                    i++;
                }
            }
            case NEWLINES_AND_SLASHES -> {
                while (text.isNewline(i, end) || i < end && text.points[i] == '/') {
                    i++;
                }
            }
            case ONE_NEWLINE_OR_SLASH -> {
                if (text.isNewline(i, end)) {
                    i++;
                }
            }
        }
        return i;
    }
}
