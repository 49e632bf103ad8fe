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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static io.github.jnpu.server.ApiClient.json;
import static org.assertj.core.api.Assertions.assertThat;

/** Anthropic's routes over the wire; the numbers are those of the black-box tests in the conformance document. */
class AnthropicTest {
    private static final String MESSAGES = "/v1/messages";
    private static final String TEMPLATE = "{{ range .Messages }}{{ .Role }}{{ if .ToolName }}({{ .ToolName }}){{ end }}{{ if .ToolCallID }}[{{ .ToolCallID }}]{{ end }}:{{ .Content }}"
            + "{{ if .ToolCalls }}<tool_call>{{ range .ToolCalls }}{\"name\": \"{{ .Function.Name }}\", \"arguments\": {{ .Function.Arguments }}}{{ end }}</tool_call>{{ end }}\n{{ end }}{{ .Tools }}<|go|>";
    private static final String THINK = "{{ range .Messages }}{{ .Role }}:{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}\n{{ end }}{{ .Think }},{{ .ThinkLevel }}<|go|>";
    private static final String TOOLS = ",\"tools\":[{\"name\":\"get_weather\",\"description\":\"d\",\"input_schema\":{\"type\":\"object\",\"properties\":{\"city\":{\"enum\":[\"Oslo\",\"Rome\"]}},\"required\":[\"city\"],\"additionalProperties\":false}},"
            + "{\"name\":\"now\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}]";
    private static final String ASKED = "\"max_tokens\":60,\"temperature\":0,\"messages\":[{\"role\":\"user\",\"content\":\"abc\"}]";

    @TempDir
    static Path folder;
    static JnpuServer server;
    static ApiClient client;

    private record Event(String name, JsonNode data) {}

    @BeforeAll
    static void start() throws IOException {
        TestStore store = new TestStore(folder.resolve("store"));
        Path gguf = TestStore.randomModel(folder.resolve("tiny.gguf"));
        store.install("tiny", gguf, Map.of());
        store.install("tiny-tools", TestStore.scriptedModel(gguf, folder.resolve("tools.gguf"), List.of("Let", " me",
                " look.", "<tool_call>", "{\"name\": ", "\"get_weather\", ", "\"arguments\": ", "{\"city\": \"Ro",
                "me\"}}", "</tool_call>")), Map.of("template", TEMPLATE, "params", "{\"stop\":[\"never\"]}"));
        // It answers nonsense, but its template knows tools: what it calls is the grammar's doing.
        store.install("nonsense", gguf, Map.of("template", TEMPLATE));
        store.install("tiny-think", TestStore.scriptedModel(gguf, folder.resolve("think.gguf"), List.of("<think>",
                "\nHm,", " well.", "\n</thi", "nk>\n\n", "Yes", " indeed!")), Map.of("template", THINK));
        store.install("tiny-harmony", gguf, Map.of("template",
                "<|start|>{{ .Prompt }}<|end|>{{ if .Tools }}{{ .Tools }}{{ end }}<|start|>assistant<|channel|>"));
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

    private static String body(String model, String fields) {
        return "{\"model\":\"" + model + "\"," + ASKED + fields + "}";
    }

    private static JsonNode ask(String model, String fields) {
        return post(MESSAGES, body(model, fields));
    }

    private static String wire(String model, String fields) {
        HttpResponse<Buffer> response = client.post(MESSAGES, body(model, ",\"stream\":true" + fields));
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(200);
        assertThat(response.getHeader("Content-Type")).isEqualTo("text/event-stream");
        assertThat(response.getHeader("Cache-Control")).isEqualTo("no-cache");
        return response.bodyAsString();
    }

    private static List<Event> events(String model, String fields) {
        List<Event> events = new ArrayList<>();
        for (String event : wire(model, fields).split("\n\n")) {
            String[] lines = event.split("\n");
            assertThat(lines).hasSize(2);
            assertThat(lines[0]).startsWith("event: ");
            assertThat(lines[1]).startsWith("data: {");
            events.add(new Event(lines[0].substring(7), json(lines[1].substring(6))));
            assertThat(events.getLast().data().path("type").asText()).isEqualTo(events.getLast().name());
        }
        return events;
    }

    private static String rendered(String model, String fields) {
        // What the translation makes of a request shows in what the native route would be asked.
        return Long.toString(post(MESSAGES + "/count_tokens", "{\"model\":\"" + model + "\"," + fields + "}").path(
                "input_tokens").longValue());
    }

    /** 57. */
    @Test
    void aMessageIsAnsweredAtOnce() {
        JsonNode answer = post(MESSAGES,
                "{\"model\":\"tiny\",\"max_tokens\":6,\"messages\":[{\"role\":\"user\",\"content\":\"abc\"}]}");
        assertThat(answer.properties()).extracting(Map.Entry::getKey).containsExactly("id", "type", "role", "model",
                "content", "stop_reason", "usage");
        assertThat(answer.path("id").asText()).matches("msg_[0-9a-f]{24}");
        assertThat(answer.path("type").asText()).isEqualTo("message");
        assertThat(answer.path("role").asText()).isEqualTo("assistant");
        assertThat(answer.path("model").asText()).isEqualTo("tiny");
        assertThat(answer.path("content")).hasSize(1);
        assertThat(answer.path("content").get(0).path("type").asText()).isEqualTo("text");
        assertThat(answer.path("content").get(0).path("text").asText()).isNotEmpty();
        assertThat(answer.path("stop_reason").asText()).isEqualTo("max_tokens");
        assertThat(answer.path("usage").path("input_tokens").intValue()).isPositive();
        assertThat(answer.path("usage").path("output_tokens").intValue()).isEqualTo(6);
    }

    /** 57: the texts are those of Ollama's converter, but for the exact count in front and the two fields of the delta. */
    @Test
    void aStreamIsBlocksOneAfterAnother() {
        String wire = wire("tiny-tools", TOOLS).replaceAll("\"(msg|call)_[0-9a-z]+\"", "\"$1\"").replaceAll(
                "(input|output)_tokens\":\\d+", "$1_tokens\":7");
        assertThat(wire).isEqualTo(
                """
                        event: message_start
                        data: {"type":"message_start","message":{"id":"msg","type":"message","role":"assistant","model":"tiny-tools","content":[],"usage":{"input_tokens":7,"output_tokens":7}}}

                        event: content_block_start
                        data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

                        event: content_block_delta
                        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Let"}}

                        event: content_block_delta
                        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" me"}}

                        event: content_block_delta
                        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" look."}}

                        event: content_block_stop
                        data: {"type":"content_block_stop","index":0}

                        event: content_block_start
                        data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"call","name":"get_weather","input":{}}}

                        event: content_block_delta
                        data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"city\\":\\"Rome\\"}"}}

                        event: content_block_stop
                        data: {"type":"content_block_stop","index":1}

                        event: message_delta
                        data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":7,"output_tokens":7}}

                        event: message_stop
                        data: {"type":"message_stop"}

                        """);
        List<Event> events = events("tiny-tools", TOOLS);
        JsonNode start = events.getFirst().data().path("message").path("usage");
        JsonNode end = events.get(events.size() - 2).data().path("usage");
        assertThat(start.path("input_tokens").intValue()).isPositive().isEqualTo(end.path("input_tokens").intValue());
        assertThat(start.path("output_tokens").intValue()).isZero();
        assertThat(end.path("output_tokens").intValue()).isEqualTo(10);
    }

    /** 57, 67. */
    @Test
    void thoughtsAreABlockOfTheirOwn() {
        JsonNode answer = ask("tiny-think", "");
        assertThat(answer.path("content").toString()).isEqualTo(
                "[{\"type\":\"thinking\",\"thinking\":\"Hm, well.\\n\"},{\"type\":\"text\",\"text\":\"Yes indeed!\"}]");
        assertThat(answer.path("stop_reason").asText()).isEqualTo("end_turn");
        List<Event> events = events("tiny-think", "");
        assertThat(events.stream().map(Event::name)).startsWith("message_start", "content_block_start",
                "content_block_delta").endsWith("content_block_stop", "message_delta", "message_stop");
        assertThat(events.get(1).data().path("content_block").toString()).isEqualTo(
                "{\"type\":\"thinking\",\"thinking\":\"\"}");
        assertThat(events.get(2).data().path("delta").path("type").asText()).isEqualTo("thinking_delta");
        assertThat(ask("tiny-think", ",\"thinking\":{\"type\":\"disabled\"}").path("content").get(0).path("type")
                .asText()).isEqualTo("text");
        // A model that cannot think is not refused for it.
        for (String thinking : List.of("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}",
                "\"output_config\":{\"effort\":\"high\"}")) {
            assertThat(ask("tiny", "," + thinking).path("content").get(0).path("type").asText()).isEqualTo("text");
        }
    }

    /** 66: Anthropic's form. */
    @Test
    void toolsAreCalled() {
        JsonNode answer = ask("tiny-tools", TOOLS);
        assertThat(answer.path("stop_reason").asText()).isEqualTo("tool_use");
        assertThat(answer.path("content").get(0).toString()).isEqualTo("{\"type\":\"text\",\"text\":\"Let me look.\"}");
        assertThat(answer.path("content").get(1).toString()).matches(
                "\\{\"type\":\"tool_use\",\"id\":\"call_[a-z0-9]{8}\",\"name\":\"get_weather\",\"input\":\\{\"city\":\"Rome\"}}");
        assertThat(ask("tiny-tools", TOOLS + ",\"tool_choice\":{\"type\":\"auto\"}").path("stop_reason").asText())
                .isEqualTo("tool_use");
        // The model says its script all the same, but nobody takes it for a call.
        JsonNode none = ask("tiny-tools", TOOLS + ",\"tool_choice\":{\"type\":\"none\"}");
        assertThat(none.path("stop_reason").asText()).isEqualTo("end_turn");
        assertThat(none.path("content").get(0).path("text").asText()).contains("get_weather");
    }

    /** A model with random weights says what it is held to. */
    @Test
    void callsCanBeRequired() {
        for (int seed = 0; seed < 3; seed++) {
            JsonNode any = post(MESSAGES,
                    "{\"model\":\"nonsense\",\"max_tokens\":400,\"temperature\":1,\"messages\":[{\"role\":\"user\",\"content\":\"abc"
                            + seed + "\"}]" + TOOLS + ",\"tool_choice\":{\"type\":\"any\"}}");
            assertThat(any.path("content")).as(any.toString()).hasSize(1);
            assertThat(any.path("content").get(0).path("name").asText()).isIn("get_weather", "now");
            assertThat(any.path("stop_reason").asText()).isEqualTo("tool_use");
            JsonNode named = ask("nonsense", TOOLS
                    + ",\"max_tokens\":400,\"tool_choice\":{\"type\":\"tool\",\"name\":\"get_weather\"}");
            assertThat(named.path("content").get(0).path("name").asText()).isEqualTo("get_weather");
            assertThat(named.path("content").get(0).path("input").path("city").asText()).isIn("Oslo", "Rome");
            assertThat(named.path("content").get(0).path("input")).hasSize(1);
        }
    }

    @Test
    void stopSequencesOfTheRequestAreNamed() {
        JsonNode stopped = ask("tiny-tools", ",\"stop_sequences\":[\"zzz\",\"me lo\"]");
        assertThat(stopped.path("content").get(0).path("text").asText()).isEqualTo("Let ");
        assertThat(stopped.path("stop_reason").asText()).isEqualTo("stop_sequence");
        assertThat(stopped.path("stop_sequence").asText()).isEqualTo("me lo");
        List<Event> events = events("tiny-tools", ",\"stop_sequences\":[\"me lo\"]");
        assertThat(events.get(events.size() - 2).data().path("delta").toString()).isEqualTo(
                "{\"stop_reason\":\"stop_sequence\",\"stop_sequence\":\"me lo\"}");
    }

    /** What goes in, as the model sees it: the native route has to see the same. */
    @Test
    void blocksBecomeMessages() {
        String call = "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"Look\"},{\"type\":\"text\",\"text\":\"ing\"},{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"get_weather\",\"input\":{\"city\":\"Rome\"}}]}";
        String result = "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"And?\"},{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":[{\"type\":\"text\",\"text\":\"ra\"},{\"type\":\"text\",\"text\":\"in\"}]},{\"type\":\"new_thing\"}]}";
        String conversation = "\"system\":[{\"type\":\"text\",\"text\":\"Be\",\"cache_control\":{\"type\":\"ephemeral\"}},{\"type\":\"text\",\"text\":\" brief.\"}],\"messages\":[{\"role\":\"user\",\"content\":\"Weather?\"},"
                + call + "," + result + "]";
        String nativeConversation = "[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\",\"content\":\"Weather?\"},{\"role\":\"assistant\",\"content\":\"Looking\",\"tool_calls\":[{\"id\":\"t1\",\"function\":{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Rome\"}}}]},"
                + "{\"role\":\"tool\",\"content\":\"rain\",\"tool_call_id\":\"t1\",\"tool_name\":\"get_weather\"},{\"role\":\"user\",\"content\":\"And?\"}]";
        JsonNode answer = post(MESSAGES, "{\"model\":\"nonsense\",\"max_tokens\":8,\"temperature\":0," + conversation
                + "}");
        JsonNode same = post("/api/chat",
                "{\"model\":\"nonsense\",\"stream\":false,\"options\":{\"num_predict\":8,\"temperature\":0},\"messages\":"
                        + nativeConversation + "}",
                "application/json; charset=utf-8");
        assertThat(answer.path("content").get(0).path("text").asText()).isEqualTo(same.path("message").path("content")
                .asText());
        assertThat(answer.path("usage").path("input_tokens")).isEqualTo(same.path("prompt_eval_count"));
        assertThat(rendered("nonsense", conversation)).isEqualTo(same.path("prompt_eval_count").asText());
        String thoughts = "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"%s\",\"signature\":\"s\"},{\"type\":\"text\",\"text\":\"b\"}]},{\"role\":\"user\",\"content\":\"c\"}]";
        assertThat(Integer.parseInt(rendered("tiny-think", thoughts.formatted("long thoughts")))).isGreaterThan(Integer
                .parseInt(rendered("tiny-think", thoughts.formatted(""))));
    }

    private static JsonNode post(String path, String body, String contentType) {
        HttpResponse<Buffer> response = client.post(path, body);
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(200);
        assertThat(response.getHeader("Content-Type")).isEqualTo(contentType);
        return json(response);
    }

    /** More than Ollama: the count is that of the prompt, tools included, however long. */
    @Test
    void tokensAreCounted() {
        JsonNode counted = post(MESSAGES + "/count_tokens",
                "{\"model\":\"tiny-tools\",\"messages\":[{\"role\":\"user\",\"content\":\"abc\"}]" + TOOLS + "}");
        assertThat(counted.toString()).matches("\\{\"input_tokens\":\\d+}");
        assertThat(counted.path("input_tokens")).isEqualTo(ask("tiny-tools", TOOLS).path("usage").path(
                "input_tokens"));
        assertThat(
                post(MESSAGES + "/count_tokens", "{\"model\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":\""
                        + "word ".repeat(3000) + "\"}]}").path("input_tokens").intValue())
                .isGreaterThan(3000);
    }

    /** 57, 1.9. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "|400|invalid_request_error|EOF",
            "{|400|invalid_request_error|unexpected EOF",
            "{}|400|invalid_request_error|model is required",
            "{\"model\":\"nope\"}|400|invalid_request_error|max_tokens is required and must be positive",
            "{\"model\":\"nope\",\"max_tokens\":0}|400|invalid_request_error|max_tokens is required and must be positive",
            "{\"model\":\"nope\",\"max_tokens\":\"9\"}|400|invalid_request_error|json: cannot unmarshal string into Go struct field MessagesRequest.max_tokens of type int",
            "{\"model\":\"nope\",\"max_tokens\":9}|400|invalid_request_error|messages is required",
            "{\"model\":\"nope\",\"max_tokens\":9,\"messages\":[]}|400|invalid_request_error|messages is required",
            "{\"model\":\"nope\",\"max_tokens\":9,\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\"}]}]}|400|invalid_request_error|tool_use block missing required 'id' field",
            "{\"model\":\"nope\",\"max_tokens\":9,\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"x\"}]}]}|400|invalid_request_error|tool_use block missing required 'name' field",
            "{\"model\":\"tiny\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://x.example/a.png\"}}]}]}|400|invalid_request_error|invalid image source type: url. Only base64 images are supported.",
            "{\"model\":\"tiny\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AAAA\"}}]}]}|400|invalid_request_error|\"tiny\" does not support images",
            "{\"model\":\"nope\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|404|not_found_error|model 'nope' not found",
            "{\"model\":\"a b\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|400|invalid_request_error|invalid model name",
            "{\"model\":\"tiny-embed\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|400|invalid_request_error|\"tiny-embed\" does not support chat",
            "{\"model\":\"tiny\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{\"name\":\"f\"}]}|400|invalid_request_error|registry.ollama.ai/library/tiny:latest does not support tools",
            "{\"model\":\"tiny\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tool_choice\":{\"type\":\"any\"}}|400|invalid_request_error|tool_choice asks for a call, but there are no tools",
            "{\"model\":\"nonsense\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{\"name\":\"f\"}],\"tool_choice\":{\"type\":\"tool\",\"name\":\"g\"}}|400|invalid_request_error|tool_choice names the tool 'g', which is not among the tools",
            "{\"model\":\"nonsense\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{\"name\":\"f\"}],\"tool_choice\":{\"type\":\"tool\"}}|400|invalid_request_error|tool_choice of type 'tool' has no name",
            "{\"model\":\"nonsense\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tool_choice\":{\"type\":\"some\"}}|400|invalid_request_error|tool_choice has the unknown type 'some'; use auto, any, tool or none",
            "{\"model\":\"tiny-harmony\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{\"name\":\"f\"}],\"tool_choice\":{\"type\":\"any\"}}|400|invalid_request_error|a required tool call is not supported for models that answer in channels (harmony), as gpt-oss does; let the model choose",
            "{\"model\":\"nonsense\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]}|400|invalid_request_error|the tool web_search_20250305 is not supported: it searches through Ollama's cloud; leave it out",
            "{\"model\":\"tiny\",\"max_tokens\":9,\"stop_sequences\":[1],\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|400|invalid_request_error|json: cannot unmarshal number into Go struct field MessagesRequest.stop_sequences of type string"})
    void errorsAreAnthropics(String body, int status, String type, String message) {
        HttpResponse<Buffer> response = client.post(MESSAGES, body == null ? "" : body);
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(status);
        assertThat(response.getHeader("Content-Type")).isEqualTo("application/json");
        assertThat(response.bodyAsString()).matches(
                "\\{\"type\":\"error\",\"error\":\\{\"type\":\"" + type
                        + "\",\"message\":\".*\"},\"request_id\":\"req_[0-9a-f]{24}\"}");
        assertThat(json(response).path("error").path("message").asText()).isEqualTo(message);
    }

    @Test
    void headersOfAnthropicsClientsAreTaken() {
        HttpResponse<Buffer> response = ApiClient.await(client.request(HttpMethod.POST, MESSAGES).putHeader("x-api-key",
                "secret").putHeader("anthropic-version", "2023-06-01").putHeader("anthropic-beta", "some-beta")
                .sendBuffer(Buffer.buffer(body("tiny", ",\"max_tokens\":1,\"metadata\":{\"user_id\":\"u\"}"))));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(client.get(MESSAGES).statusCode()).isEqualTo(405);
    }
}
