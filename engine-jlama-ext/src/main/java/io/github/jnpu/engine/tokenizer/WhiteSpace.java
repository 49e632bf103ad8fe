package io.github.jnpu.engine.tokenizer;

/** The alternatives for white space that end nearly every pre-tokenizer's expression. */
final class WhiteSpace {
    private WhiteSpace() {}

    /**
     * {@code \s+(?!\S)|\s+}: all white space at the end of the text; else all but the last, which goes with the next
     * word.
     */
    static int run(CodePoints text, int position, int end) {
        int i = position;
        while (text.is(i, end, UnicodeClass.SPACE)) {
            i++;
        }
        return withoutLast(position, i, end);
    }

    /** {@code \s*[\r\n]+|\s+(?!\S)|\s+}: as far as the last line break if there is one. */
    static int runOfLines(CodePoints text, int position, int end) {
        int i = position;
        int afterBreak = -1;
        while (text.is(i, end, UnicodeClass.SPACE)) {
            i++;
            if (text.isNewline(i - 1, end)) {
                afterBreak = i;
            }
        }
        return afterBreak >= 0 ? afterBreak : withoutLast(position, i, end);
    }

    private static int withoutLast(int position, int runEnd, int end) {
        if (runEnd == position) {
            return -1;
        }
        return runEnd == end || runEnd == position + 1 ? runEnd : runEnd - 1;
    }
}
