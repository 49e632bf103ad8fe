package io.github.jnpu.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.client.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

import static io.github.jnpu.server.ApiClient.await;
import static org.assertj.core.api.Assertions.assertThat;

/** The cases 1 to 3, 53 to 57, 61, 62, 64, 66 and 67 of the conformance list, by their numbers. */
class ConformanceOtherApisTest {
    private static final String USER = "'messages':[{'role':'user','content':'abc'}]";

    @TempDir
    static Path folder;
    static ConformanceServer server;

    @BeforeAll
    static void start() throws IOException {
        server = new ConformanceServer(folder, Map.of("OLLAMA_CONTEXT_LENGTH", "1024", "OLLAMA_NUM_PARALLEL", "2"))
                .withModels();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static List<JsonNode> events(String path, String body) {
        HttpResponse<Buffer> response = server.post(path, body.replace('\'', '"'));
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(200);
        assertThat(response.getHeader("Content-Type")).startsWith("text/event-stream");
        List<JsonNode> events = new ArrayList<>();
        response.bodyAsString().lines().filter(line -> line.startsWith("data: ") && !line.equals("data: [DONE]"))
                .forEach(line -> events.add(ApiClient.json(line.substring("data: ".length()))));
        return events;
    }

    @Test
    @DisplayName("Cases 1 to 3: root, version, an empty store")
    void basics() throws IOException {
        assertThat(server.get("/").bodyAsString()).isEqualTo("Ollama is running");
        assertThat(await(server.request(HttpMethod.HEAD, "/").send()).statusCode()).isEqualTo(200);
        assertThat(server.get("/api/version").getHeader("Content-Type")).isEqualTo("application/json; charset=utf-8");
        assertThat(await(server.request(HttpMethod.HEAD, "/api/version").send()).statusCode()).isEqualTo(200);
        try (ConformanceServer empty = new ConformanceServer(folder.resolve("empty"), Map.of())) {
            assertThat(empty.get("/api/tags").bodyAsString()).isEqualTo("{\"models\":[]}");
            assertThat(empty.get("/api/ps").bodyAsString()).isEqualTo("{\"models\":[]}");
        }
    }

    @Test
    @DisplayName("Cases 53 and 54: OpenAI's chats")
    void openAiChats() {
        JsonNode answer = server.ok("/v1/chat/completions", "{'model':'tiny','max_tokens':4," + USER + "}");
        assertThat(answer.path("object").asText()).isEqualTo("chat.completion");
        assertThat(answer.path("system_fingerprint").asText()).isEqualTo("fp_ollama");
        JsonNode usage = answer.path("usage");
        assertThat(usage.path("total_tokens").asInt()).isEqualTo(usage.path("prompt_tokens").asInt() + usage.path(
                "completion_tokens").asInt());
        assertThat(answer.path("choices").get(0).path("finish_reason").asText()).isIn("stop", "length");
        server.refuses("/v1/chat/completions", "{'model':'tiny','messages':[]}", 400,
                "[] is too short - 'messages'");
        server.refuses("/v1/chat/completions", "{'model':'nope'," + USER + "}", 404, "model 'nope' not found");

        String body = "{'model':'tiny','stream':true,'stream_options':{'include_usage':true},'max_tokens':4," + USER
                + "}";
        List<JsonNode> chunks = events("/v1/chat/completions", body);
        assertThat(chunks.getFirst().path("choices").get(0).path("delta").path("role").asText()).isEqualTo(
                "assistant");
        JsonNode finish = chunks.get(chunks.size() - 2).path("choices").get(0);
        assertThat(finish.path("delta")).isEmpty();
        assertThat(finish.path("finish_reason").asText()).isIn("stop", "length");
        assertThat(chunks.getLast().path("choices")).isEmpty();
        assertThat(chunks.getLast().path("usage").path("total_tokens").asInt()).isPositive();
        assertThat(chunks).extracting(chunk -> chunk.path("id").asText()).containsOnly(chunks.getFirst().path("id")
                .asText());
        assertThat(server.post("/v1/chat/completions", body.replace('\'', '"')).bodyAsString()).endsWith(
                "data: [DONE]\n\n");
    }

    @Test
    @DisplayName("Case 55: OpenAI's completions, embeddings and models")
    void openAiOthers() {
        assertThat(server.ok("/v1/completions", "{'model':'tiny','prompt':'abc','max_tokens':3}").path("object")
                .asText()).isEqualTo("text_completion");
        JsonNode floats = server.ok("/v1/embeddings", "{'model':'tiny-embed','input':'hello'}").path("data").get(0)
                .path("embedding");
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(server.ok("/v1/embeddings",
                "{'model':'tiny-embed','input':'hello','encoding_format':'base64'}").path("data").get(0).path(
                        "embedding")
                .asText())).order(ByteOrder.LITTLE_ENDIAN);
        for (JsonNode value : floats) {
            assertThat(bytes.getFloat()).isEqualTo(value.floatValue());
        }
        assertThat(ApiClient.json(server.get("/v1/models")).path("data").findValuesAsText("id")).contains(
                "tiny:latest");
        assertThat(ApiClient.json(server.get("/v1/models/tiny")).path("id").asText()).isEqualTo("tiny");
        server.refuses("/v1/embeddings", "{'model':'tiny-embed','input':'a','encoding_format':'x'}", 400,
                "Invalid value for 'encoding_format' = x. Supported values: ['float', 'base64'].");
    }

    @Test
    @DisplayName("Case 56: OpenAI's responses")
    void responses() {
        JsonNode answer = server.ok("/v1/responses", "{'model':'tiny','input':'abc','max_output_tokens':4}");
        assertThat(answer.path("output").get(0).path("type").asText()).isEqualTo("message");
        List<JsonNode> events = events("/v1/responses",
                "{'model':'tiny','input':'abc','stream':true,'max_output_tokens':4}");
        for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).path("sequence_number").asInt()).isEqualTo(i);
        }
        assertThat(events.getFirst().path("type").asText()).isEqualTo("response.created");
        assertThat(events.getLast().path("type").asText()).isEqualTo("response.completed");
    }

    @Test
    @DisplayName("Case 57: Anthropic's messages")
    void anthropic() {
        HttpResponse<Buffer> refused = server.post("/v1/messages", ("{'model':'tiny'," + USER + "}").replace('\'',
                '"'));
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(ApiClient.json(refused).path("type").asText()).isEqualTo("error");
        assertThat(ApiClient.json(refused).path("error").path("type").asText()).isEqualTo("invalid_request_error");
        JsonNode answer = server.ok("/v1/messages", "{'model':'tiny','max_tokens':4,'thinking':{'type':'enabled'},"
                + USER + "}");
        assertThat(answer.path("type").asText()).isEqualTo("message");
        assertThat(answer.path("stop_reason").asText()).isIn("end_turn", "max_tokens");
        List<String> types = events("/v1/messages", "{'model':'tiny','max_tokens':4,'stream':true," + USER + "}")
                .stream()
                .map(event -> event.path("type").asText()).toList();
        assertThat(types).startsWith("message_start", "content_block_start", "content_block_delta").endsWith(
                "content_block_stop", "message_delta", "message_stop");
    }

    private static Future<HttpResponse<Buffer>> send(ConformanceServer to, String model) {
        return to.request(HttpMethod.POST, "/api/generate").sendBuffer(Buffer.buffer("{\"model\":\"" + model
                + "\",\"prompt\":\"abc\",\"stream\":false,\"options\":{\"num_predict\":16}}"));
    }

    @Test
    @DisplayName("Case 61: several answers of one model")
    void parallel() {
        List<Future<HttpResponse<Buffer>>> answers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            answers.add(send(server, "tiny"));
        }
        answers.forEach(answer -> assertThat(await(answer).statusCode()).isEqualTo(200));
    }

    @Test
    @DisplayName("Case 62: one model at a time, a short queue")
    void queue() throws IOException {
        try (ConformanceServer narrow = new ConformanceServer(folder.resolve("narrow"), Map.of("OLLAMA_MAX_QUEUE", "1",
                "OLLAMA_MAX_LOADED_MODELS", "1", "OLLAMA_CONTEXT_LENGTH", "512"))) {
            Path tiny = TestStore.randomModel(folder.resolve("narrow.gguf"));
            narrow.create("a", tiny, "");
            narrow.create("b", TestStore.withMetadata(tiny, folder.resolve("b.gguf"), "general.name", "b"), "");
            assertThat(await(send(narrow, "a")).statusCode()).isEqualTo(200);
            assertThat(await(send(narrow, "b")).statusCode()).isEqualTo(200);
            assertThat(narrow.running()).extracting(model -> model.path("name").asText()).containsExactly("b:latest");
            List<Future<HttpResponse<Buffer>>> answers = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                answers.add(send(narrow, "a"));
            }
            List<Integer> statuses = answers.stream().map(answer -> await(answer).statusCode()).toList();
            assertThat(statuses).containsOnly(200, 503);
            assertThat(await(send(narrow, "a")).statusCode()).isEqualTo(200);
        }
    }

    @Test
    @DisplayName("Case 64: a second server at the same store")
    void secondServer() throws IOException {
        try (ApiClient other = new ApiClient(server.port());
                JnpuServer second = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0")).withStore(
                        new TestStore(server.store()).store()));
                ApiClient client = new ApiClient(second.port())) {
            assertThat(client.get("/api/tags").bodyAsString()).isEqualTo(other.get("/api/tags").bodyAsString());
        }
    }

    @Test
    @DisplayName("Case 66: tools, on every API")
    void tools() {
        String tool = ConformanceServer.TOOL.replace('"', '\'');
        JsonNode called = server.ok("/api/chat", "{'model':'calling','stream':false,'tools':[" + tool + "]," + USER
                + "}").path("message");
        assertThat(called.path("tool_calls")).as(called.toString()).hasSize(1);
        JsonNode call = called.path("tool_calls").get(0).path("function");
        assertThat(call.path("arguments").path("city").asText()).isEqualTo("Rome");
        JsonNode choice = server.ok("/v1/chat/completions", "{'model':'calling','tools':[" + tool + "]," + USER + "}")
                .path("choices").get(0);
        assertThat(choice.path("finish_reason").asText()).isEqualTo("tool_calls");
        assertThat(ApiClient.json(choice.path("message").path("tool_calls").get(0).path("function").path("arguments")
                .asText()).path("city").asText()).isEqualTo("Rome");
        JsonNode message = server.ok("/v1/messages",
                "{'model':'calling','max_tokens':99,'tools':[{'name':'get_weather','input_schema':{'type':'object','properties':{'city':{'type':'string'}}}}],"
                        + USER + "}");
        assertThat(message.path("stop_reason").asText()).isEqualTo("tool_use");
        assertThat(message.path("content").get(0).path("input").path("city").asText()).isEqualTo("Rome");
        JsonNode response = server.ok("/v1/responses",
                "{'model':'calling','input':'abc','tools':[{'type':'function','name':'get_weather','parameters':{'type':'object','properties':{'city':{'type':'string'}}}}]}");
        assertThat(response.path("output").findValuesAsText("type")).contains("function_call");
    }

    @Test
    @DisplayName("Case 67: thoughts, on every API")
    void thoughts() {
        JsonNode message = server.ok("/api/chat", "{'model':'thinking','stream':false," + USER + "}").path("message");
        assertThat(message.path("thinking").asText()).contains("Hm, well.");
        assertThat(message.path("content").asText()).isEqualTo("Yes indeed!");
        assertThat(server.ok("/v1/chat/completions", "{'model':'thinking'," + USER + "}").path("choices").get(0).path(
                "message").path("reasoning").asText()).contains("Hm, well.");
        JsonNode content = server.ok("/v1/messages",
                "{'model':'thinking','max_tokens':99,'thinking':{'type':'enabled','budget_tokens':1024}," + USER + "}")
                .path(
                        "content");
        assertThat(content.get(0).path("type").asText()).isEqualTo("thinking");
        assertThat(content.get(1).path("text").asText()).isEqualTo("Yes indeed!");
    }
}
