package io.github.jnpu.server;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import io.github.jnpu.convert.RandomEncoder;
import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.tensor.TensorType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** LangChain4j's OpenAI client, which knows nothing of us, over a socket. */
class OpenAiClientTest {
    private static final String STORY = ", there was a little girl named Lily. She loved to play";
    private static final ToolSpecification WEATHER = ToolSpecification.builder().name("get_weather").parameters(
            JsonObjectSchema.builder().addStringProperty("city").build()).build();

    @TempDir
    static Path folder;
    static JnpuServer server;
    static String url;

    @BeforeAll
    static void start() throws IOException {
        TestStore store = new TestStore(folder.resolve("store"));
        store.install("stories", TestModels.stories260K(), Map.of());
        Path gguf = TestStore.randomModel(folder.resolve("tiny.gguf"));
        store.install("tiny-tools", TestStore.scriptedModel(gguf, folder.resolve("tools.gguf"), List.of("<tool_call>",
                "{\"name\": ", "\"get_weather\", ", "\"arguments\": ", "{\"city\": \"Ro", "me\"}}", "</tool_call>")),
                Map.of("template",
                        "{{ range .Messages }}{{ .Content }}{{ if .ToolCalls }}<tool_call>{{ range .ToolCalls }}{{ .Function.Name }}{{ end }}</tool_call>{{ end }}{{ end }}{{ .Tools }}<|go|>"));
        store.install("tiny-embed", RandomEncoder.bert(TensorType.F32).write(folder.resolve("bert.gguf")), Map.of());
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0")).withStore(store.store()));
        url = "http://127.0.0.1:" + server.port() + "/v1";
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static OpenAiChatModel model(String name) {
        return OpenAiChatModel.builder().baseUrl(url).apiKey("any").modelName(name).temperature(0.0)
                .maxCompletionTokens(16).maxRetries(0).build();
    }

    private static ChatResponse stream(String name, ChatRequest request, StringBuilder pieces) {
        CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
        OpenAiStreamingChatModel.builder().baseUrl(url).apiKey("any").modelName(name).temperature(0.0)
                .maxCompletionTokens(16).build().chat(request, new StreamingChatResponseHandler() {
                    @Override
                    public void onPartialResponse(String piece) {
                        pieces.append(piece);
                    }

                    @Override
                    public void onCompleteResponse(ChatResponse response) {
                        whole.complete(response);
                    }

                    @Override
                    public void onError(Throwable error) {
                        whole.completeExceptionally(error);
                    }
                });
        return whole.orTimeout(60, TimeUnit.SECONDS).join();
    }

    @Test
    void chats() {
        ChatResponse response = model("stories").chat(UserMessage.from("Once upon a time"));
        assertThat(response.aiMessage().text()).isEqualTo(STORY);
        assertThat(response.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(5);
        assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(16);
    }

    @Test
    void streams() {
        StringBuilder pieces = new StringBuilder();
        ChatResponse response = stream("stories", ChatRequest.builder().messages(UserMessage.from("Once upon a time"))
                .build(), pieces);
        assertThat(response.aiMessage().text()).isEqualTo(STORY);
        assertThat(pieces).hasToString(STORY);
        assertThat(response.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(16);
    }

    @Test
    void callsTools() {
        UserMessage question = UserMessage.from("How is it?");
        ChatRequest request = ChatRequest.builder().messages(question).toolSpecifications(WEATHER).build();
        for (ChatResponse response : List.of(model("tiny-tools").chat(request), stream("tiny-tools", request,
                new StringBuilder()))) {
            assertThat(response.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);
            assertThat(response.aiMessage().toolExecutionRequests()).singleElement().satisfies(call -> {
                assertThat(call.id()).startsWith("call_");
                assertThat(call.name()).isEqualTo("get_weather");
                assertThat(ApiClient.json(call.arguments()).path("city").asText()).isEqualTo("Rome");
            });
            // What came out goes in again, as it has to before the next answer.
            assertThat(model("tiny-tools").chat(ChatRequest.builder().messages(question, response.aiMessage(),
                    ToolExecutionResultMessage.from(response.aiMessage().toolExecutionRequests().getFirst(), "rain"))
                    .toolSpecifications(WEATHER).build()).aiMessage()).isNotNull();
        }
    }

    @Test
    void embeds() {
        assertThat(OpenAiEmbeddingModel.builder().baseUrl(url).apiKey("any").modelName("tiny-embed").maxRetries(0)
                .build().embed("hello").content().vector()).hasSize(RandomEncoder.WIDTH);
    }

    @Test
    void hearsOfMissingModels() {
        assertThatThrownBy(() -> model("nope").chat("hello")).isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("model 'nope' not found");
    }
}
