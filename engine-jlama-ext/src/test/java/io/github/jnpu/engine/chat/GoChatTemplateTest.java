package io.github.jnpu.engine.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.TestModels;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Whole templates with whole conversations, against what Go gave when its values were laid out as Ollama does. */
class GoChatTemplateTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> TEMPLATES = List.of("alpaca", "chatml", "gemma-instruct", "granite-instruct",
            "hermes-tools", "json-tools", "legacy", "legacy-loop", "legacy-plain", "llama3-instruct",
            "mistral-instruct",
            "phi-3", "zephyr");

    private static String text(String name) throws IOException {
        try (InputStream in = GoChatTemplateTest.class.getResourceAsStream("/chat/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static ChatTemplate template(String name) throws IOException {
        return source(text("gotemplate/templates/" + name + ".gotmpl"));
    }

    private static ChatTemplate source(String source) {
        return GoChatTemplate.parse(source, ChatTemplateRenderingTest.CLOCK);
    }

    @TestFactory
    Stream<DynamicTest> conversations() throws IOException {
        List<JsonNode> conversations = new ArrayList<>();
        JSON.readTree(text("conversations.json")).forEach(conversations::add);
        JSON.readTree(text("gotemplate/conversations.json")).forEach(conversations::add);
        List<DynamicTest> tests = new ArrayList<>();
        for (String name : TEMPLATES) {
            ChatTemplate template = template(name);
            JsonNode expected = JSON.readTree(text("gotemplate/expected/" + name + ".json"));
            for (JsonNode conversation : conversations) {
                JsonNode rendering = expected.get(conversation.get("name").asText());
                if (rendering != null) {
                    tests.add(DynamicTest.dynamicTest(name + ": " + conversation.get("name").asText(), () -> assertThat(
                            template.render(ChatTemplateRenderingTest.prompt(conversation))).isEqualTo(
                                    rendering
                                            .asText())));
                }
            }
        }
        assertThat(tests).hasSize(24 * TEMPLATES.size());
        return tests.stream();
    }

    /** Ollama's own expectations; its templates are not at hand, ours lay out the same. */
    @ParameterizedTest
    @ValueSource(strings = {"alpaca", "chatml", "gemma-instruct", "granite-instruct", "llama3-instruct",
            "mistral-instruct", "phi-3", "zephyr"})
    void knownFormats(String name) throws IOException {
        ChatMessage hello = ChatMessage.user("Hello, how are you?");
        ChatMessage answer = ChatMessage.assistant("I'm doing great. How can I help you today?");
        ChatMessage question = ChatMessage.user("I'd like to show off how chat templating works!");
        Path folder = TestModels.require("chat-gotmpl/" + name + ".gotmpl");
        Map<String, List<ChatMessage>> cases = Map.of("user", List.of(hello), "user-assistant-user", List.of(hello,
                answer, question), "system-user-assistant-user",
                List.of(ChatMessage.system(
                        "You are a helpful assistant."), hello, answer, question));
        for (Map.Entry<String, List<ChatMessage>> entry : cases.entrySet()) {
            assertThat(template(name).render(ChatPrompt.of(entry.getValue()))).as(entry.getKey()).isEqualTo(Files
                    .readString(folder.resolve(entry.getKey())));
        }
    }

    @ParameterizedTest
    @CsvSource({"hermes-tools,true,true,false", "json-tools,true,true,false", "chatml,false,false,false",
            "legacy,false,false,false"})
    void capabilities(String name, boolean tools, boolean thinking, boolean insert) throws IOException {
        ChatTemplate template = template(name);
        assertThat(template.supportsTools()).isEqualTo(tools);
        assertThat(template.supportsThinking()).isEqualTo(thinking);
        assertThat(template.supportsInsert()).isEqualTo(insert);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"                | false/``/false", "OFF  | false/``/true",
            "ON   | true/`medium`/true", "LOW  | true/`low`/true", "MAX  | true/`max`/true"})
    void thinkingReachesTheTemplate(Thinking thinking, String expected) {
        ChatTemplate template = source(
                "{{ range .Messages }}{{ end }}{{ .Think }}/`{{ .ThinkLevel }}`/{{ .IsThinkSet }}");
        assertThat(template.render(ChatPrompt.of(List.of(ChatMessage.user("u")), List.of(), Optional.ofNullable(
                thinking)))).isEqualTo(expected);
    }

    @Test
    void gptOssKnowsNothingAboveHigh() {
        ChatTemplate template = source(
                "<|start|>system {{ .ThinkLevel }}{{ range .Messages }}{{ .Content }}{{ end }}<|start|>assistant{{/* <|channel|> */}}");
        assertThat(template.render(ChatPrompt.of(List.of(ChatMessage.user("u")), List.of(), Optional.of(Thinking.MAX))))
                .isEqualTo("<|start|>system highu<|start|>assistant");
    }

    @Test
    void insertHasPrefixAndSuffix() {
        ChatTemplate template = source(
                "{{ if .Suffix }}<PRE>{{ .Prompt }}<SUF>{{ .Suffix }}<MID>{{ else }}{{ .Prompt }}{{ end }}");
        assertThat(template.supportsInsert()).isTrue();
        assertThat(template.renderInsert("def f(", "return 1", Optional.empty())).isEqualTo(
                "<PRE>def f(<SUF>return 1<MID>");
        assertThat(template.render(ChatPrompt.of(List.of(ChatMessage.user("u"))))).isEqualTo("u");
    }

    @Test
    void earlierThoughtsGo() {
        ChatTemplate template = source(
                "{{ range .Messages }}{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ end }}");
        List<ChatMessage> messages = template.syntax().withoutEarlierThoughts(List.of(ChatMessage.user("a"), ChatMessage
                .assistant("<think>hm</think>b"), ChatMessage.user("c"), ChatMessage.assistant("<think>x</think>d")));
        assertThat(messages).extracting(ChatMessage::content).containsExactly("a", "b", "c", "<think>x</think>d");
    }

    @Test
    void errorsNameTheLine() {
        assertThatThrownBy(() -> source("a\n{{ if }}")).isInstanceOf(ChatTemplateException.class).hasMessage(
                "the Go template cannot be parsed: line 2: missing value for if");
        assertThatThrownBy(() -> source("{{ range .Messages }}\n{{ .Nope }}{{ end }}").render(ChatPrompt.of(List.of(
                ChatMessage.user("u"))))).isInstanceOf(ChatTemplateException.class).hasMessage(
                        "the Go template failed: line 2: can't evaluate field Nope in type template.Message");
    }

    @Test
    void theMoreCapableTemplateIsChosen() throws IOException {
        Optional<ChatTemplate> plain = Optional.of(template("chatml"));
        Optional<ChatTemplate> tools = Optional.of(template("hermes-tools"));
        Optional<ChatTemplate> oneWay = Optional.of(source("{{ range .Messages }}{{ end }}{{ .Tools }}"));
        Optional<ChatTemplate> jinja = Optional.of(jinja(
                "{% for m in messages %}{{ m.tool_calls }}{% if message.role == 'tool' %}{% endif %}{% endfor %}{{ tools }}"));
        Optional<ChatTemplate> jinjaPlain = Optional.of(jinja("{{ messages }}"));
        Optional<Boolean> unset = Optional.empty();
        assertThat(ChatTemplate.choose(plain, jinjaPlain, unset)).isEqualTo(plain);
        assertThat(ChatTemplate.choose(plain, jinja, unset)).isEqualTo(jinja);
        assertThat(ChatTemplate.choose(tools, jinja, unset)).isEqualTo(tools);
        assertThat(ChatTemplate.choose(oneWay, jinja, unset)).isEqualTo(jinja);
        assertThat(ChatTemplate.choose(plain, jinja, Optional.of(true))).isEqualTo(plain);
        assertThat(ChatTemplate.choose(tools, jinjaPlain, Optional.of(false))).isEqualTo(jinjaPlain);
        assertThat(ChatTemplate.choose(Optional.empty(), jinja, unset)).isEqualTo(jinja);
        assertThat(ChatTemplate.choose(plain, Optional.empty(), Optional.of(false))).isEqualTo(plain);
    }

    private static ChatTemplate jinja(String source) {
        return JinjaChatTemplate.parse(source, "<s>", "</s>", ChatTemplateRenderingTest.CLOCK);
    }

    @Test
    void aBegunAnswerIsContinued() throws IOException {
        List<ChatMessage> begun = List.of(ChatMessage.user("u"), ChatMessage.assistant("Well,"));
        assertThat(jinja("{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}[assistant]")
                .renderForAnswer(ChatPrompt.of(begun))).isEqualTo("[user]u[assistant]Well,");
        assertThat(source("{{ range .Messages }}[{{ .Role }}]{{ .Content }}{{ end }}").renderForAnswer(ChatPrompt.of(
                begun))).isEqualTo("[user]u[assistant]Well,");
    }
}
