package io.github.jnpu.engine.tokenizer;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import static org.assertj.core.api.Assertions.assertThat;

/** Long and monotonous texts, whole books, many threads. The timeouts are no measurements: quadratic code needs hours. */
class LongTextTest {
    private static final List<String> MONOTONY = List.of(" ", "\n", "a", "A", "aB", "7", "😀", "é", "中", "\u0301", "'",
            "<", "~",
            "\t\n", " a", "a\n\n", "\u00a0", "👩‍🚀");

    @ParameterizedTest
    @ValueSource(strings = {"gpt-2", "llama-spm", "bert-bge"})
    @Timeout(120)
    void aMegabyteOfTheSameIsEncoded(String name) {
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of(name));
        for (String unit : List.of(" ", "a", "7", "😀", "<", "a\n\n")) {
            String text = unit.repeat(1_000_000 / unit.length());
            int[] ids = tokenizer.encode(text, true);
            if (!name.equals("bert-bge")) {
                assertThat(tokenizer.decode(ids).equals(text)).as(TrickyText.escaped(unit)).isTrue();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"default", "gpt-2", "llama-bpe", "qwen2", "qwen35", "tekken", "gpt-4o", "tiny_aya", "youtu",
            "granite-embed-multi-97m", "deepseek-llm", "deepseek-coder", "deepseek-v3", "spark2_5", "afmoe", "superbpe",
            "viking", "jais-2", "exaone-moe", "laguna", "minicpm5", "falcon"})
    @Timeout(120)
    void aMegabyteOfTheSameIsCut(String name) {
        PreTokenizer preTokenizer = PreTokenizer.named(name).orElseThrow();
        for (String unit : MONOTONY) {
            String text = unit.repeat(1_000_000 / unit.length());
            CodePoints points = new CodePoints(text, 0, text.length());
            IntSequence ends = preTokenizer.split(points);
            assertThat(ends.get(ends.size() - 1)).as(TrickyText.escaped(unit)).isEqualTo(points.length);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt-2", "llama-bpe", "deepseek-coder", "llama-spm", "stories260K"})
    void booksComeBackWhole(String name) {
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of(name));
        for (String book : List.of("botchan.txt", "tinyshakespeare.txt")) {
            String text = TestVocabularies.corpus(book);
            assertThat(tokenizer.decode(tokenizer.encode(text, false)).equals(text)).as(book).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt-2", "llama-spm", "bert-bge"})
    void threadsShareATokenizer(String name) throws Exception {
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of(name));
        String text = TestVocabularies.corpus("botchan.txt").substring(0, 60_000);
        int[] expected = Tokenizer.of(TestVocabularies.of(name)).encode(text, false);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<int[]>> tasks = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                tasks.add(() -> tokenizer.encode(text, false));
            }
            for (Future<int[]> ids : threads.invokeAll(tasks)) {
                assertThat(ids.get()).isEqualTo(expected);
            }
        }
    }
}
