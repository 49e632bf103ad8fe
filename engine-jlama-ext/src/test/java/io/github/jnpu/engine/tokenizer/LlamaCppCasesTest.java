package io.github.jnpu.engine.tokenizer;

import io.github.jnpu.convert.TestModels;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The ids that llama.cpp's own tests expect: {@code .inp} has texts between lines {@code __ggml_vocab_test__}, {@code .out}
 * the ids of each on a line, without BOS and with special tokens not parsed.
 */
class LlamaCppCasesTest {

    @TestFactory
    Stream<DynamicTest> idsAreThoseOfLlamaCpp() {
        return Stream.of("llama-spm", "gpt-2", "bert-bge", "phi-3", "deepseek-coder", "llama-bpe")
                .flatMap(LlamaCppCasesTest::cases);
    }

    private static Stream<DynamicTest> cases(String name) {
        Tokenizer tokenizer = Tokenizer.of(TestVocabularies.of(name));
        List<String> texts = texts(name);
        List<int[]> expected = ids(name);
        assertThat(texts).hasSameSizeAs(expected).hasSize(46);
        return IntStream.range(0, texts.size()).mapToObj(i -> DynamicTest.dynamicTest(
                "%s %d: %s".formatted(name, i, texts.get(i).strip()),
                () -> assertThat(tokenizer.encode(texts.get(i), false)).containsExactly(expected.get(i))));
    }

    private static List<String> texts(String name) {
        String all = read(name + ".gguf.inp");
        return List.of(all.split("\n__ggml_vocab_test__\n", -1)).subList(0, 46);
    }

    private static List<int[]> ids(String name) {
        return read(name + ".gguf.out").lines()
                .map(line -> Arrays.stream(line.strip().split(" ")).filter(id -> !id.isEmpty())
                        .mapToInt(Integer::parseInt).toArray())
                .toList();
    }

    private static String read(String name) {
        try {
            return Files.readString(TestModels.require("ggml-vocab/ggml-vocab-" + name));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
