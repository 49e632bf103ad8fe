package io.github.jnpu.server;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.JsonValue;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.ContentBlock;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.messages.ToolChoiceAny;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.anthropic.models.messages.ToolUseBlock;
import io.github.jnpu.convert.TestModels;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Anthropic's own client for Java, which knows nothing of us, over a socket. */
class AnthropicSdkTest {
    private static final String STORY = ", there was a little girl named Lily. She loved to play";
    private static final String TOOLS = "{{ range .Messages }}{{ .Content }}{{ if .ToolCalls }}<tool_call>{{ range .ToolCalls }}{{ .Function.Name }}{{ end }}</tool_call>{{ end }}{{ end }}{{ .Tools }}<|go|>";
    private static final String THINK = "{{ range .Messages }}{{ .Role }}:{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}\n{{ end }}<|go|>";
    private static final Tool WEATHER = Tool.builder().name("get_weather").description("The weather").inputSchema(
            Tool.InputSchema.builder().properties(Tool.InputSchema.Properties.builder().putAdditionalProperty("city",
                    JsonValue.from(Map.of("type", "string"))).build()).required(List.of("city")).build())
            .build();

    @TempDir
    static Path folder;
    static JnpuServer server;
    static AnthropicClient client;

    @BeforeAll
    static void start() throws IOException {
        TestStore store = new TestStore(folder.resolve("store"));
        store.install("stories", TestModels.stories260K(), Map.of());
        Path gguf = TestStore.randomModel(folder.resolve("tiny.gguf"));
        store.install("tiny-tools", TestStore.scriptedModel(gguf, folder.resolve("tools.gguf"), List.of("Let", " me.",
                "<tool_call>", "{\"name\": ", "\"get_weather\", ", "\"arguments\": ", "{\"city\": \"Ro", "me\"}}",
                "</tool_call>")), Map.of("template", TOOLS));
        store.install("tiny-think", TestStore.scriptedModel(gguf, folder.resolve("think.gguf"), List.of("<think>",
                "\nHm,", " well.", "\n</thi", "nk>\n\n", "Yes", " indeed!")), Map.of("template", THINK));
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0")).withStore(store.store()));
        client = AnthropicOkHttpClient.builder().baseUrl("http://127.0.0.1:" + server.port()).apiKey("any").maxRetries(
                0).build();
    }

    @AfterAll
    static void stop() {
        if (client != null) {
            client.close();
        }
        if (server != null) {
            server.close();
        }
    }

    private static MessageCreateParams.Builder request(String model, String text) {
        return MessageCreateParams.builder().model(model).maxTokens(16).addUserMessage(text).putAdditionalBodyProperty(
                "temperature", JsonValue.from(0));
    }

    private static Message stream(MessageCreateParams request) {
        MessageAccumulator whole = MessageAccumulator.create();
        try (StreamResponse<RawMessageStreamEvent> events = client.messages().createStreaming(request)) {
            events.stream().forEach(whole::accumulate);
        }
        return whole.message();
    }

    private static List<Message> bothWays(MessageCreateParams request) {
        return List.of(client.messages().create(request), stream(request));
    }

    @Test
    void messages() {
        for (Message message : bothWays(request("stories", "Once upon a time").build())) {
            assertThat(message.content().getFirst().asText().text()).isEqualTo(STORY);
            assertThat(message.stopReason()).contains(StopReason.MAX_TOKENS);
            assertThat(message.usage().inputTokens()).isEqualTo(5);
            assertThat(message.usage().outputTokens()).isEqualTo(16);
        }
        for (Message message : bothWays(request("stories", "Once upon a time").addStopSequence(" named").build())) {
            assertThat(message.content().getFirst().asText().text()).isEqualTo(", there was a little girl");
            assertThat(message.stopReason()).contains(StopReason.STOP_SEQUENCE);
            assertThat(message.stopSequence()).contains(" named");
        }
    }

    @Test
    void tools() {
        MessageCreateParams request = request("tiny-tools", "How is it?").addTool(WEATHER).build();
        for (Message message : bothWays(request)) {
            assertThat(message.stopReason()).contains(StopReason.TOOL_USE);
            assertThat(message.content()).hasSize(2);
            assertThat(message.content().getFirst().asText().text()).isEqualTo("Let me.");
            ToolUseBlock call = message.content().getLast().asToolUse();
            assertThat(call.name()).isEqualTo("get_weather");
            assertThat(call._input()).isEqualTo(JsonValue.from(Map.of("city", "Rome")));
            // What came out goes in again, as it has to before the next answer.
            Message next = client.messages().create(request.toBuilder().addMessage(message)
                    .addUserMessageOfContentBlockParams(List.of(ContentBlockParam.ofToolResult(ToolResultBlockParam
                            .builder().toolUseId(call.id()).content("rain").build())))
                    .build());
            assertThat(next.usage().inputTokens()).isGreaterThan(message.usage().inputTokens());
        }
        // One whose model says something else entirely.
        for (Message message : bothWays(request("tiny-tools", "x").maxTokens(200).addTool(WEATHER).toolChoice(
                ToolChoiceAny.builder().build()).build())) {
            assertThat(message.content()).singleElement().satisfies(block -> assertThat(block.asToolUse().name())
                    .isEqualTo("get_weather"));
        }
    }

    @Test
    void thoughts() {
        for (Message message : bothWays(request("tiny-think", "a").build())) {
            assertThat(message.content()).extracting(ContentBlock::isThinking).containsExactly(true, false);
            assertThat(message.content().getFirst().asThinking().thinking()).isEqualTo("Hm, well.\n");
            assertThat(message.content().getLast().asText().text()).isEqualTo("Yes indeed!");
        }
    }

    @Test
    void counts() {
        assertThat(client.messages().countTokens(MessageCountTokensParams.builder().model("stories").addUserMessage(
                "Once upon a time").build()).inputTokens()).isEqualTo(5);
    }

    @Test
    void errors() {
        assertThatThrownBy(() -> client.messages().create(request("nope", "a").build())).isInstanceOf(
                NotFoundException.class).hasMessageContaining("model 'nope' not found");
        assertThatThrownBy(() -> client.messages().create(request("stories", "a").addTool(WEATHER).build()))
                .isInstanceOf(BadRequestException.class).hasMessageContaining("does not support tools");
    }
}
