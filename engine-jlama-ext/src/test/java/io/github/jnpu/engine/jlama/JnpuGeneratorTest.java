package io.github.jnpu.engine.jlama;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.tjake.jlama.model.functions.Generator;
import com.github.tjake.jlama.model.functions.Generator.FinishReason;
import com.github.tjake.jlama.model.functions.Generator.Response;
import com.github.tjake.jlama.safetensors.prompt.PromptContext;
import io.github.jnpu.convert.TestModels;
import io.github.jnpu.engine.PromptTooLongException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class JnpuGeneratorTest {
    private static final PromptContext PROMPT = PromptContext.of("Once upon a time");

    private static JnpuGenerator generator;
    private static JsonNode golden;

    @BeforeAll
    static void load() throws IOException {
        generator = JnpuGenerator.load(TestModels.stories260K());
        golden = new ObjectMapper().readTree(TestModels.require("stories260K-gguf/golden.json").toFile())
                .get("tinyllm.gguf");
    }

    @AfterAll
    static void close() {
        if (generator != null) {
            generator.close();
        }
    }

    private static int[] goldenAnswer(int count) {
        int promptLength = golden.get("prompt_ids").size();
        int[] ids = new int[count];
        for (int i = 0; i < count; i++) {
            ids[i] = golden.get("greedy_ids").get(promptLength + i).asInt();
        }
        return ids;
    }

    private static String goldenText(int tokens) {
        return generator.model().tokenizer().decode(goldenAnswer(tokens));
    }

    @Test
    void greedyTextIsTheGoldenOne() {
        List<String> pieces = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        Response response = generator.generate(UUID.randomUUID(), PROMPT, 0, 60, (text, time) -> {
            pieces.add(text);
            threads.add(Thread.currentThread());
            assertThat(time).isNotNegative();
        });
        assertThat(response.responseText).isEqualTo(goldenText(60)).isEqualTo(String.join("", pieces));
        assertThat(response.responseTextWithSpecialTokens).isEqualTo(response.responseText);
        assertThat(response.finishReason).isEqualTo(FinishReason.MAX_TOKENS);
        assertThat(response.promptTokens).isEqualTo(5);
        assertThat(response.generatedTokens).isEqualTo(60);
        assertThat(threads).containsOnly(Thread.currentThread());
    }

    @Test
    void aSessionContinuesWhereItStopped() {
        UUID session = UUID.randomUUID();
        int cut = wholeWordAfter(10);
        String word = generator.model().tokenizer().decode(goldenAnswer(cut + 1)[cut]).strip();
        String first = generator.generate(session, PROMPT, 0, cut).responseText;
        // Another session in between must not show.
        generator.generate(UUID.randomUUID(), PromptContext.of("The dog"), 0, 5);
        // The next word of the model's own answer as the next turn: the text goes on as if uncut.
        Response second = generator.generate(session, PromptContext.of(word), 0, 20);
        assertThat(first).isEqualTo(goldenText(cut));
        assertThat(goldenText(cut + 1) + second.responseText).isEqualTo(goldenText(cut + 21));
        assertThat(second.promptTokens).isEqualTo(5 + cut + 1);

        generator.forget(session);
        assertThat(generator.generate(session, PROMPT, 0, 20).responseText).isEqualTo(goldenText(20));
    }

    /** An index into the golden answer whose token is a word of its own. */
    private static int wholeWordAfter(int from) {
        int[] answer = goldenAnswer(60);
        for (int i = from; i < answer.length; i++) {
            int[] alone = generator.model().tokenizer().encode(generator.model().tokenizer().decode(answer[i]).strip(),
                    false);
            if (alone.length == 1 && alone[0] == answer[i]) {
                return i;
            }
        }
        throw new AssertionError("the golden answer has no whole word");
    }

    @Test
    void jlamasOwnBuilderWorks() {
        Response response = generator.generateBuilder().session(UUID.randomUUID()).promptContext(PROMPT).ntokens(10)
                .temperature(0).generate();
        assertThat(response.responseText).isEqualTo(goldenText(10));
    }

    @Test
    void anExceptionOfTheCallbackEndsTheGenerationAndTheModelLivesOn() {
        assertThatThrownBy(() -> generator.generate(UUID.randomUUID(), PROMPT, 0, 400, (text, time) -> {
            throw new IllegalStateException("enough");
        })).isInstanceOf(IllegalStateException.class).hasMessage("enough");
        assertThat(generator.generate(UUID.randomUUID(), PROMPT, 0, 10).responseText).isEqualTo(goldenText(10));
    }

    @Test
    void anInterruptEndsIt() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> generator.generate(UUID.randomUUID(), PROMPT, 0, 400)).hasMessageContaining(
                "interrupted");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aPromptLongerThanTheContextIsRefused() {
        PromptContext prompt = PromptContext.of("a dog ".repeat(1000));
        assertThatThrownBy(() -> generator.generate(UUID.randomUUID(), prompt, 0, 5))
                .isInstanceOf(PromptTooLongException.class);
    }

    @Test
    void describesItselfToJlamasCallers() {
        assertThat(generator.getConfig().vocabularySize).isEqualTo(512);
        assertThat(generator.getConfig().contextLength).isEqualTo(generator.model().contextLength());
        assertThat(generator.getTokenizer().decode(generator.getTokenizer().encode("a little girl")))
                .isEqualToIgnoringWhitespace("a little girl");
        assertThat(generator.promptSupport()).isEmpty();
        assertThatThrownBy(() -> generator.embed("text", Generator.PoolingType.AVG))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void sessionsAreBounded() {
        SessionHistories histories = new SessionHistories();
        for (int i = 0; i < SessionHistories.MAX_SESSIONS + 10; i++) {
            histories.of(UUID.randomUUID());
        }
        assertThat(histories.size()).isEqualTo(SessionHistories.MAX_SESSIONS);
    }
}
