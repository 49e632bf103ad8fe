package io.github.jnpu.engine.tokenizer;

import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;

import java.util.ArrayList;
import java.util.List;

/**
 * Byte-level BPE as GPT-2 and its descendants have it ({@code tokenizer.ggml.model} is {@code gpt2}): a pre-tokenizer
 * cuts words, and in each the merges are applied to its bytes in the order of their ranks.
 */
final class BytePairTokenizer extends VocabularyTokenizer {
    private final PreTokenizer preTokenizer;
    private final Merges merges;
    private final TokenTable table;
    private final byte[][] bytes;
    private final WordCache cache = new WordCache();

    private BytePairTokenizer(Vocabulary vocabulary, PreTokenizer preTokenizer, List<String> merges) {
        super(vocabulary);
        this.preTokenizer = preTokenizer;
        bytes = new byte[vocabulary.size()][];
        List<byte[]> tokens = new ArrayList<>(vocabulary.size());
        for (int id = 0; id < vocabulary.size(); id++) {
            byte[] token = ByteAlphabet.bytes(vocabulary.piece(id));
            tokens.add(token);
            bytes[id] = token != null && vocabulary.isPlain(id) ? token : text(vocabulary, id);
        }
        table = new TokenTable(tokens);
        this.merges = new Merges(table, vocabulary.size(), merges);
    }

    static BytePairTokenizer of(ModelSource source) {
        Metadata metadata = source.metadata();
        if (!metadata.contains("tokenizer.ggml.merges")) {
            throw new ModelFormatException(
                    "%s: metadata 'tokenizer.ggml.merges' is missing".formatted(source.location()));
        }
        List<String> merges = metadata.strings("tokenizer.ggml.merges");
        String name = metadata.string("tokenizer.ggml.pre").orElse("");
        PreTokenizer preTokenizer = PreTokenizer.named(name).orElseGet(() -> {
            System.getLogger(BytePairTokenizer.class.getName()).log(System.Logger.Level.WARNING,
                    name.isEmpty()
                            ? "{0}: metadata ''tokenizer.ggml.pre'' is missing; texts are cut by the default rules, and answers may be worse"
                            : "{0}: pre-tokenizer ''{1}'' (metadata ''tokenizer.ggml.pre'') is not known; texts are cut by the default rules, and answers may be worse",
                    source.location(), name);
            return PreTokenizer.DEFAULT;
        });
        // 11 is Falcon's <|endoftext|>, which llama.cpp takes for files that name no token.
        Vocabulary.Defaults defaults = new Vocabulary.Defaults(preTokenizer.defaultBos() ? 11 : Vocabulary.NONE, 11,
                Vocabulary.NONE, Vocabulary.NONE, preTokenizer.addsBos(), false);
        return new BytePairTokenizer(new Vocabulary(source, defaults), preTokenizer, merges);
    }

    private static byte[] text(Vocabulary vocabulary, int id) {
        if (vocabulary.is(id, TokenType.CONTROL | TokenType.UNKNOWN)) {
            return NO_BYTES;
        }
        if (vocabulary.is(id, TokenType.USER_DEFINED)) {
            return vocabulary.utf8(id);
        }
        if (vocabulary.is(id, TokenType.NORMAL)) {
            return ByteAlphabet.bytesOrText(vocabulary.piece(id));
        }
        int value = vocabulary.is(id, TokenType.BYTE) ? vocabulary.byteOf(id) : -1;
        return value < 0 ? NO_BYTES : new byte[]{(byte) value};
    }

    @Override
    void encodeText(String text, int start, int end, boolean leading, IntSequence ids) {
        CodePoints points = new CodePoints(text, start, end);
        IntSequence ends = preTokenizer.split(points);
        Merger merger = new Merger();
        byte[] word = new byte[256];
        int from = 0;
        for (int i = 0; i < ends.size(); i++) {
            int to = ends.get(i);
            if (word.length / 4 < to - from) {
                word = new byte[Math.multiplyExact(8, to - from)];
            }
            encodeWord(word, points.utf8(from, to, word), merger, ids);
            from = to;
        }
    }

    private void encodeWord(byte[] word, int length, Merger merger, IntSequence ids) {
        int hash = TokenTable.hash(word, 0, length);
        int[] known = cache.get(word, 0, length, hash);
        if (known != null) {
            ids.addAll(known);
            return;
        }
        int before = ids.size();
        int whole = preTokenizer.ignoresMerges() ? table.find(word, 0, length) : TokenTable.NONE;
        if (whole != TokenTable.NONE) {
            ids.add(whole);
        } else {
            merger.clear();
            for (int i = 0; i < length; i++) {
                merger.append(i, merges.symbolOf(word[i] & 0xff));
            }
            merger.merge(length);
            for (int i = 0; i >= 0; i = merger.next(i)) {
                add(merger.symbol(i), ids);
            }
        }
        cache.put(word, 0, length, hash, ids.toArray(before));
    }

    private void add(int symbol, IntSequence ids) {
        if (symbol < vocabulary.size()) {
            ids.add(symbol);
            return;
        }
        // No token: what of its bytes the vocabulary writes as plain ASCII and has, as llama.cpp; the rest cannot be said.
        for (byte value : merges.bytes(symbol)) {
            int id = value > ' ' && value < 0x7f ? merges.symbolOf(value) : vocabulary.size();
            if (id < vocabulary.size()) {
                ids.add(id);
            }
        }
    }

    @Override
    public byte[] bytes(int id) {
        vocabulary.piece(id);
        return bytes[id];
    }

    private final class Merger extends SymbolMerger {

        int symbol(int index) {
            return symbols[index];
        }

        @Override
        protected long pair(int left, int right, int end) {
            return merges.find(symbols[left], symbols[right]);
        }
    }
}
