package io.github.jnpu.engine.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.github.jnpu.convert.model.ModelFormatException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** all-minilm's tokenizer.json, read by us and by Hugging Face's tokenizers. */
class HuggingFaceWordPieceTest {
    private static Tokenizer ours;
    private static HuggingFaceTokenizer theirs;

    @BeforeAll
    static void read() throws IOException {
        try (InputStream file = HuggingFaceWordPieceTest.class.getResourceAsStream(
                "/all-minilm-l6-v2-q-tokenizer.json")) {
            byte[] json = file.readAllBytes();
            ours = HuggingFaceTokenizerFile.read(json, "tokenizer.json");
            theirs = HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json),
                    Map.of("truncation", "false", "padding", "false"));
        }
    }

    @AfterAll
    static void close() {
        theirs.close();
    }

    @Test
    void trickyTextHasTheSameIds() {
        Random random = new Random(7);
        for (int i = 0; i < 2000; i++) {
            same(TrickyText.next(random, 1 + random.nextInt(40)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "Hello, World!", "[CLS] and [SEP] and [MASK]", "naïve café Ünïcödé",
            "straße ẞ İstanbul Σίσυφος ΟΔΟΣ", "日本語のテキスト 한국어 中文字符", "x\u0301 e\u0301\u0302 ﬁ ½", "豈更車 𠀀 𪜀",
            "a\u0000b\ufffdc\u0001d\u200be", "C:\\path\\file.txt https://example.org/?q=1&r=2",
            "don't stop-it 3.14 1,000",
            "tab\tnew\nline\r\nend\u0085\u2028\u3000x", "🦙👩‍🚀🇩🇪", "हिन्दी ไทย ខ្ញុំ العربية עברית",
            "＄１００ “quotes” «x» …"})
    void chosenTextHasTheSameIds(String text) {
        same(text);
    }

    @Test
    void longWordsAreUnknown() {
        for (int length : new int[]{99, 100, 101, 300}) {
            same("a".repeat(length) + " b");
            same("𝒳".repeat(length));
        }
    }

    @Test
    void aBookHasTheSameIds() {
        same(TestVocabularies.corpus("botchan.txt").substring(0, 60_000));
    }

    @Test
    void textsBeginAndEndAsTheFileSays() {
        assertThat(ours.bos()).hasValue(101);
        assertThat(ours.eos()).hasValue(102);
        assertThat(ours.addsBos()).isTrue();
        assertThat(ours.addsEos()).isTrue();
        assertThat(ours.decode(ours.encode("hello tokenizers", true))).isEqualTo("hello tokenizers");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "[]", "{\"model\":{\"type\":\"BPE\"}}",
            "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{}},\"normalizer\":{\"type\":\"BertNormalizer\"},\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}}",
            "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0,\"b\":0}},\"normalizer\":{\"type\":\"BertNormalizer\"},\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}}",
            "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0,\"b\":7}},\"normalizer\":{\"type\":\"BertNormalizer\"},\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}}",
            "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0}},\"normalizer\":{\"type\":\"BertNormalizer\"},\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}}"})
    void malformedFilesAreRefused(String json) {
        assertThatThrownBy(() -> HuggingFaceTokenizerFile.read(json.getBytes(StandardCharsets.UTF_8), "x.json"))
                .isInstanceOf(ModelFormatException.class).hasMessageStartingWith("x.json: ");
    }

    private static void same(String text) {
        int[] expected = Arrays.stream(theirs.encode(text, false, false).getIds()).mapToInt(Math::toIntExact)
                .toArray();
        int[] actual = ours.encode(text, true);
        int place = Arrays.mismatch(actual, expected);
        assertThat(place).as("%s: ours %s theirs %s", TrickyText.escaped(text.length() > 200 ? "long" : text),
                tail(actual, place), tail(expected, place)).isNegative();
    }

    private static String tail(int[] ids, int place) {
        return place < 0
                ? ""
                : Arrays.stream(Arrays.copyOfRange(ids, Math.max(0, place - 2), Math.min(ids.length, place + 6)))
                        .mapToObj(id -> ours.piece(id)).toList().toString();
    }
}
