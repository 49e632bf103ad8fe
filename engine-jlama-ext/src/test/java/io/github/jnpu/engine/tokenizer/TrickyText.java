package io.github.jnpu.engine.tokenizer;

import java.util.Random;

/** Random text of what pre-tokenizers tell apart: letters of many scripts, marks, numbers, symbols, every kind of space. */
final class TrickyText {
    private static final String[] PIECES = {"a", "b", "Z", "Q", "word", "Word", "WORD", "camelCase", "'", "'s", "'S",
            "'ll",
            "'LL", "'Re", "'ve", "'x", " ", " ", " ", "  ", "   ", "\n", "\n", "\r\n", "\r", "\t", "\u000b", "\f",
            "\u0085",
            "\u00a0", "\u2003", "\u2028", "\u3000", "\u200b", "\u00ad", "0", "7", "12", "345", "6789", "²", "½", "٣",
            "Ⅷ",
            "１", ".", ",", "!", "?", "...", "-", "_", "/", "//", "\\", "#", "$", "€", "+", "=", "<", ">", "|", "^", "`",
            "``",
            "~", "\"", "(", ")", "[", "]", "{", "}", "@", "%", "&", "*", ";", ":", "…", "“", "’", "—", "。", "，", "、",
            "、",
            "中", "文字", "語", "ひらがな", "カタカナ", "한국어", "ㄱ", "é", "e\u0301", "Ä", "ß", "ǅ", "ʰ", "ж", "Я", "Ελ", "ش",
            "ה", "हि", "न्दी", "ไทย", "ខ្ញុំ", "\u0301", "\u20dd", "🦙", "😀", "👩‍🚀", "🇩🇪", "𝒳", "𐐀", "𠀀",
            "\u0001", "\u001f",
            "\u007f", "\ue000", "\ufffd", "º", "ª", "ſ".toUpperCase(java.util.Locale.ROOT), "İ", "ı"};

    private TrickyText() {}

    static String next(Random random, int pieces) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < pieces; i++) {
            text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }

    static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(point -> {
            if (point >= ' ' && point < 0x7f) {
                out.append((char) point);
            } else {
                out.append("\\u{%x}".formatted(point));
            }
        });
        return out.toString();
    }
}
