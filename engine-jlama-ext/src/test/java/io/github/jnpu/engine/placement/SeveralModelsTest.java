package io.github.jnpu.engine.placement;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.engine.Generation;
import io.github.jnpu.engine.GenerationListener;
import io.github.jnpu.engine.GenerationRequest;
import io.github.jnpu.engine.GenerationResult;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.sampling.SamplingOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** Models do not wait for each other. */
class SeveralModelsTest {
    private static final int TOKENS = 60;

    /** Each stops in the middle of its text until the other has got there: one after the other they would wait for ever. */
    @ParameterizedTest
    @CsvSource({"vector, onnxruntime", "vector, vector", "onnxruntime, onnxruntime"})
    void twoModelsWriteAtTheSameTime(String first, String second) {
        try (LanguageModel left = PlacedModelTest.load(TestModels.stories260K(), first);
                LanguageModel right = PlacedModelTest.load(TestModels.stories260K(), second)) {
            String expected = left.generate(request(left)).text();
            CountDownLatch both = new CountDownLatch(2);
            Generation one = left.generate(request(left), new Meeting(both));
            Generation two = right.generate(request(right), new Meeting(both));
            assertThat(one.result().join().text()).isEqualTo(expected);
            assertThat(two.result().join().text()).isEqualTo(expected);
            assertThat(both.getCount()).as("texts that reached their middle").isZero();
        }
    }

    @Test
    void aModelWithStagesOnTwoDevicesRunsBesideOneThatHasOneOfThem() {
        try (LanguageModel left = PlacedModelTest.load(TestModels.stories260K(), "prefill=onnxruntime,decode=vector");
                LanguageModel right = PlacedModelTest.load(TestModels.stories260K(), "onnxruntime")) {
            CountDownLatch both = new CountDownLatch(2);
            Generation one = left.generate(request(left), new Meeting(both));
            Generation two = right.generate(request(right), new Meeting(both));
            assertThat(one.result().join().text()).isEqualTo(two.result().join().text());
            assertThat(both.getCount()).isZero();
        }
    }

    private static GenerationRequest request(LanguageModel model) {
        return GenerationRequest.of(model.encodePrompt("Once upon a time", false))
                .withSampling(SamplingOptions.GREEDY).withMaxTokens(TOKENS);
    }

    /** Waits for the other at its first words. */
    private record Meeting(CountDownLatch both) implements GenerationListener {
        @Override
        public void onText(String text) {
            both.countDown();
            try {
                if (!both.await(30, TimeUnit.SECONDS)) {
                    throw new IllegalStateException("the other model does not move");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void onComplete(GenerationResult result) {}

        @Override
        public void onError(RuntimeException failure) {}
    }
}
