package io.github.jnpu.engine.jlama;

import com.github.tjake.jlama.safetensors.prompt.PromptSupport;
import com.github.tjake.jlama.safetensors.tokenizer.TokenizerModel;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.tokenizer.StreamingDetokenizer;
import io.github.jnpu.engine.tokenizer.Tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * jlama's face of our tokenizer. Text may spell special tokens, as with jlama's own: prompts come out of templates.
 * Immutable and thread-safe, unlike jlama's.
 */
final class JlamaTokenizer implements com.github.tjake.jlama.safetensors.tokenizer.Tokenizer {
    private final Tokenizer tokenizer;
    private final TokenizerModel model;

    JlamaTokenizer(Tokenizer tokenizer, ModelSource source) {
        this.tokenizer = tokenizer;
        this.model = describe(tokenizer, source.metadata().string("tokenizer.ggml.model").orElse("unknown"));
        source.metadata().string("tokenizer.chat_template")
                .ifPresent(template -> model.setPromptTemplates(Map.of("default", template)));
    }

    /** What jlama's templates and its generation loop ask of a model: the vocabulary and the special tokens. */
    private static TokenizerModel describe(Tokenizer tokenizer, String kind) {
        Map<String, Long> vocabulary = new HashMap<>();
        List<Map<String, Object>> special = new ArrayList<>();
        for (int id = 0; id < tokenizer.vocabularySize(); id++) {
            String piece = tokenizer.piece(id);
            // Some vocabularies spell two tokens alike; jlama's map is one to one.
            if (vocabulary.putIfAbsent(piece, (long) id) == null && tokenizer.isControl(id)) {
                special.add(Map.of("content", piece, "id", id, "special", true));
            }
        }
        TokenizerModel model = new TokenizerModel(kind, null, false, true, vocabulary, true, List.of());
        model.setAddedTokens(special);
        model.setBosToken(spelling(tokenizer, tokenizer.bos()));
        model.setEosToken(spelling(tokenizer, tokenizer.eos()));
        return model;
    }

    private static String spelling(Tokenizer tokenizer, OptionalInt id) {
        return id.isPresent() ? tokenizer.piece(id.getAsInt()) : "";
    }

    @Override
    public List<String> tokenize(String sentence) {
        return Arrays.stream(tokenizer.encode(sentence, true)).mapToObj(tokenizer::piece).toList();
    }

    @Override
    public long[] encode(String sentence) {
        return Arrays.stream(tokenizer.encode(sentence, true)).asLongStream().toArray();
    }

    /**
     * The text of one token somewhere in a text, its leading space included: jlama decodes token by token. A part of a
     * character becomes U+FFFD.
     */
    @Override
    public String decode(long id) {
        int token = Math.toIntExact(id);
        return tokenizer.isControl(token)
                ? tokenizer.piece(token)
                : new String(tokenizer.bytes(token), StandardCharsets.UTF_8);
    }

    @Override
    public String decode(long[] ids) {
        return tokenizer.decode(Arrays.stream(ids).mapToInt(Math::toIntExact).toArray());
    }

    /** The text with control tokens spelled out. */
    String decodeWithSpecial(int[] ids) {
        StringBuilder text = new StringBuilder();
        StreamingDetokenizer detokenizer = tokenizer.newDetokenizer();
        for (int id : ids) {
            text.append(tokenizer.isControl(id) ? detokenizer.finish() + tokenizer.piece(id) : detokenizer.accept(id));
        }
        return text.append(detokenizer.finish()).toString();
    }

    @Override
    public Optional<PromptSupport> promptSupport() {
        return model.promptTemplates().isPresent() ? Optional.of(new PromptSupport(model)) : Optional.empty();
    }

    @Override
    public TokenizerModel getModel() {
        return model;
    }
}
