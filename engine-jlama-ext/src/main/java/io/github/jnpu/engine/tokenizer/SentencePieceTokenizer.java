package io.github.jnpu.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * SentencePiece's BPE as llama.cpp does it ({@code tokenizer.ggml.model} is {@code llama}): of all neighbours whose union
 * is a token, the one with the highest score is merged first; characters that are no token become bytes.
 */
final class SentencePieceTokenizer extends VocabularyTokenizer {
    static final Vocabulary.Defaults DEFAULTS = new Vocabulary.Defaults(1, 2, 0, Vocabulary.NONE, true, false);
    /** U+2581, which stands for a space, in UTF-8. */
    private static final byte[] SPACE = {(byte) 0xe2, (byte) 0x96, (byte) 0x81};

    private final TokenTable table;
    private final byte[][] bytes;
    private final int[] byteTokens = new int[256];
    /** The bytes that some token has right before a space: elsewhere no token reaches across the start of a word. */
    private final boolean[] joinsSpace = new boolean[256];
    private final boolean addsSpace;
    private final WordCache cache = new WordCache();

    SentencePieceTokenizer(Vocabulary vocabulary, boolean addsSpace) {
        super(vocabulary);
        this.addsSpace = addsSpace;
        List<byte[]> tokens = new ArrayList<>(vocabulary.size());
        bytes = new byte[vocabulary.size()][];
        for (int id = 0; id < vocabulary.size(); id++) {
            byte[] token = vocabulary.utf8(id);
            tokens.add(token);
            bytes[id] = text(vocabulary, id);
            for (int i = SPACE.length; i + SPACE.length <= token.length; i++) {
                if (isSpace(token, i) && !isSpace(token, i - SPACE.length)) {
                    joinsSpace[token[i - 1] & 0xff] = true;
                }
            }
            // A space behind one or two bytes.
            for (int i = 1; i < SPACE.length && i + SPACE.length <= token.length; i++) {
                if (isSpace(token, i)) {
                    joinsSpace[token[i - 1] & 0xff] = true;
                }
            }
        }
        table = new TokenTable(tokens);
        for (int value = 0; value < 256; value++) {
            int id = vocabulary.idOfByte(value);
            byteTokens[value] = id >= 0 ? id : vocabulary.unknown;
        }
    }

    /** The bytes that a token of an SPM or WordPiece vocabulary stands for. */
    static byte[] text(Vocabulary vocabulary, int id) {
        if (vocabulary.is(id, TokenType.CONTROL | TokenType.UNKNOWN)) {
            return NO_BYTES;
        }
        if (vocabulary.is(id, TokenType.USER_DEFINED)) {
            return vocabulary.utf8(id);
        }
        if (vocabulary.is(id, TokenType.NORMAL)) {
            return vocabulary.piece(id).replace('▁', ' ').getBytes(StandardCharsets.UTF_8);
        }
        int value = vocabulary.is(id, TokenType.BYTE) ? vocabulary.byteOf(id) : -1;
        return value < 0 ? NO_BYTES : new byte[]{(byte) value};
    }

    @Override
    void encodeText(String text, int start, int end, boolean leading, IntSequence ids) {
        byte[] escaped = escape(text, start, end, leading && addsSpace);
        Merger merger = new Merger(escaped);
        int from = 0;
        while (from < escaped.length) {
            int to = wordEnd(escaped, from);
            int hash = TokenTable.hash(escaped, from, to);
            int[] known = cache.get(escaped, from, to, hash);
            if (known == null) {
                int before = ids.size();
                encodeWord(merger, from, to, ids);
                cache.put(escaped, from, to, hash, ids.toArray(before));
            } else {
                ids.addAll(known);
            }
            from = to;
        }
    }

    @Override
    public byte[] bytes(int id) {
        vocabulary.piece(id);
        return bytes[id];
    }

    /** The text of the tokens without the space that encoding puts before it. */
    @Override
    public String decode(int... ids) {
        String text = super.decode(ids);
        return addsSpace && text.startsWith(" ") ? text.substring(1) : text;
    }

    /** UTF-8 with every space as U+2581. */
    private static byte[] escape(String text, int start, int end, boolean spaceFirst) {
        CodePoints points = new CodePoints(text, start, end);
        byte[] escaped = new byte[Math.addExact(3, Math.multiplyExact(3, end - start))];
        int n = spaceFirst ? CodePoints.putUtf8('▁', escaped, 0) : 0;
        for (int i = 0; i < points.length; i++) {
            n = CodePoints.putUtf8(points.points[i] == ' ' ? '▁' : points.points[i], escaped, n);
        }
        return Arrays.copyOf(escaped, n);
    }

    private static boolean isSpace(byte[] text, int at) {
        return at + 2 < text.length && text[at] == SPACE[0] && text[at + 1] == SPACE[1] && text[at + 2] == SPACE[2];
    }

    /**
     * Where the next stretch of text begins that no token can share with this one: at a space behind something else. Each
     * stretch can be encoded on its own, which is the same and lets words be remembered.
     */
    private int wordEnd(byte[] text, int from) {
        int i = from;
        while (isSpace(text, i)) {
            i += SPACE.length;
        }
        for (i = Math.max(i, from + 1); i < text.length; i++) {
            if (text[i] == SPACE[0] && isSpace(text, i) && !joinsSpace[text[i - 1] & 0xff]) {
                return i;
            }
        }
        return text.length;
    }

    private void encodeWord(Merger merger, int from, int to, IntSequence ids) {
        byte[] text = merger.text;
        merger.clear();
        for (int i = from; i < to;) {
            int length = Math.min(utf8Length(text[i]), to - i);
            merger.append(i, TokenTable.NONE);
            i += length;
        }
        merger.merge(to);
        for (int i = 0; i >= 0; i = merger.next(i)) {
            int start = merger.start(i);
            int end = merger.end(i);
            int id = merger.symbol(i);
            if (id < 0) {
                id = table.find(text, start, end);
            }
            if (id >= 0) {
                ids.add(id);
                continue;
            }
            for (int j = start; j < end; j++) {
                int byteToken = byteTokens[text[j] & 0xff];
                // Neither byte tokens nor an unknown token: the vocabulary cannot say it.
                if (byteToken >= 0) {
                    ids.add(byteToken);
                }
            }
        }
    }

    private static int utf8Length(byte first) {
        int high = (first & 0xff) >> 4;
        return high < 12 ? 1 : high < 14 ? 2 : high == 14 ? 3 : 4;
    }

    private final class Merger extends SymbolMerger {
        private final byte[] text;

        Merger(byte[] text) {
            this.text = text;
        }

        int start(int index) {
            return starts[index];
        }

        int symbol(int index) {
            return symbols[index];
        }

        @Override
        protected long pair(int left, int right, int end) {
            if (end - starts[left] > table.longest()) {
                return NO_PAIR;
            }
            int id = table.find(text, starts[left], end);
            return id < 0 ? NO_PAIR : (long) descending(vocabulary.score(id)) << 32 | id;
        }

        /** An int that is smaller the higher the score is; the zeros are equal. */
        private static int descending(float score) {
            int bits = Float.floatToIntBits(score + 0.0f);
            return ~(bits ^ bits >> 31 & 0x7fffffff);
        }
    }
}
