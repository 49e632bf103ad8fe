package io.github.jnpu.samples.demo;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.engine.FinishReason;
import io.github.jnpu.engine.GenerationResult;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.sampling.SamplingOptions;
import io.github.jnpu.samples.demo.corpus.Conversation;
import io.github.jnpu.samples.demo.corpus.Corpus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** The file that ships with the engine. */
class DemoModelTest {
    private static final int ASKED = 20;

    private static Arena arena;
    private static LanguageModel model;
    private static int size;
    private static Map<String, List<Conversation>> heldOut;

    @BeforeAll
    static void load() throws IOException {
        heldOut = HeldOutSets.load(Corpus.load(), ASKED, 0);
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
        assertThat(size).isLessThan(25_000_000);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"What does an NPU do? | neural networks",
            "what does an npu do | neural networks", "What does the NPU do? | neural networks",
            "What is an NPU? | neural processing unit", "Hello | I am the demo model", "Thanks | You are welcome",
            "What is jnpu? | language models inside the Java virtual machine",
            "What is a GGUF file? | file format for language models", "How do I run a model? | ./jnpu run",
            "How do I start the server? | ./jnpu serve", "Which port does the server use? | 11434",
            "who are you? | demo model", "What is the capital of France? | Paris", "What is 7 plus 5? | 12",
            "Who won the last world cup? | I cannot help with that"})
    void answersInWholeSentencesAndStops(String question, String expected) {
        GenerationResult result = EvaluateDemoModel.answer(model, question, SamplingOptions.GREEDY);
        assertThat(result.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(result.text()).contains(expected).endsWith(".");
    }

    /** Of the first held-out chats of each set at least so many; the card has the figures of all. */
    @ParameterizedTest
    @CsvSource({"phrasings, 18", "freely written questions, 11", "sums, 19", "capitals, 19", "passages, 4",
            "tool calls, 8",
            "freely written tool calls, 5", "use of results, 15", "JSON, 6"})
    void answersHeldOutChatsExactly(String name, int least) {
        assertThat(HeldOutSets.some(heldOut.get(name), ASKED).stream()
                .filter(chat -> EvaluateDemoModel.isRight(model, chat,
                        EvaluateDemoModel.answer(model, chat, SamplingOptions.GREEDY, HeldOutSets.isJson(name)).text(),
                        HeldOutSets.isJson(name))))
                .as(name).hasSizeGreaterThanOrEqualTo(least);
    }
}
