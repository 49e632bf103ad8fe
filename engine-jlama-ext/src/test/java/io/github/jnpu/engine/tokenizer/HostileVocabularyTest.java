package io.github.jnpu.engine.tokenizer;

import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.engine.tokenizer.TestVocabularies.MetadataOnly;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Vocabularies that are wrong: each is refused with the key's name, or taken as llama.cpp takes it. */
class HostileVocabularyTest {
    private static final List<String> TOKENS = List.of("<unk>", "<s>", "</s>", "▁a", "b", "▁", "a");

    private static MetadataOnly spm(Object... more) {
        return TestVocabularies.with(TestVocabularies.metadata("model", "llama", "tokens", TOKENS, "scores",
                new float[TOKENS.size()], "token_type", new int[]{2, 3, 3, 1, 1, 1, 1}), more);
    }

    private static MetadataOnly bpe(Object... more) {
        return TestVocabularies.with(TestVocabularies.metadata("model", "gpt2", "pre", "gpt-2", "tokens",
                List.of("a", "b", "c", "ab", "Ġ", "<end>"), "merges", List.of("a b"), "token_type",
                new int[]{1, 1, 1, 1, 1, 3}), more);
    }

    private static void refused(MetadataOnly source, String... parts) {
        assertThatThrownBy(() -> Tokenizer.of(source)).isInstanceOf(ModelFormatException.class).message()
                .startsWith("test.gguf: ").contains(parts).doesNotContain("\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"t5", "rwkv", "none", "no_vocab", "plamo2", ""})
    void otherKinds(String kind) {
        refused(spm("model", kind), "'" + kind + "'", "tokenizer.ggml.model");
    }

    @Test
    void missingKeys() {
        refused(TestVocabularies.metadata("tokens", TOKENS), "tokenizer.ggml.model");
        refused(TestVocabularies.metadata("model", "llama"), "tokenizer.ggml.tokens");
        refused(TestVocabularies.metadata("model", "llama", "tokens", List.of()), "tokenizer.ggml.tokens");
        refused(TestVocabularies.metadata("model", "gpt2", "tokens", TOKENS), "tokenizer.ggml.merges");
    }

    @Test
    void arraysOfTheWrongLengthOrType() {
        refused(spm("scores", new float[3]), "tokenizer.ggml.scores", "3 entries for 7 tokens");
        refused(spm("token_type", new int[6]), "tokenizer.ggml.token_type", "6 entries for 7 tokens");
        for (Object[] wrong : new Object[][]{{"scores", new boolean[7]}, {"token_type", new float[7]},
                {"tokens", new int[7]},
                {"bos_token_id", "one"}, {"add_bos_token", 1L}, {"scores", 1.5f}}) {
            assertThatThrownBy(() -> Tokenizer.of(spm(wrong))).isInstanceOf(ModelFormatException.class)
                    .hasMessageContaining("tokenizer.ggml." + wrong[0]);
        }
        assertThatThrownBy(() -> Tokenizer.of(bpe("merges", new int[7]))).isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("tokenizer.ggml.merges");
    }

    @Test
    void longerArraysAndWholeScoresAreTaken() {
        Tokenizer tokenizer = Tokenizer.of(spm("scores", new int[]{0, 0, 0, 5, 0, 0, 0, 9}, "token_type", new int[20]));
        assertThat(tokenizer.encode("a", false)).containsExactly(3);
    }

    @Test
    void duplicateTokens() {
        refused(spm("tokens", List.of("<unk>", "<s>", "</s>", "a", "b", "a\n", "a\n")), "tokenizer.ggml.tokens",
                "a\\u000a",
                "5 and 6");
    }

    @Test
    void emptyTokensGetAName() {
        Tokenizer tokenizer = Tokenizer.of(spm("tokens", List.of("<unk>", "<s>", "</s>", "", "", "b", "a")));
        assertThat(tokenizer.piece(4)).isEqualTo("[EMPTY_4]");
    }

    @Test
    void idsOutOfRangeCountAsAbsent() {
        Tokenizer tokenizer = Tokenizer
                .of(spm("padding_token_id", 0xFFFFFFFFL, "bos_token_id", 0xFFFFFFFFL, "eos_token_id",
                        7L, "unknown_token_id", -5));
        assertThat(tokenizer.bos()).hasValue(1);
        assertThat(tokenizer.eos()).hasValue(2);
        Tokenizer bpe = Tokenizer.of(bpe("eos_token_id", Long.MAX_VALUE));
        assertThat(bpe.eos()).isEmpty();
        assertThat(bpe.bos()).isEmpty();
        refused(bpe("add_bos_token", true), "add_bos_token", "bos_token_id");
        refused(bpe("add_eos_token", true), "add_eos_token", "eos_token_id");
    }

    @Test
    void idsBeyondTheVocabularyAreRefusedByTheTokenizerToo() {
        Tokenizer tokenizer = Tokenizer.of(bpe());
        for (int id : new int[]{-1, 6, Integer.MAX_VALUE}) {
            assertThatThrownBy(() -> tokenizer.bytes(id)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> tokenizer.piece(id)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> tokenizer.isEndOfGeneration(id)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> tokenizer.isControl(id)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void mergesThatNameUnknownTokensOrNothing() {
        // "a c" makes no token: the union falls apart into the ASCII characters that are tokens, as in llama.cpp.
        Tokenizer tokenizer = Tokenizer
                .of(bpe("merges", List.of("a c", "x y", "alone", "", " ", "a ", "ĀĀ 中", "a b", "a b")));
        assertThat(tokenizer.encode("ac", false)).containsExactly(0, 2);
        assertThat(tokenizer.encode("ab", false)).containsExactly(3);
        // x, z and é are no tokens of this vocabulary.
        assertThat(tokenizer.encode("xzaé", false)).containsExactly(0);
        assertThat(tokenizer.encode("中", false)).isEmpty();
    }

    @Test
    void tokensBeyondTheByteAlphabetAreTheirText() {
        Tokenizer tokenizer = Tokenizer.of(bpe("tokens", List.of("a", "b", "中Ġ", "ab", "Ġ", "<end>")));
        assertThat(tokenizer.decode(2)).isEqualTo("中 ");
    }

    @Test
    void byteTokensThatAreNotSpelledAsBytesAreEmpty() {
        Tokenizer tokenizer = Tokenizer
                .of(spm("tokens", List.of("<unk>", "<s>", "</s>", "<0x4>", "<0xZZ>", "<0x41>", "a"),
                        "token_type", new int[]{2, 3, 3, 6, 6, 6, 1}));
        assertThat(tokenizer.bytes(3)).isEmpty();
        assertThat(tokenizer.bytes(4)).isEmpty();
        assertThat(tokenizer.bytes(5)).containsExactly('A');
    }

    @Test
    void textThatAnSpmVocabularyCannotSayIsUnknown() {
        Tokenizer tokenizer = Tokenizer.of(spm());
        assertThat(tokenizer.encode("aé", false)).containsExactly(3, 0, 0);
    }

    @Test
    void notANumberAsScore() {
        float[] scores = new float[TOKENS.size()];
        java.util.Arrays.fill(scores, Float.NaN);
        assertThat(Tokenizer.of(spm("scores", scores)).encode("a", false)).containsExactly(3);
    }

    @Test
    void wordPieceNeedsItsSeparator() {
        refused(spm("model", "bert"), "tokenizer.ggml.add_bos_token");
        refused(spm("model", "bert", "bos_token_id", 1L), "tokenizer.ggml.seperator_token_id");
        Tokenizer tokenizer = Tokenizer.of(spm("model", "bert", "bos_token_id", 1L, "seperator_token_id", 2L,
                "unknown_token_id", 0L));
        assertThat(tokenizer.encode("a A ab x", false)).containsExactly(3, 3, 3, 4, 0);
    }

    @Test
    void halfASurrogatePairIsTheReplacementCharacter() {
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of("gpt-2"));
        assertThat(tokenizer.encode("a\ud83e", false)).containsExactly(tokenizer.encode("a\ufffd", false));
        assertThat(tokenizer.encode("\udd99b", false)).containsExactly(tokenizer.encode("\ufffdb", false));
    }

    @Test
    void unknownPreTokenizerIsNamedInOneWarning() {
        Logger logger = Logger.getLogger(BytePairTokenizer.class.getName());
        List<String> messages = new java.util.ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord event) {
                messages.add(event.getLevel() + " "
                        + java.text.MessageFormat.format(event.getMessage(), event.getParameters()));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try {
            assertThat(Tokenizer.of(bpe("pre", "brand-new")).encode("ab", false)).containsExactly(3);
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }
        assertThat(messages).singleElement().asString().startsWith("WARNING test.gguf: pre-tokenizer 'brand-new'");
    }
}
