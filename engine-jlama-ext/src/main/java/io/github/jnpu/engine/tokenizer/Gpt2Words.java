package io.github.jnpu.engine.tokenizer;

/**
 * GPT-2's words:
 * {@code 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+}.
 */
final class Gpt2Words implements WordPattern {
    private static final int WORD = UnicodeClass.LETTER | UnicodeClass.NUMBER | UnicodeClass.SPACE;

    @Override
    public int match(CodePoints text, int position, int start, int end) {
        int contraction = Contractions.end(text, position, end, false);
        if (contraction > 0) {
            return contraction;
        }
        int first = text.points[position] == ' ' ? position + 1 : position;
        if (first < end) {
            int kind = text.classes[first] & WORD;
            if (kind != UnicodeClass.SPACE) {
                int i = first + 1;
                while (i < end && (text.classes[i] & WORD) == kind) {
                    i++;
                }
                return i;
            }
        }
        return WhiteSpace.run(text, position, end);
    }
}
