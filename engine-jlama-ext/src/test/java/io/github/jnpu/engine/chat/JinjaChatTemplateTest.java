package io.github.jnpu.engine.chat;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.MetadataArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class JinjaChatTemplateTest {
    private static final ChatPrompt QUESTION = ChatPrompt.of(List.of(ChatMessage.user("Why?")));
    private static final Map<String, Object> TOOL = Map.of("type", "function", "function", Map.of("name", "look"));

    private static Metadata metadata(Map<String, Object> values) {
        return () -> values;
    }

    private static Optional<ChatTemplate> of(Map<String, Object> values) {
        return JinjaChatTemplate.of(metadata(values), ChatTemplateRenderingTest.CLOCK);
    }

    private static ChatTemplate template(String name) throws IOException {
        return JinjaChatTemplate.parse(Files.readString(TestModels.require("chat-jinja/" + name + ".jinja")), "<s>",
                "</s>", ChatTemplateRenderingTest.CLOCK);
    }

    private static ChatTemplate source(String source) {
        return JinjaChatTemplate.parse(source, "<s>", "</s>", ChatTemplateRenderingTest.CLOCK);
    }

    @Test
    void aFileWithoutTemplateHasNone() {
        assertThat(of(Map.of())).isEmpty();
        assertThat(of(Map.of("tokenizer.chat_template", " \n"))).isEmpty();
    }

    @Test
    void specialTokensComeFromTheVocabulary() {
        Map<String, Object> values = Map.of("tokenizer.chat_template", "{{ bos_token }}|{{ eos_token }}",
                "tokenizer.ggml.tokens", new MetadataArray(List.of("<unk>", "<bos>", "<eos>"), false),
                "tokenizer.ggml.bos_token_id", 1L, "tokenizer.ggml.eos_token_id", 4294967295L);
        assertThat(of(values).orElseThrow().render(QUESTION)).isEqualTo("<bos>|");
    }

    @Test
    void theToolTemplateIsUsedForTools() {
        ChatTemplate template = of(Map.of("tokenizer.chat_template", "plain", "tokenizer.chat_template.tool_use",
                "tools: {{ tools[0].function.name }}")).orElseThrow();
        assertThat(template.render(QUESTION)).isEqualTo("plain");
        assertThat(template.render(new ChatPrompt(QUESTION.messages(), List.of(TOOL), true, Optional.empty())))
                .isEqualTo("tools: look");
        assertThat(template.source()).isEqualTo("plain");
        assertThat(template.supportsTools()).isTrue();
    }

    @Test
    void aMalformedTemplateNamesItsLine() {
        assertThatThrownBy(() -> of(Map.of("tokenizer.chat_template", "a\n{% if x %}\n"))).isInstanceOf(
                ChatTemplateException.class).hasMessageContaining("cannot be parsed").hasMessageContaining("line 2");
    }

    @Test
    void aFailingTemplateNamesItsLine() {
        ChatTemplate template = source("a\n{{ messages[0].role + 1 }}");
        assertThatThrownBy(() -> template.render(QUESTION)).isInstanceOf(ChatTemplateException.class).hasMessage(
                "the chat template failed: line 2: unsupported operand type(s) for +: 'str' and 'int'");
    }

    @Test
    void aSystemMessageOpensTheFirstUserMessageWhereTheTemplateHasNoSystemRole() throws IOException {
        String text = template("google-gemma-2-2b-it").render(
                ChatPrompt.of(List.of(ChatMessage.system("Be brief."), ChatMessage.user("Why?"))));
        assertThat(text).isEqualTo(
                "<s><start_of_turn>user\nBe brief.\n\nWhy?<end_of_turn>\n<start_of_turn>model\n");
    }

    @Test
    void aRefusalCarriesTheTemplatesWords() {
        ChatTemplate template = source("{{ raise_exception('no ' + messages[0].role + ' here') }}");
        assertThatThrownBy(() -> template.render(QUESTION)).isInstanceOf(ChatTemplateException.class).hasMessage(
                "the chat template refuses the conversation: no user here");
    }

    @ParameterizedTest
    @CsvSource({"call_8f3a2b19c4,call_8f3a2b19c4", ",", "call_8f3a2b19c4,", "abcdefghi,abcdefghi"})
    void mistralTakesAnyToolCallId(String callId, String answerId) throws IOException {
        ChatMessage call = new ChatMessage("assistant", "", Optional.empty(),
                List.of(new ChatMessage.ToolCall(Optional.ofNullable(callId), "look", Map.of("at", 1))),
                Optional.empty(), Optional.empty());
        ChatMessage answer = new ChatMessage("tool", "nothing", Optional.empty(), List.of(), Optional.of("look"),
                Optional.ofNullable(answerId));
        String text = template("mistralai-Mistral-Nemo-Instruct-2407").render(
                new ChatPrompt(List.of(ChatMessage.user("Look!"), call, answer), List.of(TOOL), true,
                        Optional.empty()));
        String id = "abcdefghi".equals(callId) ? callId : "call00000";
        assertThat(text).endsWith("[TOOL_CALLS][{\"name\": \"look\", \"arguments\": {\"at\": 1}, \"id\": \"" + id
                + "\"}]</s>[TOOL_RESULTS]{\"content\": nothing, \"call_id\": \"" + id + "\"}[/TOOL_RESULTS]");
    }

    @ParameterizedTest
    @CsvSource({"HuggingFaceTB-SmolLM3-3B,false,true", "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use,true,false",
            "Qwen-Qwen2.5-7B-Instruct,true,false", "Qwen-Qwen3-0.6B,true,true",
            "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B,true,true", "google-gemma-2-2b-it,false,false",
            "ibm-granite-granite-3.3-2B-Instruct,true,true", "meta-llama-Llama-3.1-8B-Instruct,true,false",
            "microsoft-Phi-3.5-mini-instruct,false,false", "mistralai-Mistral-Nemo-Instruct-2407,true,false",
            "openai-gpt-oss-120b,true,true"})
    void capabilitiesAreWhatTheTemplateMentions(String name, boolean tools, boolean thinking) throws IOException {
        ChatTemplate template = template(name);
        assertThat(template.supportsTools()).isEqualTo(tools);
        assertThat(template.supportsThinking()).isEqualTo(thinking);
    }

    @Test
    void aWishToThinkIsACapability() {
        assertThat(source("{% if enable_thinking %}x{% endif %}").supportsThinking()).isTrue();
    }

    @Test
    void commentsAreNoCapability() {
        assertThat(source("{# tools, <think> #}{{ messages[0].content }}").supportsTools()).isFalse();
        assertThat(source("{# tools, <think> #}{{ messages[0].content }}").supportsThinking()).isFalse();
    }

    @Test
    void theSameTemplateRendersInManyThreads() throws Exception {
        ChatTemplate template = template("openai-gpt-oss-120b");
        List<String> expected = IntStream.range(0, 200).mapToObj(i -> template.render(
                ChatPrompt.of(List.of(ChatMessage.user("question " + i))))).toList();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<String>> renders = IntStream.range(0, 200).<Callable<String>>mapToObj(
                    i -> () -> template.render(ChatPrompt.of(List.of(ChatMessage.user("question " + i))))).toList();
            List<String> actual = threads.invokeAll(renders).stream().map(Future::resultNow)
                    .toList();
            assertThat(actual).isEqualTo(expected);
        }
    }
}
