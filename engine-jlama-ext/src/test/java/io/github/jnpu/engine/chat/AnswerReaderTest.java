package io.github.jnpu.engine.chat;

import io.github.jnpu.engine.chat.AnswerEvent.CompleteToolCall;
import io.github.jnpu.engine.chat.AnswerEvent.PartialToolCall;
import io.github.jnpu.engine.chat.AnswerEvent.Text;
import io.github.jnpu.engine.chat.AnswerEvent.Thought;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

class AnswerReaderTest {
    private static final Map<String, Object> TOOL = Map.of("type", "function", "function", Map.of("name", "get_time",
            "parameters", Map.of()));
    private static final String HARMONY = "<|start|>{{ messages[0].content }}<|end|><|start|>assistant{{ '<|channel|>' if not messages }}{% if tools == 0 %}x{% endif %}";
    private static final String QWEN = "{{ messages[0].content }}{{ tools }}<tool_call> <think></think>";

    private static ChatTemplate template(String source) {
        return JinjaChatTemplate.parse(source, "<s>", "</s>", ChatTemplateRenderingTest.CLOCK);
    }

    /** {@code (thought)text<call>}, the same however the answer is cut. */
    private static String read(AnswerSyntax syntax, ChatPrompt prompt, String rendered, String answer) {
        String whole = null;
        for (int size = answer.length() + 1; size >= 1; size--) {
            AnswerReader reader = AnswerReader.of(syntax, prompt, rendered);
            List<AnswerEvent> events = new ArrayList<>();
            for (int from = 0; from < answer.length(); from += size) {
                events.addAll(reader.accept(answer.substring(from, Math.min(answer.length(), from + size))));
            }
            events.addAll(reader.finish());
            String found = summary(events);
            whole = whole == null ? found : whole;
            assertThat(found).as("in pieces of %d", size).isEqualTo(whole);
        }
        return whole;
    }

    private static String summary(List<AnswerEvent> events) {
        StringBuilder text = new StringBuilder();
        StringBuilder thoughts = new StringBuilder();
        StringBuilder calls = new StringBuilder();
        Set<String> ids = new HashSet<>();
        String partialId = "";
        for (AnswerEvent event : events) {
            switch (event) {
                case Text(String more) -> text.append(more);
                case Thought(String more) -> thoughts.append(more);
                case PartialToolCall partial -> partialId = partial.id();
                case CompleteToolCall(int index, ChatMessage.ToolCall call) -> {
                    assertThat(call.id().orElseThrow()).matches("call_[a-z0-9]{8}");
                    assertThat(ids.add(call.id().get())).isTrue();
                    assertThat(partialId).isIn("", call.id().get());
                    partialId = "";
                    calls.append("<").append(index).append(call.name()).append(call.arguments()).append(">");
                }
            }
        }
        return (thoughts.isEmpty() ? "" : "(" + thoughts + ")") + text + calls;
    }

    private static ChatPrompt prompt(Optional<Thinking> thinking, boolean tools) {
        return ChatPrompt.of(List.of(ChatMessage.user("u")), tools ? List.of(TOOL) : List.of(), thinking);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '^', value = {
            "^<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hi <b> there^ ~ ^(Hm.)Hi <b> there^",
            "^<|channel|>final<|message|>Hi^ ~ Hi", "^<|channel|>commentary<|message|>I look.<|end|>^ ~ ^I look.^",
            "^<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary to=functions.get_time <|constrain|>json<|message|>{\"zone\": \"UTC\"}^ ~ ^(Hm.)<0get_time{zone=UTC}>^",
            "^ to=functions.get_time<|channel|>commentary json<|message|>{}<|call|>^ ~ ^<0get_time{}>^",
            "^<|channel|>commentary to=functions.get_time<|message|>{}<|end|><|start|>assistant<|channel|>commentary to=functions.get_time<|message|>{\"a\": 1}<|end|>^ ~ ^<0get_time{}><1get_time{a=1}>^",
            "^<|channel|>commentary to=functions.unknown<|message|>{}^ ~ {}",
            "^<|channel|>commentary to=functions.get_time<|message|>{\"a\":^ ~ ^{\"a\":^",
            "^<|channel|>analysis<|message|>cut <|en^ ~ ^(cut <|en)^", "^no harmony^ ~ ^no harmony^",
            "^<|channel|>ana^ ~ ^^"})
    void harmony(String answer, String expected) {
        ChatTemplate template = template(HARMONY);
        assertThat(template.syntax().isHarmony()).isTrue();
        ChatPrompt prompt = prompt(Optional.empty(), true);
        assertThat(read(template.syntax(), prompt, template.renderForAnswer(prompt), answer)).isEqualTo(expected);
    }

    @Test
    void aHarmonyAnswerCanBeBegun() {
        ChatTemplate template = template(HARMONY);
        ChatPrompt prompt = ChatPrompt.of(List.of(ChatMessage.user("u"), ChatMessage.assistant("Well,")));
        String rendered = template.renderForAnswer(prompt);
        assertThat(rendered).endsWith("<|start|>assistant<|channel|>final<|message|>Well,");
        assertThat(read(template.syntax(), prompt, rendered, " yes<|return|>")).isEqualTo(" yes");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '^', nullValues = "-", value = {
            "^<think>\nhm\n</think>\n\n<tool_call>{\"name\": \"get_time\", \"arguments\": {}}</tool_call>^ ~ - ~ true ~ ^(hm\n)<0get_time{}>^",
            "^<think>hm</think>yes^ ~ ON ~ true ~ (hm)yes",
            "^<think>hm</think>yes^ ~ OFF ~ false ~ <think>hm</think>yes",
            "^<tool_call>{\"name\": \"get_time\", \"arguments\": {}}</tool_call>^ ~ OFF ~ false ~ ^<tool_call>{\"name\": \"get_time\", \"arguments\": {}}</tool_call>^"})
    void thoughtsThenCalls(String answer, Thinking thinking, boolean tools, String expected) {
        ChatTemplate template = template(QWEN);
        ChatPrompt prompt = prompt(Optional.ofNullable(thinking), tools);
        assertThat(read(template.syntax(), prompt, template.render(prompt), answer)).isEqualTo(expected);
    }

    @Test
    void tokensOfItsSignsAreSpelled() {
        assertThat(template(QWEN).syntax().specialTokens()).contains("<tool_call>", "</tool_call>", "<think>",
                "</think>");
        assertThat(template(HARMONY).syntax().specialTokens()).contains("<|channel|>", "<|message|>");
    }
}
