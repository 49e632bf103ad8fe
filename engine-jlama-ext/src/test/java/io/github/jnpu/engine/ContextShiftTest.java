package io.github.jnpu.engine;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.engine.sampling.SamplingOptions;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What a generation says behind the end of its context, against a model that has room for it. */
class ContextShiftTest {
    private static final int CONTEXT = 12;

    private static LanguageModel load(int contextLength) {
        return LanguageModel.load(GgufFile.open(TestModels.stories260K()), ModelOptions.DEFAULT.withContextLength(
                contextLength));
    }

    private static GenerationRequest greedy(List<Integer> prompt, int maxTokens) {
        return GenerationRequest.of(prompt.stream().mapToInt(Integer::intValue).toArray()).withSampling(
                SamplingOptions.GREEDY).withMaxTokens(maxTokens);
    }

    /** Each time the context is full, the model is asked anew with what stays of it. */
    private static List<Integer> expected(LanguageModel roomy, List<Integer> prompt, int keep, int count) {
        List<Integer> said = new ArrayList<>();
        List<Integer> context = prompt;
        while (said.size() < count) {
            List<Integer> full = new ArrayList<>(context);
            List<Integer> more = roomy.generate(greedy(context, CONTEXT - context.size() + 1)).tokens();
            said.addAll(more);
            full.addAll(more);
            context = new ArrayList<>(full.subList(0, keep));
            context.addAll(full.subList(keep + (CONTEXT - keep) / 2, full.size()));
        }
        return said.subList(0, count);
    }

    @Test
    void goesOnWithTheBeginningAndTheNewestTokens() {
        try (LanguageModel small = load(CONTEXT); LanguageModel roomy = load(64)) {
            List<Integer> prompt = new ArrayList<>();
            for (int token : small.encodePrompt("Once upon a time", false)) {
                prompt.add(token);
            }
            for (int keep : new int[]{0, 1, 5}) {
                GenerationResult result = small.generate(greedy(prompt, 40).withShiftKeep(OptionalInt.of(keep)));
                assertThat(result.tokens()).as("keep " + keep).isEqualTo(expected(roomy, prompt, keep, 40));
                assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
            }
            // What is in the cache now is not what a new prompt begins with.
            assertThat(small.generate(greedy(prompt, 3)).tokens()).isEqualTo(roomy.generate(greedy(prompt, 3))
                    .tokens());
            // All but two tokens stay, and it still goes on; without a limit to ten times the context.
            assertThat(small.generate(greedy(prompt, 20).withShiftKeep(OptionalInt.of(100))).tokens()).hasSize(20);
            assertThat(small.generate(greedy(prompt, -1).withShiftKeep(OptionalInt.of(1))).tokens()).hasSizeBetween(
                    CONTEXT, 10 * CONTEXT);
            assertThatThrownBy(() -> greedy(prompt, 1).withShiftKeep(OptionalInt.of(-1))).isInstanceOf(
                    IllegalArgumentException.class).hasMessageContaining("is -1");
        }
    }
}
