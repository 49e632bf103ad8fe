package io.github.jnpu.engine.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.TestModels;
import io.github.jnpu.engine.tokenizer.TestVocabularies.MetadataOnly;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

class SpecialTokensTest {

    /** A byte-level vocabulary of the 256 bytes and of these tokens behind them. */
    private static MetadataOnly bytesAnd(List<String> special, int type, Object... more) {
        List<String> tokens = new ArrayList<>();
        for (int value = 0; value < 256; value++) {
            tokens.add(ByteAlphabet.character(value));
        }
        tokens.addAll(special);
        int[] types = new int[tokens.size()];
        Arrays.fill(types, 1);
        Arrays.fill(types, 256, types.length, type);
        return TestVocabularies
                .with(TestVocabularies.metadata("model", "gpt2", "pre", "qwen2", "tokens", tokens, "token_type",
                        types, "merges", List.of()), more);
    }

    private static List<String> ends(Tokenizer tokenizer) {
        return IntStream.range(0, tokenizer.vocabularySize()).filter(tokenizer::isEndOfGeneration)
                .mapToObj(tokenizer::piece)
                .toList();
    }

    @Test
    void controlTokensOnlyWhereAskedForAndUserDefinedAlways() {
        Tokenizer control = Tokenizer.of(bytesAnd(List.of("<|im_start|>", "<|im_end|>"), 3));
        assertThat(control.encode("<|im_start|>a<|im_end|>", true)).containsExactly(256, 'a', 257);
        assertThat(control.encode("<|im_end|>", false)).hasSize(10).doesNotContain(257);
        Tokenizer defined = Tokenizer.of(bytesAnd(List.of("<tool>"), 4));
        assertThat(defined.encode("a<tool>", false)).containsExactly('a', 256);
        assertThat(defined.decode('a', 256)).isEqualTo("a<tool>");
        assertThat(control.decode(256, 'a', 257)).isEqualTo("a");
    }

    @Test
    void longestTokenGoesFirstWhereverItStands() {
        Tokenizer tokenizer = Tokenizer.of(bytesAnd(List.of("ab", "bcd", "abc", "bb"), 4));
        // bcd is as long as abc and comes first in the vocabulary; only then ab and bb get what is left.
        assertThat(tokenizer.encode("abcd", false)).containsExactly('a', 257);
        assertThat(tokenizer.encode("abcab", false)).containsExactly(258, 256);
        assertThat(tokenizer.encode("abbb", false)).containsExactly(256, 259);
    }

    @Test
    void endOfGenerationIsFoundBySpelling() {
        Tokenizer chat = Tokenizer.of(bytesAnd(
                List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>",
                        "<|fim_prefix|>"),
                4, "eos_token_id", 258L));
        assertThat(ends(chat)).containsExactly("<|endoftext|>", "<|im_end|>", "<|fim_pad|>", "<|repo_name|>",
                "<|file_sep|>");
        // Found by spelling they are control tokens, whatever the file says.
        assertThat(chat.isControl(256)).isTrue();
        assertThat(chat.isControl(257)).isFalse();
        assertThat(chat.encode("<|im_end|>", false)).doesNotContain(258);
    }

    @Test
    void endOfGenerationIsTakenFromTheFile() {
        Tokenizer tokenizer = Tokenizer
                .of(bytesAnd(List.of("<a>", "<b>", "<c>", "<d>"), 3, "eos_token_id", 256L, "eot_token_id",
                        257L, "eom_token_id", 258L));
        assertThat(ends(tokenizer)).containsExactly("<a>", "<b>", "<c>");
        assertThat(tokenizer.eos()).hasValue(256);
        assertThat(tokenizer.addsBos()).isFalse();
        assertThat(tokenizer.bos()).hasValue(11);
    }

    @Test
    void endOfAPartIsNoEndForHarmony() {
        Tokenizer tokenizer = Tokenizer.of(bytesAnd(
                List.of("<|end|>", "<|return|>", "<|call|>", "<|channel|>", "<|message|>", "<|start|>"), 3,
                "eos_token_id",
                257L));
        assertThat(ends(tokenizer)).containsExactly("<|return|>", "<|call|>");
        assertThat(tokenizer.decode(259, 256)).isEqualTo("<|channel|><|end|>");
        assertThat(tokenizer.isControl(256)).isFalse();
    }

    @Test
    void llama3() {
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of("llama-bpe"));
        assertThat(tokenizer.addsBos()).isTrue();
        assertThat(tokenizer.bos()).hasValue(128_000);
        assertThat(ends(tokenizer)).containsExactly("<|end_of_text|>", "<|eom_id|>", "<|eot_id|>");
        assertThat(tokenizer.encode("<|eot_id|>\n\nHi", true)).containsExactly(128_009, 271, 13_347);
    }

    @Test
    void phi3SwallowsSpaceBehindSpecialTokens() {
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of("phi-3"));
        int user = tokenizer.idOf("<|user|>").orElseThrow();
        int end = tokenizer.idOf("<|end|>").orElseThrow();
        int[] hi = tokenizer.encode("Hi", false);
        int[] expected = IntStream
                .concat(IntStream.concat(IntStream.of(user), Arrays.stream(hi)), IntStream.of(end, user))
                .toArray();
        assertThat(tokenizer.encode("<|user|>\n Hi<|end|>\n\t<|user|>", true)).containsExactly(expected);
        // <s> does not.
        assertThat(tokenizer.encode("<s> Hi", true)).hasSize(hi.length + 2);
        assertThat(tokenizer.isEndOfGeneration(end)).isTrue();
    }

    @Test
    void sentencePieceDefaults() {
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of("llama-spm"));
        assertThat(tokenizer.addsBos()).isTrue();
        assertThat(tokenizer.addsEos()).isFalse();
        assertThat(tokenizer.bos()).hasValue(1);
        assertThat(ends(tokenizer)).containsExactly("</s>");
        // A text behind a special token gets its leading space again.
        assertThat(tokenizer.encode("<s>Hello", true)).containsExactly(1, 15_043);
        assertThat(tokenizer.encode("", true)).isEmpty();
    }

    @Test
    void storiesReadAsInTheGoldenFile() throws IOException {
        JsonNode golden = new ObjectMapper().readTree(TestModels.require("stories260K-gguf/golden.json").toFile())
                .get("tinyllm.gguf");
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of("stories260K"));
        int[] ids = IntStream.range(0, golden.get("greedy_ids").size())
                .map(i -> golden.get("greedy_ids").get(i).asInt())
                .toArray();
        // The golden text shows BOS, which a reader does not want to see.
        assertThat("\n<s>\n" + tokenizer.decode(ids)).isEqualTo(golden.get("text").asText());
        assertThat(tokenizer.encode("Once upon a time", false)).containsExactly(Arrays.copyOfRange(ids, 1, 5));
        assertThat(tokenizer.addsBos()).isTrue();
        assertThat(tokenizer.bos()).hasValue(ids[0]);
        // A stream that goes on behind "Once upon" keeps the space.
        assertThat(tokenizer.newDetokenizer().accept(ids[3])).isEqualTo(" a");
    }

    @Test
    void bertStartsWithClsAndEndsWithSep() {
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of("bert-bge"));
        assertThat(tokenizer.piece(tokenizer.bos().orElseThrow())).isEqualTo("[CLS]");
        assertThat(tokenizer.piece(tokenizer.eos().orElseThrow())).isEqualTo("[SEP]");
        assertThat(tokenizer.addsBos() && tokenizer.addsEos()).isTrue();
        assertThat(tokenizer.decode(tokenizer.encode("héllo wörld", false))).isEqualTo("hello world");
    }
}
