package io.github.jnpu.engine.tokenizer;

/**
 * What a token is, as bits: llama.cpp adds CONTROL to tokens that the file calls user-defined, and both then count. The
 * file's numbers are those of {@code tokenizer.ggml.token_type}.
 */
final class TokenType {
    static final int UNKNOWN = 1;
    static final int UNUSED = 2;
    static final int NORMAL = 4;
    static final int CONTROL = 8;
    static final int USER_DEFINED = 16;
    static final int BYTE = 32;
    /** Takes the white space before it along; only where the text is searched for special tokens. */
    static final int STRIPS_LEFT = 64;
    /** Takes the white space behind it along. */
    static final int STRIPS_RIGHT = 128;

    private TokenType() {}

    /** The bit of a number in the file; 0 for undefined ones. */
    static int of(int fileType) {
        return switch (fileType) {
            case 1 -> NORMAL;
            case 2 -> UNKNOWN;
            case 3 -> CONTROL;
            case 4 -> USER_DEFINED;
            case 5 -> UNUSED;
            case 6 -> BYTE;
            default -> 0;
        };
    }
}
