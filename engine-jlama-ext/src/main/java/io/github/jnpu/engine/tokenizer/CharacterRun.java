package io.github.jnpu.engine.tokenizer;

import java.util.function.IntPredicate;

/**
 * A run of characters of one kind, with or without a space before it: {@code \s?\p{L}+}, {@code \p{N}{1,3}},
 * {@code [0-9][0-9][0-9]}.
 *
 * @param before
 *            what may stand once before the run, if the run follows
 * @param member
 *            tests a code point
 * @param least
 *            the fewest characters of a match
 * @param most
 *            the most
 */
record CharacterRun(Before before, IntPredicate member, int least, int most) implements WordPattern {
    enum Before {
        NOTHING, SPACE, WHITE_SPACE
    }

    /** One or more characters. */
    static CharacterRun of(IntPredicate member) {
        return new CharacterRun(Before.NOTHING, member, 1, Integer.MAX_VALUE);
    }

    /** One or more characters of a Unicode class. */
    static CharacterRun ofClass(int classMask) {
        return of(isOf(classMask));
    }

    static IntPredicate isOf(int classMask) {
        return point -> (UnicodeClass.of(point) & classMask) != 0;
    }

    /** Characters of the ranges; white space beyond ASCII never is, as llama.cpp replaces it before it matches ranges. */
    static IntPredicate in(int... firstAndLast) {
        return point -> {
            for (int i = 0; i < firstAndLast.length; i += 2) {
                if (point >= firstAndLast[i] && point <= firstAndLast[i + 1]) {
                    return point < 0x80 || !UnicodeClass.isSpace(point);
                }
            }
            return false;
        };
    }

    CharacterRun times(int fewest, int greatest) {
        return new CharacterRun(before, member, fewest, greatest);
    }

    CharacterRun after(Before what) {
        return new CharacterRun(what, member, least, most);
    }

    @Override
    public int match(CodePoints text, int position, int start, int end) {
        boolean prefixed = switch (before) {
            case NOTHING -> false;
            case SPACE -> text.points[position] == ' ';
            case WHITE_SPACE -> text.is(position, end, UnicodeClass.SPACE);
        };
        if (prefixed) {
            int matched = run(text, position + 1, end);
            if (matched >= 0) {
                return matched;
            }
        }
        return run(text, position, end);
    }

    private int run(CodePoints text, int from, int end) {
        int i = from;
        while (i < end && i - from < most && member.test(text.points[i])) {
            i++;
        }
        return i - from >= least ? i : -1;
    }
}
