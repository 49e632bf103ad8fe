package io.github.jnpu.engine.tokenizer;

import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.Random;

import static org.assertj.core.api.Assertions.assertThat;

/** Ids equal to those of Hugging Face's tokenizers over the same vocabulary, on books and on generated Unicode text. */
class HuggingFaceOracleTest {
    private static final String LLAMA3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String QWEN2 = LLAMA3.replace("\\p{N}{1,3}", "\\p{N}");
    private static final String QWEN35 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String SEED = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
    // Cased letters as llama.cpp reads them: ASCII has case, other letters are both.
    private static final String UPPER = "[A-Z[\\p{L}&&[^a-z]]]";
    private static final String LOWER = "[a-z[\\p{L}&&[^A-Z]]]";
    private static final String CONTRACTION = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?";
    private static final String GPT4O = "[^\\r\\n\\p{L}\\p{N}]?U*L+C|[^\\r\\n\\p{L}\\p{N}]?U+L*C|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
            .replace("U", UPPER).replace("L*", LOWER + "*").replace("L+", LOWER + "+").replace("C", CONTRACTION);
    private static final String DEEPSEEK = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    @Test
    void gpt2() {
        check("gpt-2", "gpt-2");
    }

    @Test
    void llama3() {
        check("llama-bpe", "llama-bpe", LLAMA3);
    }

    @Test
    void qwen2() {
        check("gpt-2", "qwen2", QWEN2);
    }

    @Test
    void qwen35() {
        check("gpt-2", "qwen35", QWEN35);
    }

    @Test
    void seedCoder() {
        check("gpt-2", "seed-coder", SEED);
    }

    @Test
    void smollmSplitsDigits() {
        check("gpt-2", "smollm", "\\p{N}", GPT2);
    }

    @Test
    void gpt4o() {
        check("gpt-2", "gpt-4o", GPT4O);
    }

    @Test
    void tekken() {
        check("gpt-2", "tekken", GPT4O.replace(CONTRACTION, "").replace("{1,3}", ""));
    }

    @Test
    void deepSeekV3() {
        check("gpt-2", "deepseek-v3", "\\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", DEEPSEEK);
    }

    @Test
    void deepSeekCoder() {
        check("deepseek-coder", "deepseek-coder", "[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", "[一-龥ࠀ-一가-퟿]+", "\\p{N}");
    }

    @Test
    void falcon() {
        check("gpt-2", "falcon", "[\\p{P}\\$\\+<=>\\^~\\|`]+", GPT2, "[0-9][0-9][0-9]");
    }

    @Test
    void defaultRules() {
        check("gpt-2", "default", "[\\p{P}\\$\\+<=>\\^~\\|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]");
    }

    private static void check(String vocabulary, String preTokenizer, String... expressions) {
        TestVocabularies.MetadataOnly source = TestVocabularies.with(TestVocabularies.of(vocabulary), "pre",
                preTokenizer);
        Tokenizer ours = Tokenizer.of(source);
        boolean ignoreMerges = PreTokenizer.named(preTokenizer).orElseThrow().ignoresMerges();
        try (HuggingFaceOracle theirs = HuggingFaceOracle.byteLevel(source, ignoreMerges, expressions)) {
            for (String book : new String[]{"botchan.txt", "tinyshakespeare.txt"}) {
                String text = TestVocabularies.corpus(book);
                String part = text.substring(0, Math.min(text.length(), 60_000));
                same(book, ours.encode(part, false), theirs.encode(part));
            }
            Random random = new Random(42);
            for (int i = 0; i < 1500; i++) {
                String text = TrickyText.next(random, 1 + random.nextInt(40));
                same(TrickyText.escaped(text), ours.encode(text, false), theirs.encode(text));
            }
        }
    }

    /** Shows the place of the first difference: AssertJ would print both books. */
    private static void same(String what, int[] actual, int[] expected) {
        int place = Arrays.mismatch(actual, expected);
        if (place >= 0) {
            int from = Math.max(0, place - 3);
            assertThat(Arrays.copyOfRange(actual, from, Math.min(actual.length, place + 8)))
                    .as("%s, from token %d", what, from)
                    .containsExactly(Arrays.copyOfRange(expected, from, Math.min(expected.length, place + 8)));
        }
        assertThat(actual).hasSameSizeAs(expected);
    }
}
