package io.github.jnpu.engine.tokenizer;

import io.github.jnpu.convert.model.Metadata;

import java.text.Normalizer;

/**
 * BERT's WordPiece as Hugging Face's tokenizers do it ({@code BertNormalizer}, {@code BertPreTokenizer}). It differs from llama.cpp's, which
 * {@link WordPieceTokenizer} follows: characters are decomposed whole, not to their first part; lines that end in control characters stay together; very
 * long words are unknown.
 */
final class HuggingFaceWordPiece extends WordPieceTokenizer {

    /**
     * What {@code tokenizer.json} says.
     *
     * @param maxWord
     *            longer words, in characters, are unknown
     */
    record Rules(boolean cleansText, boolean separatesChinese, boolean stripsAccents, boolean lowercase, int maxWord) {}

    private final Rules rules;

    HuggingFaceWordPiece(Vocabulary vocabulary, Metadata metadata, Rules rules) {
        super(vocabulary, metadata);
        this.rules = rules;
    }

    @Override
    void encodeText(String text, int start, int end, boolean leading, IntSequence ids) {
        String normal = normalize(text.substring(start, end));
        int wordStart = 0;
        for (int i = 0; i < normal.length();) {
            int point = normal.codePointAt(i);
            int next = i + Character.charCount(point);
            boolean alone = isPunctuation(point);
            if (alone || UnicodeClass.isSpace(point)) {
                encodeWord(normal, wordStart, i, ids);
                if (alone) {
                    encodeWord(normal, i, next, ids);
                }
                wordStart = next;
            }
            i = next;
        }
        encodeWord(normal, wordStart, normal.length(), ids);
    }

    private void encodeWord(String text, int from, int to, IntSequence ids) {
        if (from == to) {
            return;
        }
        if (to - from > rules.maxWord && text.codePointCount(from, to) > rules.maxWord) {
            addUnknown(ids);
            return;
        }
        encodeWord(text.substring(from, to), ids);
    }

    private String normalize(String text) {
        StringBuilder clean = new StringBuilder(text.length() + 16);
        boolean plain = true;
        for (int i = 0; i < text.length();) {
            int point = text.codePointAt(i);
            i += Character.charCount(point);
            if (rules.cleansText && isRemoved(point)) {
                continue;
            }
            boolean alone = rules.separatesChinese && isChinese(point);
            if (alone) {
                clean.append(' ');
            }
            clean.appendCodePoint(point);
            if (alone) {
                clean.append(' ');
            }
            plain &= point < 0x80;
        }
        if (plain) {
            // Most texts: nothing to decompose, and lower case is a matter of one bit.
            if (rules.lowercase) {
                for (int i = 0; i < clean.length(); i++) {
                    char c = clean.charAt(i);
                    if (c >= 'A' && c <= 'Z') {
                        clean.setCharAt(i, (char) (c + 'a' - 'A'));
                    }
                }
            }
            return clean.toString();
        }
        String normal = clean.toString();
        if (rules.stripsAccents) {
            normal = withoutMarks(Normalizer.normalize(normal, Normalizer.Form.NFD));
        }
        return rules.lowercase ? lowercase(normal) : normal;
    }

    private static boolean isRemoved(int point) {
        if (point == '\t' || point == '\n' || point == '\r') {
            return false;
        }
        return point == 0 || point == CodePoints.REPLACEMENT
                || (UnicodeClass.of(point) & UnicodeClass.CONTROL) != 0;
    }

    private static String withoutMarks(String text) {
        StringBuilder rest = new StringBuilder(text.length());
        text.codePoints().filter(point -> Character.getType(point) != Character.NON_SPACING_MARK)
                .forEach(rest::appendCodePoint);
        return rest.toString();
    }

    /** Each character by itself: a sigma at the end of a word is like any other. */
    private static String lowercase(String text) {
        StringBuilder lower = new StringBuilder(text.length());
        text.codePoints().forEach(point -> {
            // The only character whose lower case is more than one.
            if (point == 'İ') {
                lower.append("i̇");
            } else {
                lower.appendCodePoint(Character.toLowerCase(point));
            }
        });
        return lower.toString();
    }

    private static boolean isPunctuation(int point) {
        return point > ' ' && point < 0x7f && !Character.isLetterOrDigit(point)
                || (UnicodeClass.of(point) & UnicodeClass.PUNCTUATION) != 0;
    }
}
