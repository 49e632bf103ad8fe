package io.github.jnpu.server;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageToolCall;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import com.openai.models.responses.FunctionTool;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseOutputItem;
import com.openai.models.responses.ResponseStreamEvent;
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
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** OpenAI's own client for Java, which knows nothing of us, over a socket. */
class OpenAiSdkTest {
    private static final String STORY = ", there was a little girl named Lily. She loved to play";
    private static final String TOOLS = "{{ range .Messages }}{{ .Content }}{{ if .ToolCalls }}<tool_call>{{ range .ToolCalls }}{{ .Function.Name }}{{ end }}</tool_call>{{ end }}{{ end }}{{ .Tools }}<|go|>";
    private static final String THINK = "{{ range .Messages }}{{ .Role }}:{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}\n{{ end }}<|go|>";
    private static final Map<String, Object> SCHEMA = Map.of("type", "object", "properties", Map.of("city", Map.of(
            "type", "string")));

    @TempDir
    static Path folder;
    static JnpuServer server;
    static OpenAIClient client;

    /** What an answer is held to. */
    public record Animal(Kind kind, boolean wild) {
        public enum Kind {
            CAT,
            DOG
        }
    }

    @BeforeAll
    static void start() throws IOException {
        TestStore store = new TestStore(folder.resolve("store"));
        store.install("stories", TestModels.stories260K(), Map.of());
        Path gguf = TestStore.randomModel(folder.resolve("tiny.gguf"));
        store.install("tiny", gguf, Map.of());
        store.install("tiny-tools", TestStore.scriptedModel(gguf, folder.resolve("tools.gguf"), List.of("Let", " me.",
                "<tool_call>", "{\"name\": ", "\"get_weather\", ", "\"arguments\": ", "{\"city\": \"Ro", "me\"}}",
                "</tool_call>")), Map.of("template", TOOLS));
        store.install("tiny-think", TestStore.scriptedModel(gguf, folder.resolve("think.gguf"), List.of("<think>",
                "\nHm,", " well.", "\n</thi", "nk>\n\n", "Yes", " indeed!")), Map.of("template", THINK));
        store.install("tiny-embed", RandomEncoder.bert(TensorType.F32).write(folder.resolve("bert.gguf")), Map.of());
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0")).withStore(store.store()));
        client = OpenAIOkHttpClient.builder().baseUrl("http://127.0.0.1:" + server.port() + "/v1").apiKey("any")
                .maxRetries(0).build();
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

    private static ChatCompletionCreateParams.Builder chat(String model, String text) {
        return ChatCompletionCreateParams.builder().model(model).temperature(0).maxCompletionTokens(16).addUserMessage(
                text);
    }

    private static List<ChatCompletion> bothWays(ChatCompletionCreateParams request) {
        ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
        try (StreamResponse<ChatCompletionChunk> chunks = client.chat().completions().createStreaming(request)) {
            chunks.stream().forEach(whole::accumulate);
        }
        return List.of(client.chat().completions().create(request), whole.chatCompletion());
    }

    private static ResponseCreateParams.Builder ask(String model, String text) {
        return ResponseCreateParams.builder().model(model).temperature(0).maxOutputTokens(16).input(text);
    }

    private static List<Response> bothWays(ResponseCreateParams request) {
        ResponseAccumulator whole = ResponseAccumulator.create();
        try (StreamResponse<ResponseStreamEvent> events = client.responses().createStreaming(request)) {
            events.stream().forEach(whole::accumulate);
        }
        return List.of(client.responses().create(request), whole.response());
    }

    private static String text(Response response) {
        return response.output().stream().filter(ResponseOutputItem::isMessage).flatMap(item -> item.asMessage()
                .content().stream()).map(part -> part.asOutputText().text()).collect(Collectors.joining());
    }

    @Test
    void chats() {
        for (ChatCompletion answer : bothWays(chat("stories", "Once upon a time").logprobs(true).topLogprobs(2)
                .build())) {
            ChatCompletion.Choice choice = answer.choices().getFirst();
            assertThat(choice.message().content()).contains(STORY);
            assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.LENGTH);
            var logprobs = choice.logprobs().orElseThrow().content().orElseThrow();
            assertThat(logprobs).hasSize(16).allSatisfy(one -> {
                assertThat(one.logprob()).isNotPositive();
                assertThat(one.topLogprobs()).hasSize(2);
                assertThat(one.topLogprobs().getFirst().token()).isEqualTo(one.token());
            });
            assertThat(logprobs.stream().map(one -> one.token()).collect(Collectors.joining())).isEqualTo(STORY);
        }
        assertThat(client.chat().completions().create(chat("stories", "Once upon a time").build()).usage().orElseThrow()
                .completionTokens()).isEqualTo(16);
    }

    @Test
    void chatsWithTools() {
        ChatCompletionCreateParams request = chat("tiny-tools", "How is it?").addFunctionTool(FunctionDefinition
                .builder().name("get_weather").parameters(FunctionParameters.builder().putAdditionalProperty("type",
                        JsonValue.from("object")).putAdditionalProperty("properties",
                                JsonValue.from(SCHEMA.get(
                                        "properties")))
                        .build())
                .build()).build();
        for (ChatCompletion answer : bothWays(request)) {
            ChatCompletion.Choice choice = answer.choices().getFirst();
            assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
            ChatCompletionMessageToolCall call = choice.message().toolCalls().orElseThrow().getFirst();
            assertThat(call.asFunction().function().name()).isEqualTo("get_weather");
            assertThat(ApiClient.json(call.asFunction().function().arguments()).path("city").asText()).isEqualTo(
                    "Rome");
            ChatCompletionCreateParams again = request.toBuilder().addMessage(choice.message()).addMessage(
                    ChatCompletionToolMessageParam.builder().toolCallId(call.asFunction().id()).content("rain").build())
                    .build();
            assertThat(client.chat().completions().create(again).choices()).hasSize(1);
        }
    }

    /** The client makes the schema, and reads the answer with it. */
    @Test
    void answersHaveStructure() {
        Animal animal = client.chat().completions().create(chat("tiny", "Which?").maxCompletionTokens(200)
                .responseFormat(Animal.class).build()).choices().getFirst().message().content().orElseThrow();
        assertThat(animal.kind()).isNotNull();
        Animal other = client.responses().create(ask("tiny", "Which?").maxOutputTokens(200).text(Animal.class).build())
                .output().getFirst().asMessage().content().getFirst().asOutputText();
        assertThat(other.kind()).isNotNull();
    }

    @Test
    void responds() {
        for (Response response : bothWays(ask("stories", "Once upon a time").build())) {
            assertThat(text(response)).isEqualTo(STORY);
            assertThat(response.usage().orElseThrow().inputTokens()).isEqualTo(5);
            assertThat(response.usage().orElseThrow().outputTokens()).isEqualTo(16);
        }
        for (Response response : bothWays(ask("tiny-think", "a").build())) {
            assertThat(response.output().getFirst().asReasoning().summary().getFirst().text()).isEqualTo("Hm, well.\n");
            assertThat(text(response)).isEqualTo("Yes indeed!");
        }
    }

    @Test
    void respondsWithTools() {
        ResponseCreateParams request = ask("tiny-tools", "How is it?").addTool(FunctionTool.builder().name(
                "get_weather").strict(false).parameters(FunctionTool.Parameters.builder()
                        .putAdditionalProperty("type",
                                JsonValue.from("object"))
                        .putAdditionalProperty("properties", JsonValue.from(SCHEMA.get(
                                "properties")))
                        .build())
                .build()).build();
        for (Response response : bothWays(request)) {
            var call = response.output().getLast().asFunctionCall();
            assertThat(call.name()).isEqualTo("get_weather");
            assertThat(ApiClient.json(call.arguments()).path("city").asText()).isEqualTo("Rome");
            Response next = client.responses().create(request.toBuilder().inputOfResponse(List.of(ResponseInputItem
                    .ofFunctionCall(call),
                    ResponseInputItem.ofFunctionCallOutput(
                            ResponseInputItem.FunctionCallOutput.builder().callId(call.callId()).output("rain")
                                    .build())))
                    .build());
            assertThat(next.output()).isNotEmpty();
        }
    }

    @Test
    void embedsAndLists() {
        assertThat(client.embeddings().create(EmbeddingCreateParams.builder().model("tiny-embed")
                .inputOfArrayOfStrings(List.of("hello", "you")).build()).data()).hasSize(2).allSatisfy(
                        one -> assertThat(one.embedding()).hasSize(RandomEncoder.WIDTH));
        assertThat(client.models().list().data()).extracting(Model::id).contains("stories:latest", "tiny:latest");
        assertThat(client.models().retrieve("tiny").ownedBy()).isEqualTo("library");
    }

    @Test
    void errors() {
        assertThatThrownBy(() -> client.chat().completions().create(chat("nope", "a").build())).isInstanceOf(
                NotFoundException.class).hasMessageContaining("model 'nope' not found");
        assertThatThrownBy(() -> client.responses().create(ask("tiny", "a").previousResponseId("resp_1").build()))
                .isInstanceOf(BadRequestException.class).hasMessageContaining("the whole conversation");
    }
}
