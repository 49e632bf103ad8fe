package io.github.jnpu.samples.demo;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.engine.FinishReason;
import io.github.jnpu.engine.GenerationResult;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.sampling.SamplingOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

import static org.assertj.core.api.Assertions.assertThat;

/** The file that ships with the engine. */
class DemoModelTest {
    private static Arena arena;
    private static LanguageModel model;
    private static int size;

    @BeforeAll
    static void load() throws IOException {
        arena = Arena.ofShared();
        try (InputStream in = LanguageModel.class.getResourceAsStream("demo/demo.gguf")) {
            byte[] bytes = in.readAllBytes();
            size = bytes.length;
            MemorySegment memory = arena.allocate(size, 64).copyFrom(MemorySegment.ofArray(bytes));
            model = LanguageModel.load(GgufFile.of(memory, "demo.gguf"), ModelOptions.DEFAULT);
        }
    }

    @AfterAll
    static void close() {
        model.close();
        arena.close();
    }

    @Test
    void fileIsSmallEnoughForTheRepository() {
        assertThat(size).isLessThan(12_000_000);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"What does an NPU do? | neural networks",
            "what does an npu do | neural networks", "What does the NPU do? | neural networks",
            "What is an NPU? | neural processing unit", "Hello | I am the demo model", "Thanks | You are welcome",
            "What is jnpu? | language models inside the Java virtual machine",
            "What is a GGUF file? | file format for language models", "How do I run a model? | ./jnpu run",
            "How do I start the server? | ./jnpu serve", "Which port does the server use? | 11434",
            "Does jnpu use my NPU? | Not yet", "Who are you? | demo model",
            "What is the capital of France? | I do not know"})
    void answersInWholeSentencesAndStops(String question, String expected) {
        GenerationResult result = EvaluateDemoModel.answer(model, question, SamplingOptions.GREEDY);
        assertThat(result.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(result.text()).contains(expected).endsWith(".");
    }
}
