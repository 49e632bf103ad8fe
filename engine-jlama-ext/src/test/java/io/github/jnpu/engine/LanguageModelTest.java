package io.github.jnpu.engine;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.gguf.GgufWriter;
import io.github.jnpu.engine.evaluation.Perplexity;
import io.github.jnpu.engine.sampling.SamplingOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Generation with the trained 260K-parameter llama. */
class LanguageModelTest {
    @TempDir
    static Path folder;

    private static LanguageModel model;
    private static String golden;

    @BeforeAll
    static void load() throws IOException {
        golden = new ObjectMapper().readTree(TestModels.stories260K().resolveSibling("golden.json").toFile())
                .at("/tinyllm.gguf/text").asText().substring("\n<s>\n".length());
        model = LanguageModel.load(GgufFile.open(TestModels.stories260K()), ModelOptions.DEFAULT);
    }

    @AfterAll
    static void close() {
        if (model != null) {
            model.close();
        }
    }

    private static GenerationRequest greedy(String prompt, int maxTokens) {
        return GenerationRequest.of(model.encodePrompt(prompt, false)).withSampling(SamplingOptions.GREEDY)
                .withMaxTokens(maxTokens);
    }

    /** Collects what a generation says. */
    private static final class Recorder implements GenerationListener {
        final StringBuilder text = new StringBuilder();
        final List<String> ends = new ArrayList<>();
        private final Consumer<String> onText;

        Recorder(Consumer<String> onText) {
            this.onText = onText;
        }

        @Override
        public void onText(String piece) {
            text.append(piece);
            onText.accept(piece);
        }

        @Override
        public void onComplete(GenerationResult result) {
            ends.add("complete");
        }

        @Override
        public void onError(RuntimeException failure) {
            ends.add("error: " + failure.getMessage());
        }
    }

    @Test
    void greedyTextIsTheGoldenOne() {
        GenerationResult result = model.generate(greedy("Once upon a time", 120));
        assertThat("Once upon a time" + result.text()).isEqualTo(golden);
        assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(result.tokens()).hasSize(120);
        assertThat(result.promptTokens()).isEqualTo(5);
    }

    @Test
    void theSameRequestGivesTheSameTextWhateverIsInTheCache() {
        GenerationRequest request = greedy("Once upon a time, there was a little girl", 40)
                .withSampling(SamplingOptions.DEFAULT.withSeed(42));
        GenerationResult first = model.generate(request);
        model.generate(greedy("Once upon a time, there was an old dog", 10));
        GenerationResult second = model.generate(request);
        assertThat(second.text()).isEqualTo(first.text());
        assertThat(second.cachedTokens()).isPositive();
        assertThat(second.promptTokens()).isEqualTo(first.promptTokens());
        assertThat(model.generate(request.withSampling(SamplingOptions.DEFAULT.withSeed(43))).text())
                .isNotEqualTo(first.text());
    }

    @Test
    void stopStringsEndTheTextAcrossTokens() {
        GenerationResult result = model
                .generate(greedy("Once upon a time", 120).withStop(List.of("never there", "red ball. She w")));
        assertThat(result.text()).endsWith("she saw a big, ").doesNotContain("red");
        assertThat(result.finishReason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void whatOnlyLookedLikeAStopStringIsGivenBack() {
        Recorder recorder = new Recorder(_ -> {});
        model.generate(
                greedy("Once upon a time", 120).withStop(List.of("red ball. She ran", golden.substring(30) + "!")),
                recorder).result().join();
        assertThat("Once upon a time" + recorder.text).isEqualTo(golden);
    }

    @Test
    void theContextEndsTheText() {
        try (LanguageModel small = LanguageModel.load(GgufFile.open(TestModels.stories260K()),
                ModelOptions.DEFAULT.withContextLength(12))) {
            GenerationResult result = small.generate(greedy("Once upon a time", -1));
            assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
            assertThat(result.tokens()).hasSize(7);
            assertThatThrownBy(() -> small.generate(greedy(golden, 1))).isInstanceOf(PromptTooLongException.class)
                    .hasMessageContaining("context length of 12");
        }
    }

    @Test
    void noTokensAreSampledWhenNoneAreAskedFor() {
        GenerationResult result = model.generate(greedy("Once upon a time", 0));
        assertThat(result.text()).isEmpty();
        assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void anEndOfGenerationTokenEndsTheTextFromTheFirstTokenOn() throws IOException {
        // The golden story goes on with a comma; a model whose end-of-turn token that is has nothing to say.
        Path copy = folder.resolve("terse.gguf");
        try (GgufFile original = GgufFile.open(TestModels.stories260K())) {
            GgufWriter writer = new GgufWriter();
            original.metadata().values().forEach((key, value) -> {
                if (value instanceof Long number) {
                    writer.putUnsigned(key, number);
                } else {
                    writer.put(key, value);
                }
            });
            writer.putUnsigned("tokenizer.ggml.eot_token_id", 432);
            original.tensors()
                    .forEach(tensor -> writer.tensor(tensor.name(), tensor.type(), tensor.shape(), tensor.data()));
            writer.write(copy);
        }
        try (LanguageModel terse = LanguageModel.load(GgufFile.open(copy), ModelOptions.DEFAULT)) {
            GenerationResult result = terse.generate(greedy("Once upon a time", 120));
            assertThat(result.tokens()).isEmpty();
            assertThat(result.text()).isEmpty();
            assertThat(result.finishReason()).isEqualTo(FinishReason.STOP);
        }
    }

    @Test
    void cancelStopsBeforeTheNextToken() {
        AtomicReference<Generation> generation = new AtomicReference<>();
        CountDownLatch started = new CountDownLatch(1);
        Recorder recorder = new Recorder(_ -> {
            await(started);
            generation.get().cancel();
        });
        generation.set(model.generate(greedy("Once upon a time", 120), recorder));
        started.countDown();
        GenerationResult result = generation.get().result().join();
        assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(result.tokens()).hasSize(1);
        assertThat(recorder.ends).containsExactly("complete");
    }

    @Test
    void aFailingListenerEndsItsOwnGenerationOnly() {
        Recorder recorder = new Recorder(_ -> {
            throw new IllegalStateException("no more");
        });
        Generation generation = model.generate(greedy("Once upon a time", 120), recorder);
        assertThatThrownBy(() -> generation.result().join()).isInstanceOf(CompletionException.class)
                .hasRootCauseMessage("no more");
        assertThat(recorder.ends).containsExactly("error: no more");
        greedyTextIsTheGoldenOne();
    }

    @Test
    void manyCallersGetRightAnswers() throws Exception {
        String expected = model.generate(greedy("Lily and Tom", 20)).text();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                String prompt = i % 2 == 0 ? "Lily and Tom" : "Once upon a time";
                answers.add(callers.submit(() -> model.generate(greedy(prompt, 20)).text()));
            }
            for (int i = 0; i < answers.size(); i++) {
                String answer = answers.get(i).get(1, TimeUnit.MINUTES);
                if (i % 2 == 0) {
                    assertThat(answer).isEqualTo(expected);
                } else {
                    assertThat(golden).startsWith("Once upon a time" + answer);
                }
            }
        }
    }

    @Test
    void closingFailsWhatStillWaits() {
        LanguageModel other = LanguageModel.load(GgufFile.open(TestModels.stories260K()), ModelOptions.DEFAULT);
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch closing = new CountDownLatch(1);
        Generation first = other.generate(greedy("Once upon a time", 5), new Recorder(_ -> {
            running.countDown();
            await(closing);
        }));
        Recorder waiting = new Recorder(_ -> {});
        Generation second = other.generate(greedy("Once upon a time", 5), waiting);
        await(running);
        Thread closer = Thread.startVirtualThread(other::close);
        while (closer.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        closing.countDown();
        assertThat(first.result().join().tokens()).hasSize(5);
        assertThatThrownBy(() -> second.result().join()).hasRootCauseMessage("the model has been closed");
        assertThat(waiting.ends).containsExactly("error: the model has been closed");
        assertThatThrownBy(() -> other.generate(greedy("Once", 1))).hasMessage("the model has been closed");
    }

    @Test
    void perplexityIsLlamaCppsOne() throws IOException {
        String text = Files.readString(TestModels.require("corpus/tinyshakespeare.txt")).substring(0, 100_000);
        List<Double> running = new ArrayList<>();
        Perplexity result = Perplexity.measure(model, text, 128, 8, chunk -> running.add(chunk.perplexity()));
        double[] expected = {69.2163, 56.2872, 58.4185, 57.2501, 61.8678, 57.6936, 56.2509, 56.5562};
        for (int i = 0; i < expected.length; i++) {
            assertThat(running.get(i) / expected[i]).as("chunk %d", i).isBetween(0.998, 1.002);
        }
        assertThat(result.scoredTokens()).isEqualTo(8 * 63);
        assertThatThrownBy(() -> Perplexity.measure(model, "too short", 128, 8, _ -> {}))
                .hasMessageContaining("too few for one chunk of 128");
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
