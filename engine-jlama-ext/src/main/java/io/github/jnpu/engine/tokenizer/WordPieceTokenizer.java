package io.github.jnpu.engine.tokenizer;

import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.ModelFormatException;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * BERT's WordPiece as llama.cpp does it ({@code tokenizer.ggml.model} is {@code bert}): words are cut at white space and
 * punctuation, then the longest token that fits is taken from the left. In GGUF tokens that begin a word are spelled with
 * U+2581 before them and those that go on without the {@code ##}. [CLS] is the BOS token and [SEP] the EOS token.
 */
class WordPieceTokenizer extends VocabularyTokenizer {
    static final Vocabulary.Defaults DEFAULTS = new Vocabulary.Defaults(101, Vocabulary.NONE, 100, 102, true, false);

    private final TokenTable table;
    private final byte[][] bytes;
    private final boolean lowercase;
    private final boolean stripsAccents;

    WordPieceTokenizer(Vocabulary vocabulary, Metadata metadata) {
        super(vocabulary);
        if (vocabulary.separator < 0) {
            throw new ModelFormatException(
                    "%s: metadata 'tokenizer.ggml.seperator_token_id' names no token of the vocabulary"
                            .formatted(vocabulary.location));
        }
        lowercase = metadata.bool("tokenizer.ggml.normalizer.lowercase").orElse(true);
        stripsAccents = metadata.bool("tokenizer.ggml.normalizer.strip_accents").orElse(lowercase);
        bytes = new byte[vocabulary.size()][];
        List<byte[]> tokens = new ArrayList<>(vocabulary.size());
        for (int id = 0; id < vocabulary.size(); id++) {
            tokens.add(vocabulary.utf8(id));
            bytes[id] = SentencePieceTokenizer.text(vocabulary, id);
        }
        table = new TokenTable(tokens);
    }

    @Override
    void encodeText(String text, int start, int end, boolean leading, IntSequence ids) {
        CodePoints points = new CodePoints(text, start, end);
        int[] word = new int[points.length];
        int length = 0;
        for (int i = 0; i < points.length; i++) {
            int point = stripsAccents ? base(points.points[i]) : points.points[i];
            int kind = UnicodeClass.of(point);
            if ((kind & UnicodeClass.SPACE) != 0) {
                length = finish(word, length, ids);
            } else if (point != 0 && point != CodePoints.REPLACEMENT && (kind & UnicodeClass.CONTROL) == 0
                    && !(stripsAccents && (kind & UnicodeClass.MARK) != 0)) {
                boolean alone = (kind & UnicodeClass.PUNCTUATION) != 0
                        || point < 0x7f && (kind & UnicodeClass.SYMBOL) != 0
                        || isChinese(point);
                if (alone) {
                    length = finish(word, length, ids);
                }
                word[length++] = lowercase ? Character.toLowerCase(point) : point;
                if (alone) {
                    length = finish(word, length, ids);
                }
            }
        }
        finish(word, length, ids);
    }

    /** Appends the ids of a word and returns 0, the length of the next. */
    private int finish(int[] word, int length, IntSequence ids) {
        if (length > 0) {
            encodeWord(new String(word, 0, length), ids);
        }
        return 0;
    }

    /** Appends the ids of a word, or the one for unknown words. */
    final void encodeWord(String word, IntSequence ids) {
        byte[] text = ('▁' + word).getBytes(StandardCharsets.UTF_8);
        int before = ids.size();
        for (int i = 0; i < text.length;) {
            int id = table.findLongestPrefix(text, i, text.length);
            if (id == TokenTable.NONE) {
                // One unknown part makes the whole word unknown.
                ids.truncate(before);
                addUnknown(ids);
                return;
            }
            ids.add(id);
            i += table.length(id);
        }
    }

    final void addUnknown(IntSequence ids) {
        if (vocabulary.unknown >= 0) {
            ids.add(vocabulary.unknown);
        }
    }

    /** The first code point of the canonical decomposition: llama.cpp keeps no other, not even of Hangul. */
    private static int base(int point) {
        return point < 0xc0
                ? point
                : Normalizer.normalize(Character.toString(point), Normalizer.Form.NFD).codePointAt(0);
    }

    // The ranges of BERT's reference code, with Hugging Face's 2B920 for 2B820.
    static boolean isChinese(int point) {
        return point >= 0x4e00 && point <= 0x9fff || point >= 0x3400 && point <= 0x4dbf
                || point >= 0x20000 && point <= 0x2a6df
                || point >= 0x2a700 && point <= 0x2b73f || point >= 0x2b740 && point <= 0x2b81f
                || point >= 0x2b920 && point <= 0x2ceaf || point >= 0xf900 && point <= 0xfaff
                || point >= 0x2f800 && point <= 0x2fa1f;
    }

    @Override
    public byte[] bytes(int id) {
        vocabulary.piece(id);
        return bytes[id];
    }

    /** The text of the tokens without the space that every word begins with. */
    @Override
    public String decode(int... ids) {
        String text = super.decode(ids);
        return text.startsWith(" ") ? text.substring(1) : text;
    }

    @Override
    public OptionalInt eos() {
        return OptionalInt.of(vocabulary.separator);
    }

    @Override
    public boolean addsBos() {
        return true;
    }

    @Override
    public boolean addsEos() {
        return true;
    }
}
