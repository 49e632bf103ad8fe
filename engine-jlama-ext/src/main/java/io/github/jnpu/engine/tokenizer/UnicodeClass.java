package io.github.jnpu.engine.tokenizer;

/**
 * The Unicode properties that tokenizers ask for, as bits of one byte, from the JDK's character database.
 *
 * <p>White space is the White_Space property, not {@link Character#isWhitespace}, which leaves out the no-break space.
 */
final class UnicodeClass {
    static final int LETTER = 1;
    static final int NUMBER = 2;
    /** General category M: accents that stand alone. */
    static final int MARK = 4;
    static final int PUNCTUATION = 8;
    static final int SYMBOL = 16;
    static final int SPACE = 32;
    /** Control, format, private use and surrogate code points. */
    static final int CONTROL = 64;

    // The basic plane is looked up often enough to be worth 64 KiB; building it takes about a millisecond.
    private static final byte[] BASIC_PLANE = new byte[Character.MIN_SUPPLEMENTARY_CODE_POINT];

    static {
        for (int codePoint = 0; codePoint < BASIC_PLANE.length; codePoint++) {
            BASIC_PLANE[codePoint] = (byte) classify(codePoint);
        }
    }

    private UnicodeClass() {}

    static int of(int codePoint) {
        return codePoint < BASIC_PLANE.length ? BASIC_PLANE[codePoint] : classify(codePoint);
    }

    static boolean isSpace(int codePoint) {
        return (of(codePoint) & SPACE) != 0;
    }

    private static int classify(int codePoint) {
        int space = isWhiteSpace(codePoint) ? SPACE : 0;
        return space | switch (Character.getType(codePoint)) {
            case Character.UPPERCASE_LETTER, Character.LOWERCASE_LETTER, Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER, Character.OTHER_LETTER ->
                LETTER;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK -> MARK;
            case Character.CONNECTOR_PUNCTUATION, Character.DASH_PUNCTUATION, Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION, Character.INITIAL_QUOTE_PUNCTUATION, Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION ->
                PUNCTUATION;
            case Character.MATH_SYMBOL, Character.CURRENCY_SYMBOL, Character.MODIFIER_SYMBOL, Character.OTHER_SYMBOL ->
                SYMBOL;
            case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE -> CONTROL;
            default -> 0;
        };
    }

    private static boolean isWhiteSpace(int codePoint) {
        return switch (codePoint) {
            case '\t', '\n', 0x0b, '\f', '\r', ' ', 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000 -> true;
            default -> codePoint >= 0x2000 && codePoint <= 0x200a;
        };
    }
}
