package io.github.jnpu.engine;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.sampling.SamplingOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntSupplier;

import static org.assertj.core.api.Assertions.assertThat;

/** Several texts of one model at the same time. */
class ParallelTextsTest {
    private static final int VOCABULARY = 512;

    @TempDir
    static Path folder;

    private static LanguageModel load(FileType type, ModelOptions options) throws IOException {
        Path file = folder.resolve(type + ".gguf");
        if (!Files.exists(file)) {
            RandomModel.llama(ModelSize.Preset.TINY, type).write(file);
        }
        return LanguageModel.load(GgufFile.open(file), options);
    }

    private static GenerationRequest request(int seed, int promptTokens, int maxTokens) {
        Random random = new Random(seed);
        int[] prompt = random.ints(promptTokens, 3, VOCABULARY).toArray();
        return GenerationRequest.of(prompt).withSampling(SamplingOptions.GREEDY).withMaxTokens(maxTokens);
    }

    /** Hears nothing but the begin. */
    private static class Listener implements GenerationListener {
        final CompletableFuture<Void> begun = new CompletableFuture<>();

        @Override
        public void onPromptProcessed() {
            begun.complete(null);
        }

        @Override
        public void onText(String text) {}

        @Override
        public void onComplete(GenerationResult result) {}

        @Override
        public void onError(RuntimeException failure) {}
    }

    private static <T> T await(CompletableFuture<T> future) {
        return future.orTimeout(60, TimeUnit.SECONDS).join();
    }

    /** Bit for bit: random weights have so many near ties that other rounding would show within some tokens. */
    @ParameterizedTest
    @CsvSource({"Q4_0,F16,2", "Q4_K_M,F16,1", "Q8_0,Q8_0,2", "F16,F32,2", "F32,BF16,1"})
    void eachIsWhatItWouldBeAlone(FileType type, KvCacheType cache, int threads) throws IOException {
        List<GenerationRequest> requests = new ArrayList<>();
        // Below and beyond a chunk of the cache, so that some have several chunks to attend to and some pass the border.
        int[] prompts = {1, 7, 500, 530, 1100, 60, 64};
        for (int i = 0; i < prompts.length; i++) {
            requests.add(request(i, prompts[i], 40 + i));
        }
        ModelOptions options = ModelOptions.DEFAULT.withContextLength(1500).withThreads(threads).withCacheType(cache);
        List<GenerationResult> alone = new ArrayList<>();
        try (LanguageModel model = load(type, options)) {
            requests.forEach(request -> alone.add(model.generate(request)));
        }
        try (LanguageModel model = load(type, options.withParallel(4))) {
            List<Generation> together = requests.stream().map(request -> model.generate(request, new Listener()))
                    .toList();
            for (int i = 0; i < requests.size(); i++) {
                GenerationResult result = await(together.get(i).result());
                assertThat(result.tokens()).as("text %d", i).isEqualTo(alone.get(i).tokens());
                assertThat(result.text()).isEqualTo(alone.get(i).text());
                assertThat(result.finishReason()).isEqualTo(alone.get(i).finishReason());
            }
        }
    }

    @Test
    void aShortAnswerDoesNotWaitForALongOne() throws IOException {
        try (LanguageModel model = load(FileType.Q8_0, ModelOptions.DEFAULT.withContextLength(2048).withParallel(2))) {
            Listener listener = new Listener();
            Generation endless = model.generate(request(1, 10, -1), new Listener() {
                @Override
                public boolean isReady() {
                    listener.begun.complete(null);
                    return true;
                }
            });
            await(listener.begun);
            try {
                assertThat(model.generate(request(2, 300, 3)).tokens()).isNotEmpty();
                assertThat(endless.result()).isNotDone();
            } finally {
                endless.cancel();
            }
            assertThat(await(endless.result()).finishReason()).isEqualTo(FinishReason.CANCELLED);
        }
    }

    @Test
    void aTextWhoseListenerIsNotReadyHoldsUpNoOther() throws IOException {
        AtomicBoolean ready = new AtomicBoolean();
        try (LanguageModel model = load(FileType.Q8_0, ModelOptions.DEFAULT.withContextLength(2048).withParallel(2))) {
            List<Integer> expected = model.generate(request(1, 10, 20)).tokens();
            Generation held = model.generate(request(1, 10, 20), new Listener() {
                @Override
                public boolean isReady() {
                    return ready.get();
                }
            });
            try {
                assertThat(model.generate(request(2, 300, 30)).finishReason()).isNotEqualTo(FinishReason.CANCELLED);
                assertThat(held.result()).isNotDone();
            } finally {
                ready.set(true);
            }
            assertThat(await(held.result()).tokens()).isEqualTo(expected);
        }
    }

    @Test
    void aListenerThatGivesUpEndsItsOwnTextOnly() throws IOException {
        try (LanguageModel model = load(FileType.Q8_0, ModelOptions.DEFAULT.withContextLength(2048).withParallel(2))) {
            List<Integer> expected = model.generate(request(2, 10, 200)).tokens();
            Generation other = model.generate(request(2, 10, 200), new Listener());
            Generation failing = model.generate(request(1, 10, 200), new Listener() {
                @Override
                public boolean isReady() {
                    throw new IllegalStateException("gone");
                }
            });
            assertThat(failing.result().handle((_, failure) -> failure).orTimeout(60, TimeUnit.SECONDS).join())
                    .hasRootCauseMessage("gone");
            assertThat(await(other.result()).tokens()).isEqualTo(expected);
        }
    }

    @Test
    void whoLeavesTheQueueIsToldAtOnce() throws IOException, InterruptedException {
        CountDownLatch go = new CountDownLatch(1);
        AtomicBoolean released = new AtomicBoolean();
        try (LanguageModel model = load(FileType.Q8_0, ModelOptions.DEFAULT.withContextLength(2048))) {
            Generation holds = model.generate(request(1, 10, 20), new Listener() {
                @Override
                public boolean isReady() {
                    go.countDown();
                    return released.get();
                }
            });
            Generation waits = model.generate(request(2, 10, 20), new Listener());
            go.await();
            try {
                waits.cancel();
                assertThat(await(waits.result()).finishReason()).isEqualTo(FinishReason.CANCELLED);
                assertThat(holds.result()).isNotDone();
            } finally {
                released.set(true);
            }
            assertThat(await(holds.result()).tokens()).isNotEmpty();
        }
    }

    /** Two conversations by turns keep their places. */
    @Test
    void aConversationFindsItsCacheAgain() throws IOException {
        try (LanguageModel model = load(FileType.Q8_0, ModelOptions.DEFAULT.withContextLength(2048).withParallel(2))) {
            IntSupplier[] talks = new IntSupplier[2];
            for (int i = 0; i < talks.length; i++) {
                int[] first = request(i, 200, 1).prompt();
                talks[i] = () -> model.generate(GenerationRequest.of(Arrays.copyOf(first, 150)).withMaxTokens(1))
                        .cachedTokens();
                model.generate(GenerationRequest.of(first).withMaxTokens(1));
            }
            assertThat(talks[0].getAsInt()).isEqualTo(149);
            assertThat(talks[1].getAsInt()).isEqualTo(149);
        }
    }

    @Test
    void eachTextHasACacheInTheEstimate() throws IOException {
        Path file = folder.resolve("estimate.gguf");
        RandomModel.llama(ModelSize.Preset.TINY, FileType.Q8_0).write(file);
        try (GgufFile source = GgufFile.open(file)) {
            ModelOptions one = ModelOptions.DEFAULT.withContextLength(2048);
            assertThat(LanguageModel.estimate(source, one.withParallel(4)).cacheBytes())
                    .isEqualTo(4 * LanguageModel.estimate(source, one).cacheBytes());
            assertThat(LanguageModel.estimate(source, one.withParallel(4)).weightBytes())
                    .isEqualTo(LanguageModel.estimate(source, one).weightBytes());
        }
    }
}
