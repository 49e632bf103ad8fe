package io.github.jnpu.engine;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.engine.sampling.SamplingOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

/** Probabilities of the trained 260K-parameter llama, against the logits that the scalar reference gives. */
class LogprobsTest {
    private static LanguageModel model;

    /** Tokens as they came, and the text before each delivery. */
    private static final class Recorder implements GenerationListener {
        final List<SampledToken> tokens = new ArrayList<>();
        final StringBuilder text = new StringBuilder();
        final List<String> order = new ArrayList<>();

        @Override
        public void onTokens(List<SampledToken> more) {
            assertThat(more).isNotEmpty();
            tokens.addAll(more);
            order.add(more.size() + " tokens");
        }

        @Override
        public void onText(String more) {
            text.append(more);
            order.add(more);
        }

        @Override
        public void onComplete(GenerationResult result) {}

        @Override
        public void onError(RuntimeException failure) {}
    }

    @BeforeAll
    static void load() {
        model = LanguageModel.load(GgufFile.open(TestModels.stories260K()), ModelOptions.DEFAULT);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static Recorder run(GenerationRequest request) {
        Recorder recorder = new Recorder();
        model.generate(request, recorder).result().join();
        return recorder;
    }

    private static GenerationRequest request(SamplingOptions sampling, int maxTokens) {
        return GenerationRequest.of(model.encodePrompt("Once upon a time", false)).withSampling(sampling).withMaxTokens(
                maxTokens).withLogprobs(OptionalInt.of(5));
    }

    private static double[] logSoftmax(float[] logits) {
        double max = IntStream.range(0, logits.length).mapToDouble(i -> logits[i]).max().orElseThrow();
        double sum = IntStream.range(0, logits.length).mapToDouble(i -> Math.exp(logits[i] - max)).sum();
        return IntStream.range(0, logits.length).mapToDouble(i -> logits[i] - max - Math.log(sum)).toArray();
    }

    /** Temperature, cuts and penalties decide what is drawn, not how likely the model held it. */
    @Test
    void theyAreTheLogSoftmaxOfTheReferencesLogits() {
        SamplingOptions hot = SamplingOptions.DEFAULT.withTemperature(1.7f).withRepeatPenalty(1.5f).withSeed(11);
        List<SampledToken> tokens = run(request(hot, 30)).tokens;
        assertThat(tokens).hasSize(30);
        try (LanguageModel scalar = LanguageModel.load(GgufFile.open(TestModels.stories260K()),
                ModelOptions.DEFAULT.withBackend("reference"))) {
            int[] prompt = model.encodePrompt("Once upon a time", false);
            scalar.compute(100, sequence -> {
                float[] logits = new float[scalar.config().vocabularySize()];
                sequence.forward(prompt, 0, prompt.length, logits);
                for (SampledToken token : tokens) {
                    double[] expected = logSoftmax(logits);
                    assertThat(token.token().logprob()).isCloseTo(expected[token.token().id()], within(2e-2));
                    assertThat(token.likeliest()).hasSize(5).allSatisfy(one -> assertThat(one.logprob()).isCloseTo(
                            expected[one.id()], within(2e-2)));
                    sequence.forward(new int[]{token.token().id()}, 0, 1, logits);
                }
                return null;
            });
        }
    }

    @Test
    void theyAreLogarithmsOfProbabilities() {
        for (SampledToken token : run(request(SamplingOptions.DEFAULT.withSeed(3), 20)).tokens) {
            assertThat(token.token().logprob()).isNotPositive();
            assertThat(token.likeliest()).isSortedAccordingTo(Comparator.comparingDouble(TokenProbability::logprob)
                    .reversed());
            assertThat(token.likeliest().stream().mapToDouble(one -> Math.exp(one.logprob())).sum()).isBetween(0.1,
                    1.0 + 1e-9);
            assertThat(token.likeliest()).filteredOn(one -> one.id() == token.token().id()).allSatisfy(
                    one -> assertThat(one).isEqualTo(token.token()));
        }
    }

    @Test
    void greedyTakesTheFirst() {
        Recorder recorder = run(request(SamplingOptions.GREEDY, 20));
        assertThat(recorder.tokens).hasSize(20).allSatisfy(token -> assertThat(token.likeliest().getFirst()).isEqualTo(
                token.token()));
        assertThat(recorder.tokens.stream().map(token -> token.token().text()).collect(Collectors.joining()))
                .isEqualTo(recorder.text.toString());
    }

    @Test
    void tokensComeBeforeTheirText() {
        Recorder recorder = run(request(SamplingOptions.GREEDY, 3));
        assertThat(recorder.order).hasSize(6);
        assertThat(recorder.order.get(0)).isEqualTo("1 tokens");
        assertThat(recorder.order.get(1)).isEqualTo(recorder.tokens.getFirst().token().text());
        assertThat(recorder.order.get(2)).isEqualTo("1 tokens");
    }

    /** The whole stop string spans several tokens, of which no text comes. */
    @Test
    void tokensOfAStopStringDoNotCome() {
        Recorder free = run(request(SamplingOptions.GREEDY, 10));
        String stop = free.tokens.subList(4, 7).stream().map(token -> token.token().text())
                .collect(Collectors.joining());
        Recorder stopped = run(request(SamplingOptions.GREEDY, 10).withStop(List.of(stop)));
        assertThat(stopped.tokens).hasSize(4);
        assertThat(free.text.toString()).startsWith(stopped.text + stop);
        // What only looked like one comes in the end.
        Recorder whole = run(request(SamplingOptions.GREEDY, 7).withStop(List.of(stop + "!!")));
        assertThat(whole.tokens).hasSize(7);
        assertThat(whole.text).endsWith(stop);
    }

    @Test
    void nobodyHearsOfThemUnasked() {
        assertThat(run(request(SamplingOptions.GREEDY, 3).withLogprobs(OptionalInt.empty())).tokens).isEmpty();
        assertThat(run(request(SamplingOptions.GREEDY, 3).withLogprobs(OptionalInt.of(0))).tokens).hasSize(3)
                .allSatisfy(token -> assertThat(token.likeliest()).isEmpty());
        assertThatThrownBy(() -> request(SamplingOptions.GREEDY, 3).withLogprobs(OptionalInt.of(-1)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("is -1");
    }
}
