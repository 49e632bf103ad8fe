package io.github.jnpu.engine.tokenizer;

import static io.github.jnpu.engine.tokenizer.UnicodeClass.LETTER;
import static io.github.jnpu.engine.tokenizer.UnicodeClass.MARK;
import static io.github.jnpu.engine.tokenizer.UnicodeClass.PUNCTUATION;
import static io.github.jnpu.engine.tokenizer.UnicodeClass.SYMBOL;

/**
 * The words of DeepSeek V3, after digits and Chinese characters have been split off: an ASCII punctuation mark with ASCII
 * letters, {@code [^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+}, {@code  ?[\p{P}\p{S}]+} with its line breaks, white space.
 *
 * @param linesApart
 *            line breaks stand alone and never go with what precedes them
 */
record DeepSeekWords(boolean linesApart) implements WordPattern {

    @Override
    public int match(CodePoints text, int position, int start, int end) {
        int point = text.points[position];
        if (point > ' ' && point < 0x7f && !isAsciiLetterOrDigit(point) && position + 1 < end
                && isAsciiLetter(text.points[position + 1])) {
            int i = position + 2;
            while (i < end && isAsciiLetter(text.points[i])) {
                i++;
            }
            return i;
        }
        if (text.is(position, end, LETTER | MARK)
                || !text.isNewline(position, end) && !isMark(text, position, end)
                        && text.is(position + 1, end, LETTER | MARK)) {
            int i = position + 1;
            while (text.is(i, end, LETTER | MARK)) {
                i++;
            }
            return i;
        }
        int i = point == ' ' ? position + 1 : position;
        if (isMark(text, i, end)) {
            while (isMark(text, i, end)) {
                i++;
            }
            while (!linesApart && text.isNewline(i, end)) {
                i++;
            }
            return i;
        }
        if (!linesApart) {
            return WhiteSpace.runOfLines(text, position, end);
        }
        return text.isNewline(position, end) ? position + 1 : WhiteSpace.run(text, position, end);
    }

    private static boolean isMark(CodePoints text, int position, int end) {
        return text.is(position, end, PUNCTUATION | SYMBOL);
    }

    private static boolean isAsciiLetter(int point) {
        return point >= 'a' && point <= 'z' || point >= 'A' && point <= 'Z';
    }

    private static boolean isAsciiLetterOrDigit(int point) {
        return isAsciiLetter(point) || point >= '0' && point <= '9';
    }
}
