package io.github.jnpu.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.convert.RandomEncoder;
import io.github.jnpu.convert.tensor.TensorType;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.client.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import static io.github.jnpu.server.ApiClient.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/** OpenAI's routes over the wire; the numbers are those of the black-box tests in the conformance document. */
class OpenAiTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String TEMPLATE = "{{ range .Messages }}{{ .Role }}{{ if .ToolName }}({{ .ToolName }}){{ end }}:{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}"
            + "{{ if .ToolCalls }}<tool_call>{{ range .ToolCalls }}{\"name\": \"{{ .Function.Name }}\", \"arguments\": {{ .Function.Arguments }}}{{ end }}</tool_call>{{ end }}\n{{ end }}{{ .Tools }}<|go|>";
    private static final String THINK = "{{ range .Messages }}{{ .Role }}:{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}\n{{ end }}{{ .Think }},{{ .ThinkLevel }}<|go|>";
    private static final String TOOLS = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}}}]";
    private static final String ASKED = "\"messages\":[{\"role\":\"user\",\"content\":\"abc\"}]";

    @TempDir
    static Path folder;
    static JnpuServer server;
    static ApiClient client;

    @BeforeAll
    static void start() throws IOException {
        TestStore store = new TestStore(folder.resolve("store"));
        Path gguf = TestStore.randomModel(folder.resolve("tiny.gguf"));
        store.install("tiny", gguf, Map.of("params", "{\"temperature\":0}"));
        store.install("tiny-tools", TestStore.scriptedModel(gguf, folder.resolve("tools.gguf"), List.of("Let", " me",
                " look.", "<tool_call>", "{\"name\": ", "\"get_weather\", ", "\"arguments\": ", "{\"city\": \"Ro",
                "me\"}}", "</tool_call>")), Map.of("template", TEMPLATE));
        store.install("tiny-think", TestStore.scriptedModel(gguf, folder.resolve("think.gguf"), List.of("<think>",
                "\nHm,", " well.", "\n</thi", "nk>\n\n", "Yes", " indeed!")), Map.of("template", THINK));
        store.install("tiny-embed", RandomEncoder.bert(TensorType.F32).write(folder.resolve("bert.gguf")), Map.of());
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0")).withStore(store.store()));
        client = new ApiClient(server.port());
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private static JsonNode post(String path, String body) {
        HttpResponse<Buffer> response = client.post(path, body);
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(200);
        assertThat(response.getHeader("Content-Type")).isEqualTo("application/json");
        return json(response);
    }

    private static JsonNode chat(String model, String fields) {
        return post(CHAT, "{\"model\":\"" + model + "\",\"max_tokens\":60,\"temperature\":0," + ASKED + fields + "}");
    }

    /** The events of a stream but the last one, which has to be there. */
    private static List<JsonNode> events(String path, String body) {
        HttpResponse<Buffer> response = client.post(path, body);
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(200);
        assertThat(response.getHeader("Content-Type")).isEqualTo("text/event-stream");
        assertThat(response.getHeader("Transfer-Encoding")).isEqualTo("chunked");
        String text = response.bodyAsString();
        assertThat(text).endsWith("\n\ndata: [DONE]\n\n");
        List<JsonNode> events = new ArrayList<>();
        for (String event : text.substring(0, text.length() - "data: [DONE]\n\n".length()).split("\n\n")) {
            assertThat(event).startsWith("data: {").doesNotContain("\n");
            events.add(json(event.substring("data: ".length())));
        }
        return events;
    }

    private static List<JsonNode> chatEvents(String model, String fields) {
        return events(CHAT, "{\"model\":\"" + model + "\",\"stream\":true,\"max_tokens\":60,\"temperature\":0," + ASKED
                + fields + "}");
    }

    private static JsonNode choice(JsonNode answer) {
        return answer.path("choices").path(0);
    }

    private static String rendered(String model, String messages) {
        return post(CHAT, "{\"model\":\"" + model + "\",\"_debug_render_only\":true,\"messages\":" + messages + "}")
                .path("_debug_info").path("rendered_template").asText();
    }

    private static void assertUsage(JsonNode usage) {
        assertThat(usage.path("prompt_tokens").intValue()).isPositive();
        assertThat(usage.path("completion_tokens").intValue()).isPositive();
        assertThat(usage.path("total_tokens").intValue()).isEqualTo(usage.path("prompt_tokens").intValue() + usage.path(
                "completion_tokens").intValue());
    }

    /** 53. */
    @Test
    void aChatIsAnsweredAtOnce() {
        JsonNode answer = post(CHAT, "{\"model\":\"tiny\",\"max_tokens\":6," + ASKED + "}");
        assertThat(answer.path("object").asText()).isEqualTo("chat.completion");
        assertThat(answer.path("id").asText()).matches("chatcmpl-\\d{1,3}");
        assertThat(answer.path("created").longValue()).isGreaterThan(1_700_000_000);
        assertThat(answer.path("model").asText()).isEqualTo("tiny");
        assertThat(answer.path("system_fingerprint").asText()).isEqualTo("fp_ollama");
        assertThat(answer.path("choices")).hasSize(1);
        assertThat(choice(answer).path("index").intValue()).isZero();
        assertThat(choice(answer).path("message").path("role").asText()).isEqualTo("assistant");
        assertThat(choice(answer).path("message").path("content").asText()).isNotEmpty();
        assertThat(choice(answer).path("finish_reason").asText()).isEqualTo("length");
        assertUsage(answer.path("usage"));
        assertThat(answer.path("usage").path("completion_tokens").intValue()).isEqualTo(6);
    }

    /** 54. */
    @Test
    void aChatIsAnsweredInEvents() {
        List<JsonNode> events = chatEvents("tiny", ",\"max_tokens\":6,\"stream_options\":{\"include_usage\":true}");
        assertThat(events).allSatisfy(event -> {
            assertThat(event.path("object").asText()).isEqualTo("chat.completion.chunk");
            assertThat(event.path("id")).isEqualTo(events.getFirst().path("id"));
            assertThat(event.path("created")).isEqualTo(events.getFirst().path("created"));
        });
        assertThat(choice(events.getFirst()).path("delta").path("role").asText()).isEqualTo("assistant");
        assertThat(events.subList(1, events.size())).noneMatch(event -> choice(event).path("delta").has("role"));
        JsonNode usage = events.getLast();
        assertThat(usage.path("choices").isArray()).isTrue();
        assertThat(usage.path("choices")).isEmpty();
        assertUsage(usage.path("usage"));
        JsonNode finish = events.get(events.size() - 2);
        assertThat(choice(finish).path("delta").isObject()).isTrue();
        assertThat(choice(finish).path("delta")).isEmpty();
        assertThat(choice(finish).path("finish_reason").asText()).isEqualTo("length");
        assertThat(events.subList(0, events.size() - 2)).allSatisfy(event -> {
            assertThat(choice(event).has("finish_reason")).isTrue();
            assertThat(choice(event).path("finish_reason").isNull()).isTrue();
            assertThat(event.has("usage")).isFalse();
        });
        String whole = choice(post(CHAT, "{\"model\":\"tiny\",\"max_tokens\":6,\"temperature\":0," + ASKED + "}")).path(
                "message").path("content").asText();
        assertThat(events.stream().map(event -> choice(event).path("delta").path("content").asText()).collect(
                Collectors.joining())).isEqualTo(whole);
        assertThat(chatEvents("tiny", ",\"max_tokens\":3")).noneMatch(event -> event.has("usage"));
    }

    /** 53, 1.9. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "chat/completions||400|EOF",
            "chat/completions|{\"model\":\"tiny\"}|400|[] is too short - 'messages'",
            "chat/completions|{\"model\":\"nope\",\"messages\":[]}|400|[] is too short - 'messages'",
            "chat/completions|{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|400|model is required",
            "chat/completions|{\"model\":\"a b\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|400|invalid model name",
            "chat/completions|{\"model\":\"nope\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|404|model 'nope' not found",
            "chat/completions|{\"model\":\"tiny-embed\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|400|\"tiny-embed\" does not support chat",
            "chat/completions|{\"model\":\"tiny\",\"messages\":[{\"role\":\"user\"}]}|400|invalid message content type: <nil>",
            "chat/completions|{\"model\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":5}]}|400|invalid message content type: float64",
            "chat/completions|{\"model\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"video\"}]}]}|400|invalid message format",
            "chat/completions|{\"model\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":[5]}]}|400|invalid message format",
            "chat/completions|{\"model\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x.example/a.png\"}}]}]}|400|image URLs are not currently supported, please use base64 encoded data instead",
            "chat/completions|{\"model\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":\"data:image/gif;base64,AAAA\"}]}]}|400|invalid image input",
            "chat/completions|{\"model\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":\"data:image/png;base64,AAAA\"}]}]}|400|\"tiny\" does not support images",
            "chat/completions|{\"model\":\"tiny-tools\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"[1]\"}}]}]}|400|invalid tool call arguments",
            "chat/completions|{\"model\":\"tiny\",\"reasoning_effort\":\"hard\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|400|invalid reasoning value: 'hard' (must be \"high\", \"medium\", \"low\", \"max\", or \"none\")",
            "chat/completions|{\"model\":\"tiny\",\"reasoning\":{\"effort\":\"high\"},\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|400|\"tiny\" does not support thinking",
            "chat/completions|{\"model\":\"tiny\",\"temperature\":\"x\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|400|json: cannot unmarshal string into Go struct field ChatCompletionRequest.temperature of type float64",
            "chat/completions|{\"model\":\"tiny\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|400|registry.ollama.ai/library/tiny:latest does not support tools",
            "completions|{}|404|model '' not found",
            "completions|{\"model\":\"nope\",\"prompt\":\"a\"}|404|model 'nope' not found",
            "completions|{\"model\":\"tiny\",\"prompt\":[\"a\"]}|400|json: cannot unmarshal array into Go struct field CompletionRequest.prompt of type string",
            "completions|{\"model\":\"tiny\",\"prompt\":\"a\",\"stop\":[\"x\",5]}|400|invalid type for 'stop' field: float64",
            "completions|{\"model\":\"tiny\",\"prompt\":\"a\",\"suffix\":\"b\"}|400|registry.ollama.ai/library/tiny:latest does not support insert",
            "embeddings|{\"model\":\"tiny-embed\"}|400|invalid input",
            "embeddings|{\"model\":\"tiny-embed\",\"input\":[]}|400|invalid input",
            "embeddings|{\"model\":\"tiny-embed\",\"input\":[[1,2]]}|400|invalid input type",
            "embeddings|{\"model\":\"tiny-embed\",\"input\":\"a\",\"encoding_format\":\"hex\"}|400|Invalid value for 'encoding_format' = hex. Supported values: ['float', 'base64'].",
            "embeddings|{\"model\":\"nope\",\"input\":\"a\"}|404|model \"nope\" not found, try pulling it first"})
    void errorsAreOpenAis(String route, String body, int status, String message) {
        HttpResponse<Buffer> response = client.post("/v1/" + route, body == null ? "" : body);
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(status);
        assertError(response, status, message);
    }

    private static void assertError(HttpResponse<Buffer> response, int status, String message) {
        assertThat(response.getHeader("Content-Type")).isEqualTo("application/json");
        JsonNode error = json(response).path("error");
        assertThat(error.path("message").asText()).isEqualTo(message);
        assertThat(error.path("type").asText()).isEqualTo(status == 400 ? "invalid_request_error" : "not_found_error");
        assertThat(error.has("param") && error.path("param").isNull()).isTrue();
        assertThat(error.has("code") && error.path("code").isNull()).isTrue();
    }

    @Test
    void compressedBodiesAreRefused() {
        HttpResponse<Buffer> response = ApiClient.await(client.request(HttpMethod.POST, CHAT).putHeader(
                "Content-Encoding", "zstd").sendBuffer(Buffer.buffer(new byte[]{40, -75, 47, -3})));
        assertThat(response.statusCode()).isEqualTo(415);
        assertThat(json(response).path("error").path("type").asText()).isEqualTo("api_error");
    }

    /** 66: OpenAI's form. */
    @Test
    void callsHaveTextForArguments() {
        JsonNode answer = choice(chat("tiny-tools", TOOLS));
        assertThat(answer.path("finish_reason").asText()).as(answer.toString()).isEqualTo("tool_calls");
        assertThat(answer.path("message").path("content").asText()).isEqualTo("Let me look.");
        assertThat(answer.path("message").path("tool_calls")).hasSize(1);
        assertCall(answer.path("message").path("tool_calls").get(0));

        List<JsonNode> events = chatEvents("tiny-tools", TOOLS);
        List<JsonNode> calls = events.stream().filter(event -> choice(event).path("delta").has("tool_calls")).toList();
        assertThat(calls).hasSize(1);
        assertCall(choice(calls.getFirst()).path("delta").path("tool_calls").get(0));
        assertThat(choice(events.getLast()).path("finish_reason").asText()).isEqualTo("tool_calls");
        assertThat(choice(chat("tiny-tools", "")).path("finish_reason").asText()).isEqualTo("stop");
    }

    private static void assertCall(JsonNode call) {
        assertThat(call.path("id").asText()).matches("call_[a-z0-9]{8}");
        assertThat(call.path("type").asText()).isEqualTo("function");
        assertThat(call.path("index").intValue()).isZero();
        assertThat(call.path("function").path("name").asText()).isEqualTo("get_weather");
        assertThat(call.path("function").path("arguments").isTextual()).isTrue();
        assertThat(json(call.path("function").path("arguments").asText()).path("city").asText()).isEqualTo("Rome");
    }

    /** Ollama puts neighbours of one role together, for Go's templates. */
    @Test
    void messagesReachTheTemplate() {
        assertThat(rendered("tiny-tools",
                "[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]},"
                        + "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"arguments\":\"{\\\"city\\\":\\\"Rome\\\"}\"}}]},"
                        + "{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"rain\"}]"))
                .isEqualTo(
                        "system:s\nuser:a\n\nb\nassistant:<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\":\"Rome\"}}</tool_call>\ntool(get_weather):rain\nnull<|go|>");
        assertThat(rendered("tiny-think",
                "[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\",\"reasoning\":\"r\"},{\"role\":\"user\",\"content\":\"c\"}]"))
                .contains("assistant:<think>r</think>b\n");
    }

    /** 67. */
    @Test
    void thoughtsAreReasoning() {
        JsonNode message = choice(chat("tiny-think", "")).path("message");
        assertThat(message.path("reasoning").asText()).isEqualTo("Hm, well.\n");
        assertThat(message.path("content").asText()).isEqualTo("Yes indeed!");
        List<JsonNode> deltas = chatEvents("tiny-think", "").stream().map(event -> choice(event).path("delta"))
                .toList();
        assertThat(deltas).noneMatch(delta -> delta.has("reasoning") && delta.has("content"));
        assertThat(deltas.getFirst().has("reasoning")).isTrue();
        assertThat(deltas.getFirst().path("role").asText()).isEqualTo("assistant");
        assertThat(deltas.stream().map(delta -> delta.path("content").asText()).collect(Collectors.joining()))
                .isEqualTo("Yes indeed!");
        for (Map.Entry<String, String> effort : Map.of("none", "false,", "minimal", "true,low", "medium",
                "true,medium", "ultra", "true,max").entrySet()) {
            assertThat(chat("tiny-think", ",\"_debug_render_only\":true,\"reasoning_effort\":\"" + effort.getKey()
                    + "\"").path("_debug_info").path("rendered_template").asText()).contains("\n" + effort.getValue()
                            + "<|go|>");
        }
    }

    @Test
    void formatsHoldTheAnswer() {
        assertThat(choice(chat("tiny",
                ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"strict\":true,\"schema\":{\"enum\":[\"yes\",\"no\"]}}}"))
                .path("message").path("content").asText()).isIn("\"yes\"", "\"no\"");
        assertThat(choice(chat("tiny", ",\"response_format\":{\"type\":\"json_object\"}")).path("message").path(
                "content").asText()).startsWith("{");
        assertThat(choice(chat("tiny", ",\"response_format\":{\"type\":\"text\"}")).path("message").path("content")
                .asText()).doesNotStartWith("{");
    }

    @Test
    void optionsReachTheSampler() {
        // Not the Modelfile's temperature of 0: seeds make a difference, and the same one makes none.
        String body = "{\"model\":\"tiny\",\"max_completion_tokens\":12,\"seed\":%d," + ASKED + "}";
        String first = choice(post(CHAT, body.formatted(1))).path("message").path("content").asText();
        assertThat(choice(post(CHAT, body.formatted(1))).path("message").path("content").asText()).isEqualTo(first);
        assertThat(choice(post(CHAT, body.formatted(2))).path("message").path("content").asText()).isNotEqualTo(first);
        assertThat(post(CHAT, body.formatted(1)).path("usage").path("completion_tokens").intValue()).isEqualTo(12);
        for (String stop : List.of("\"me\"", "[\"me\",5]")) {
            JsonNode stopped = choice(chat("tiny-tools", ",\"stop\":" + stop));
            assertThat(stopped.path("message").path("content").asText()).isEqualTo("Let ");
            assertThat(stopped.path("finish_reason").asText()).isEqualTo("stop");
        }
    }

    /** 55. */
    @Test
    void textsAreCompleted() {
        JsonNode answer = post("/v1/completions",
                "{\"model\":\"tiny\",\"prompt\":\"abc\",\"max_tokens\":5,\"temperature\":0}");
        assertThat(answer.path("object").asText()).isEqualTo("text_completion");
        assertThat(answer.path("id").asText()).matches("cmpl-\\d{1,3}");
        assertThat(answer.path("system_fingerprint").asText()).isEqualTo("fp_ollama");
        assertThat(choice(answer).path("text").asText()).isNotEmpty();
        assertThat(choice(answer).path("finish_reason").asText()).isEqualTo("length");
        assertUsage(answer.path("usage"));

        List<JsonNode> events = events("/v1/completions",
                "{\"model\":\"tiny\",\"prompt\":\"abc\",\"max_tokens\":5,\"temperature\":0,\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
        assertThat(events.stream().map(event -> choice(event).path("text").asText()).collect(Collectors.joining()))
                .isEqualTo(choice(answer).path("text").asText());
        assertThat(events.subList(0, events.size() - 1)).allSatisfy(event -> assertThat(event.path("usage").path(
                "total_tokens").intValue()).isZero());
        assertThat(events.getFirst().has("usage")).isTrue();
        assertThat(choice(events.getFirst()).path("finish_reason").isNull()).isTrue();
        assertThat(choice(events.get(events.size() - 2)).path("finish_reason").asText()).isEqualTo("length");
        assertThat(events.getLast().path("choices")).isEmpty();
        assertUsage(events.getLast().path("usage"));
    }

    @Test
    void anEmptyPromptLoads() {
        assertThat(choice(post("/v1/completions", "{\"model\":\"tiny\"}")).path("finish_reason").asText()).isEqualTo(
                "load");
        List<JsonNode> events = events("/v1/completions", "{\"model\":\"tiny\",\"prompt\":\"\",\"stream\":true}");
        assertThat(events).hasSize(1);
        assertThat(choice(events.getFirst()).path("finish_reason").asText()).isEqualTo("load");
    }

    /** 55. */
    @Test
    void textsBecomeVectors() {
        JsonNode plain = post("/v1/embeddings", "{\"model\":\"tiny-embed\",\"input\":[\"hello\",\"you\"]}");
        assertThat(plain.path("object").asText()).isEqualTo("list");
        assertThat(plain.path("model").asText()).isEqualTo("tiny-embed");
        assertThat(plain.path("data")).hasSize(2);
        assertThat(plain.path("data").get(1).path("index").intValue()).isEqualTo(1);
        assertThat(plain.path("data").get(1).path("object").asText()).isEqualTo("embedding");
        assertThat(plain.path("usage").path("prompt_tokens").intValue()).isPositive().isEqualTo(plain.path("usage")
                .path("total_tokens").intValue());
        JsonNode packed = post("/v1/embeddings",
                "{\"model\":\"tiny-embed\",\"input\":\"hello\",\"encoding_format\":\"base64\"}");
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(packed.path("data").get(0).path("embedding")
                .asText())).order(ByteOrder.LITTLE_ENDIAN);
        JsonNode vector = plain.path("data").get(0).path("embedding");
        assertThat(bytes.remaining()).isEqualTo(4 * RandomEncoder.WIDTH).isEqualTo(4 * vector.size());
        for (JsonNode value : vector) {
            assertThat(bytes.getFloat()).isCloseTo((float) value.asDouble(), within(1e-5f));
        }
        assertThat(post("/v1/embeddings", "{\"model\":\"tiny-embed\",\"input\":\"\",\"dimensions\":4}").path("data")
                .get(0).path("embedding")).hasSize(4);
    }

    /** 55. */
    @Test
    void modelsAreListed() {
        JsonNode list = json(client.get("/v1/models"));
        assertThat(list.path("object").asText()).isEqualTo("list");
        assertThat(list.path("data")).extracting(model -> model.path("id").asText()).containsExactlyElementsOf(
                json(client.get("/api/tags")).path("models").findValuesAsText("name"));
        assertThat(list.path("data")).hasSize(4).allSatisfy(model -> {
            assertThat(model.path("object").asText()).isEqualTo("model");
            assertThat(model.path("owned_by").asText()).isEqualTo("library");
            assertThat(model.path("created").longValue()).isGreaterThan(1_700_000_000);
        });
        HttpResponse<Buffer> one = client.get("/v1/models/tiny");
        assertThat(one.getHeader("Content-Type")).isEqualTo("application/json");
        assertThat(json(one).path("id").asText()).isEqualTo("tiny");
        assertThat(json(one).path("owned_by").asText()).isEqualTo("library");
        HttpResponse<Buffer> missing = client.get("/v1/models/nope");
        assertThat(missing.statusCode()).isEqualTo(404);
        assertError(missing, 404, "model 'nope:latest' not found");
        assertThat(client.get("/v1/models/a/b").statusCode()).isEqualTo(404);
        assertThat(client.get(CHAT).statusCode()).isEqualTo(405);
    }
}
