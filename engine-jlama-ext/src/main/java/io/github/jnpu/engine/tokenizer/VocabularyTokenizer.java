package io.github.jnpu.engine.tokenizer;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/** What the kinds of tokenizer have in common: the vocabulary, and special tokens cut out before the text is encoded. */
abstract class VocabularyTokenizer implements Tokenizer {
    static final byte[] NO_BYTES = {};

    final Vocabulary vocabulary;
    private final SpecialTokenSplitter splitter;

    VocabularyTokenizer(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        splitter = new SpecialTokenSplitter(vocabulary);
    }

    /**
     * Appends the ids of a stretch of plain text, not empty.
     *
     * @param leading
     *            whether it stands at the beginning or right behind a special token
     */
    abstract void encodeText(String text, int start, int end, boolean leading, IntSequence ids);

    @Override
    public final int[] encode(String text, boolean parseSpecial) {
        Objects.requireNonNull(text, "text");
        List<SpecialTokenSplitter.Part> parts = splitter.split(text, parseSpecial);
        IntSequence ids = new IntSequence(text.length() / 3);
        boolean leading = true;
        for (SpecialTokenSplitter.Part part : parts) {
            if (part.isText()) {
                encodeText(text, part.start(), part.end(), leading, ids);
            } else {
                ids.add(part.token());
            }
            leading = !part.isText();
        }
        return ids.toArray();
    }

    @Override
    public String piece(int id) {
        return vocabulary.piece(id);
    }

    @Override
    public int vocabularySize() {
        return vocabulary.size();
    }

    @Override
    public OptionalInt bos() {
        return Vocabulary.optional(vocabulary.bos);
    }

    @Override
    public OptionalInt eos() {
        return Vocabulary.optional(vocabulary.eos);
    }

    @Override
    public boolean addsBos() {
        return vocabulary.addsBos;
    }

    @Override
    public boolean addsEos() {
        return vocabulary.addsEos;
    }

    @Override
    public boolean isEndOfGeneration(int id) {
        return vocabulary.isEndOfGeneration(id);
    }

    @Override
    public boolean isControl(int id) {
        return vocabulary.is(id, TokenType.CONTROL);
    }

    @Override
    public OptionalInt idOf(String piece) {
        return Vocabulary.optional(vocabulary.idOf(piece));
    }
}
