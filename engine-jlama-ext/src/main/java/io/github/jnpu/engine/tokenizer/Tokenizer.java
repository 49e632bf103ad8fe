package io.github.jnpu.engine.tokenizer;

import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;

import java.util.OptionalInt;
import java.util.Set;

/**
 * Text to token ids and back, equal to llama.cpp id for id. Immutable and thread-safe.
 *
 * <p>Ids are rows of the embedding table, from 0 to {@link #vocabularySize()} - 1.
 */
public interface Tokenizer {

    /**
     * The ids of a text; no BOS or EOS is added.
     *
     * @param parseSpecial
     *            whether text such as {@code <|im_end|>} becomes the special token; false for text that users type
     */
    int[] encode(String text, boolean parseSpecial);

    /**
     * The bytes that a token stands for in text. A character may be spread over several tokens; see
     * {@link StreamingDetokenizer}. Control tokens have none.
     *
     * @return not to be changed
     */
    byte[] bytes(int id);

    /** The token as the vocabulary spells it, for people: {@code ▁the}, {@code <|im_end|>}. */
    String piece(int id);

    int vocabularySize();

    /** The token that begins every text, if the model has one. */
    OptionalInt bos();

    /** The token that ends a text, if the model has one. */
    OptionalInt eos();

    /** Whether prompts start with {@link #bos()}. */
    boolean addsBos();

    /** Whether texts end with {@link #eos()}; encoders such as BERT do. */
    boolean addsEos();

    /** Whether the model ends its turn with this token: EOS, EOT and what else the vocabulary has of the kind. */
    boolean isEndOfGeneration(int id);

    /** Whether the token steers the model and never shows in text. */
    boolean isControl(int id);

    /** The id of a token by its exact spelling in the vocabulary. */
    OptionalInt idOf(String piece);

    /** A fresh detokeniser for one text. */
    default StreamingDetokenizer newDetokenizer() {
        return newDetokenizer(Set.of());
    }

    /**
     * A fresh detokeniser for one text that spells some control tokens out.
     *
     * @param spelled
     *            as the vocabulary has them; unknown ones do not matter
     */
    default StreamingDetokenizer newDetokenizer(Set<String> spelled) {
        return new StreamingDetokenizer(this, spelled);
    }

    /** The text of some tokens; bytes that are no UTF-8 become U+FFFD. */
    default String decode(int... ids) {
        StreamingDetokenizer detokenizer = newDetokenizer();
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(detokenizer.accept(id));
        }
        return text.append(detokenizer.finish()).toString();
    }

    /**
     * The tokenizer that a model file describes.
     *
     * @throws ModelFormatException
     *             if the file has no vocabulary, a malformed one, or one of an unknown kind
     */
    static Tokenizer of(ModelSource source) {
        return TokenizerFactory.create(source);
    }
}
