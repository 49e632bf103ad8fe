package io.github.jnpu.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.buffer.Buffer;
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
import java.util.stream.Collectors;

import static io.github.jnpu.server.ApiClient.json;
import static org.assertj.core.api.Assertions.assertThat;

/** OpenAI's route for responses over the wire; the numbers are those of the black-box tests in the conformance document. */
class ResponsesTest {
    private static final String RESPONSES = "/v1/responses";
    private static final String TEMPLATE = "{{ range .Messages }}{{ .Role }}{{ if .ToolName }}({{ .ToolName }}){{ end }}:{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}"
            + "{{ if .ToolCalls }}<tool_call>{{ range .ToolCalls }}{\"name\": \"{{ .Function.Name }}\", \"arguments\": {{ .Function.Arguments }}}{{ end }}</tool_call>{{ end }}\n{{ end }}{{ .Tools }}{{ .ThinkLevel }}<|go|>";
    private static final String THINK = "{{ range .Messages }}{{ .Role }}:{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}\n{{ end }}{{ .Think }},{{ .ThinkLevel }}<|go|>";
    private static final String TOOLS = ",\"tools\":[{\"type\":\"function\",\"name\":\"get_weather\",\"description\":null,\"strict\":true,\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"enum\":[\"Oslo\",\"Rome\"]}},\"required\":[\"city\"],\"additionalProperties\":false}}]";

    @TempDir
    static Path folder;
    static JnpuServer server;
    static ApiClient client;

    @BeforeAll
    static void start() throws IOException {
        TestStore store = new TestStore(folder.resolve("store"));
        Path gguf = TestStore.randomModel(folder.resolve("tiny.gguf"));
        store.install("tiny", gguf, Map.of());
        store.install("tiny-tools", TestStore.scriptedModel(gguf, folder.resolve("tools.gguf"), List.of("Let", " me",
                " look.", "<tool_call>", "{\"name\": ", "\"get_weather\", ", "\"arguments\": ", "{\"city\": \"Ro",
                "me\"}}", "</tool_call>")), Map.of("template", TEMPLATE));
        store.install("nonsense", gguf, Map.of("template", TEMPLATE));
        store.install("tiny-think", TestStore.scriptedModel(gguf, folder.resolve("think.gguf"), List.of("<think>",
                "\nHm,", " well.", "\n</thi", "nk>\n\n", "Yes", " indeed!")), Map.of("template", THINK));
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0")).withStore(store.store()));
        client = new ApiClient(server.port());
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private static String body(String model, String fields) {
        return "{\"model\":\"" + model + "\",\"max_output_tokens\":60,\"temperature\":0,\"input\":\"abc\"" + fields
                + "}";
    }

    private static JsonNode ask(String body) {
        HttpResponse<Buffer> response = client.post(RESPONSES, body);
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(200);
        assertThat(response.getHeader("Content-Type")).isEqualTo("application/json");
        return json(response);
    }

    private static List<JsonNode> events(String body) {
        HttpResponse<Buffer> response = client.post(RESPONSES, body);
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(200);
        assertThat(response.getHeader("Content-Type")).isEqualTo("text/event-stream");
        assertThat(response.getHeader("Cache-Control")).isEqualTo("no-cache");
        List<JsonNode> events = new ArrayList<>();
        for (String event : response.bodyAsString().split("\n\n")) {
            String[] lines = event.split("\n");
            assertThat(lines).hasSize(2);
            events.add(json(lines[1].substring("data: ".length())));
            assertThat(lines[0]).isEqualTo("event: " + events.getLast().path("type").asText());
            assertThat(events.getLast().path("sequence_number").intValue()).isEqualTo(events.size() - 1);
        }
        return events;
    }

    private static List<String> types(List<JsonNode> events) {
        return events.stream().map(event -> event.path("type").asText().substring("response.".length())).toList();
    }

    private static String rendered(String model, String fields) {
        return ask("{\"model\":\"" + model + "\",\"_debug_render_only\":true," + fields + "}").path("output").get(0)
                .path("content").get(0).path("text").asText();
    }

    /** 56. */
    @Test
    void aTextIsAnsweredAtOnce() {
        JsonNode answer = ask(
                "{\"model\":\"tiny\",\"input\":\"abc\",\"max_output_tokens\":6,\"instructions\":\"Be brief.\",\"metadata\":{\"a\":\"b\"}}");
        assertThat(answer.properties()).extracting(Map.Entry::getKey).containsExactly("id", "object", "created_at",
                "completed_at", "status", "incomplete_details", "model", "previous_response_id", "instructions",
                "output", "error", "tools", "tool_choice", "truncation", "parallel_tool_calls", "text", "top_p",
                "presence_penalty", "frequency_penalty", "top_logprobs", "temperature", "reasoning", "usage",
                "max_output_tokens", "max_tool_calls", "store", "background", "service_tier", "metadata",
                "safety_identifier", "prompt_cache_key");
        assertThat(answer.path("id").asText()).matches("resp_\\d+");
        assertThat(answer.path("object").asText()).isEqualTo("response");
        assertThat(answer.path("created_at").longValue()).isGreaterThan(1_700_000_000).isLessThanOrEqualTo(answer.path(
                "completed_at").longValue());
        assertThat(answer.path("status").asText()).isEqualTo("completed");
        assertThat(answer.path("instructions").asText()).isEqualTo("Be brief.");
        assertThat(answer.path("output")).hasSize(1);
        JsonNode message = answer.path("output").get(0);
        assertThat(message.properties()).extracting(Map.Entry::getKey).containsExactly("id", "type", "status", "role",
                "content");
        assertThat(message.path("id").asText()).matches("msg_[0-9_]+");
        assertThat(message.path("type").asText()).isEqualTo("message");
        assertThat(message.path("content").get(0).path("text").asText()).isNotEmpty();
        assertThat(message.path("content").get(0).toString()).endsWith(",\"annotations\":[],\"logprobs\":[]}");
        assertThat(answer.path("usage").toString()).matches(
                "\\{\"input_tokens\":\\d+,\"output_tokens\":6,\"total_tokens\":\\d+,\"input_tokens_details\":\\{\"cached_tokens\":0},\"output_tokens_details\":\\{\"reasoning_tokens\":0}}");
        assertThat(answer.path("tools").toString()).isEqualTo("[]");
        assertThat(answer.path("tool_choice").asText()).isEqualTo("auto");
        assertThat(answer.path("text").toString()).isEqualTo("{\"format\":{\"type\":\"text\"}}");
        assertThat(answer.path("temperature").doubleValue()).isEqualTo(1);
        assertThat(answer.path("max_output_tokens").intValue()).isEqualTo(6);
        for (String absent : List.of("error", "incomplete_details", "previous_response_id", "reasoning")) {
            assertThat(answer.path(absent).isNull()).as(absent).isTrue();
        }
    }

    /** 56, 66: OpenAI's item. */
    @Test
    void aStreamIsItemsOneAfterAnother() {
        List<JsonNode> events = events(body("tiny-tools", ",\"stream\":true" + TOOLS));
        assertThat(types(events)).containsExactly("created", "in_progress", "output_item.added", "content_part.added",
                "output_text.delta", "output_text.delta", "output_text.delta", "output_text.done", "content_part.done",
                "output_item.done", "output_item.added", "function_call_arguments.delta",
                "function_call_arguments.done", "output_item.done", "completed");
        assertThat(events.get(0).path("response").path("status").asText()).isEqualTo("in_progress");
        assertThat(events.get(0).path("response").path("output").toString()).isEqualTo("[]");
        assertThat(events.get(0).path("response").path("usage").isNull()).isTrue();
        assertThat(events.get(2).path("item").toString()).matches(
                "\\{\"id\":\"msg_.*\",\"type\":\"message\",\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":\\[]}");
        assertThat(events.get(3).path("part").toString()).isEqualTo(
                "{\"type\":\"output_text\",\"text\":\"\",\"annotations\":[],\"logprobs\":[]}");
        assertThat(events.subList(4, 7).stream().map(event -> event.path("delta").asText()).collect(Collectors
                .joining())).isEqualTo("Let me look.").isEqualTo(events.get(7).path("text").asText());
        assertThat(events.subList(3, 9)).extracting(event -> event.path("item_id").asText()).containsOnly(events.get(2)
                .path("item").path("id").asText());
        assertThat(events.subList(2, 10)).allSatisfy(event -> assertThat(event.path("output_index").intValue())
                .isZero());
        assertThat(events.subList(10, 14)).allSatisfy(event -> assertThat(event.path("output_index").intValue())
                .isEqualTo(1));
        assertThat(events.get(10).path("item").toString()).matches(
                "\\{\"id\":\"fc_.*\",\"type\":\"function_call\",\"status\":\"in_progress\",\"call_id\":\"call_[a-z0-9]{8}\",\"name\":\"get_weather\",\"arguments\":\"\"}");
        assertThat(events.get(12).path("arguments").asText()).isEqualTo("{\"city\":\"Rome\"}").isEqualTo(events.get(11)
                .path("delta").asText());
        JsonNode last = events.getLast().path("response");
        assertThat(last.path("status").asText()).isEqualTo("completed");
        assertThat(last.path("output").get(0)).isEqualTo(events.get(9).path("item"));
        assertThat(last.path("output").get(1)).isEqualTo(events.get(13).path("item"));
        assertThat(last.path("usage").path("output_tokens").intValue()).isEqualTo(10);
        assertThat(last.path("id")).isEqualTo(events.getFirst().path("response").path("id"));
    }

    @Test
    void callsStandBesideTheText() {
        JsonNode answer = ask(body("tiny-tools", TOOLS));
        assertThat(answer.path("output")).hasSize(2);
        assertThat(answer.path("output").get(0).path("content").get(0).path("text").asText()).isEqualTo("Let me look.");
        assertThat(answer.path("output").get(1).toString()).matches(
                "\\{\"id\":\"fc_.*\",\"type\":\"function_call\",\"status\":\"completed\",\"call_id\":\"call_[a-z0-9]{8}\",\"name\":\"get_weather\",\"arguments\":\"\\{\\\\\"city\\\\\":\\\\\"Rome\\\\\"}\"}");
        assertThat(answer.path("tools").get(0).path("strict").booleanValue()).isTrue();
        assertThat(answer.path("tools").get(0).has("description")).isTrue();
        JsonNode none = ask(body("tiny-tools", TOOLS + ",\"tool_choice\":\"none\""));
        assertThat(none.path("output")).extracting(item -> item.path("type").asText()).containsExactly("message");
        assertThat(none.path("tool_choice").asText()).isEqualTo("none");
    }

    /** A model with random weights says what it is held to. */
    @Test
    void callsCanBeRequired() {
        for (String choice : List.of("\"required\"", "{\"type\":\"function\",\"name\":\"get_weather\"}")) {
            JsonNode output = ask("{\"model\":\"nonsense\",\"max_output_tokens\":400,\"input\":\"abc\"" + TOOLS
                    + ",\"tool_choice\":" + choice + "}").path("output");
            assertThat(output).hasSize(1);
            assertThat(json(output.get(0).path("arguments").asText()).path("city").asText()).isIn("Oslo", "Rome");
        }
        // Chat completions know the same.
        String chat = "{\"model\":\"nonsense\",\"max_tokens\":400,\"messages\":[{\"role\":\"user\",\"content\":\"abc\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"now\"}},{\"type\":\"function\",\"function\":{\"name\":\"never\"}}],\"tool_choice\":%s}";
        JsonNode named = json(client.post("/v1/chat/completions", chat.formatted(
                "{\"type\":\"function\",\"function\":{\"name\":\"now\"}}")));
        assertThat(named.path("choices").get(0).path("message").path("tool_calls").get(0).path("function").path("name")
                .asText()).as(named.toString()).isEqualTo("now");
        assertThat(json(client.post("/v1/chat/completions", chat.formatted("\"required\""))).path("choices").get(0)
                .path("finish_reason").asText()).isEqualTo("tool_calls");
    }

    /** 67. */
    @Test
    void thoughtsAreAnItemOfTheirOwn() {
        JsonNode output = ask(body("tiny-think", "")).path("output");
        assertThat(output.get(0).toString()).matches(
                "\\{\"id\":\"rs_.*\",\"type\":\"reasoning\",\"summary\":\\[\\{\"type\":\"summary_text\",\"text\":\"Hm, well.\\\\n\"}],\"encrypted_content\":\"Hm, well.\\\\n\"}");
        assertThat(output.get(1).path("content").get(0).path("text").asText()).isEqualTo("Yes indeed!");
        List<JsonNode> events = events(body("tiny-think", ",\"stream\":true"));
        assertThat(types(events).stream().distinct()).startsWith("created", "in_progress", "output_item.added",
                "reasoning_summary_text.delta", "reasoning_summary_text.done", "output_item.done",
                "content_part.added");
        assertThat(events.get(2).path("item").path("summary").toString()).isEqualTo("[]");
        assertThat(events.getLast().path("response").path("output").findValuesAsText("type")).contains("reasoning",
                "message");
        // Both go in again.
        String item = output.get(0).toString();
        assertThat(rendered("tiny-think", "\"input\":[{\"role\":\"user\",\"content\":\"a\"}," + item
                + ",{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"b\"}]},{\"role\":\"user\",\"content\":\"c\"}]"))
                .contains("user:a\nassistant:<think>Hm, well.\n</think>b\nuser:c\n");
        assertThat(rendered("tiny-think", "\"input\":\"a\",\"reasoning\":{\"effort\":\"xhigh\",\"summary\":\"auto\"}"))
                .endsWith("true,max<|go|>");
    }

    @Test
    void itemsBecomeMessages() {
        String items = "\"instructions\":\"Be brief.\",\"input\":[{\"role\":\"developer\",\"content\":\"Rules.\"},{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"Wea\"},{\"type\":\"input_text\",\"text\":\"ther?\"}]},"
                + "{\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"get_weather\",\"arguments\":\"{\\\"city\\\":\\\"Rome\\\"}\"},{\"role\":\"assistant\",\"content\":\"Looking\"},"
                + "{\"type\":\"function_call_output\",\"call_id\":\"c1\",\"output\":%s},{\"role\":\"user\",\"content\":\"And?\"}]";
        for (String output : List.of("\"rain\"",
                "[{\"type\":\"input_text\",\"text\":\"ra\"},{\"type\":\"output_text\",\"text\":\"in\"}]")) {
            assertThat(rendered("nonsense", items.formatted(output))).startsWith("""
                    system:Be brief.

                    Rules.
                    user:Weather?
                    assistant:Looking<tool_call>{"name": "get_weather", "arguments": {"city":"Rome"}}</tool_call>
                    tool(get_weather):rain
                    user:And?
                    """);
        }
        // Two calls of one answer are one message; text in front of them belongs to it.
        assertThat(rendered("nonsense",
                "\"input\":[{\"role\":\"assistant\",\"content\":\"x\"},{\"type\":\"function_call\",\"call_id\":\"1\",\"name\":\"f\",\"arguments\":\"\"},{\"type\":\"function_call\",\"call_id\":\"2\",\"name\":\"g\",\"arguments\":\"{}\"}]"))
                .startsWith(
                        "assistant:x<tool_call>{\"name\": \"f\", \"arguments\": {}}{\"name\": \"g\", \"arguments\": {}}</tool_call>");
        assertThat(rendered("nonsense",
                "\"input\":\"a\",\"tools\":[{\"type\":\"web_search\"},{\"type\":\"namespace\",\"name\":\"files\",\"tools\":[{\"type\":\"function\",\"name\":\"read\"},{\"type\":\"function\",\"name\":\"files.write\"}]}]"))
                .contains("\"files.read\"", "\"files.write\"").doesNotContain("web_search", "files.files");
        assertThat(rendered("nonsense", "\"input\":\"a\"," + TOOLS.substring(1) + ",\"tool_choice\":\"none\""))
                .doesNotContain("get_weather");
    }

    @Test
    void formatsHold() {
        JsonNode answer = ask(
                "{\"model\":\"tiny\",\"input\":\"abc\",\"max_output_tokens\":200,\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\",\"strict\":true,\"schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"enum\":[\"x\",\"y\"]}},\"required\":[\"a\"],\"additionalProperties\":false}}}}");
        assertThat(json(answer.path("output").get(0).path("content").get(0).path("text").asText()).path("a").asText())
                .isIn("x", "y");
        assertThat(answer.path("text").path("format").path("name").asText()).isEqualTo("n");
        assertThat(ask(
                "{\"model\":\"tiny\",\"input\":\"abc\",\"max_output_tokens\":40,\"text\":{\"format\":{\"type\":\"json_object\"}}}")
                .path("output").get(0).path("content").get(0).path("text").asText().strip()).startsWith("{");
    }

    /** As Ollama: without a message, the model is only loaded. */
    @Test
    void anEmptyInputLoads() {
        assertThat(ask("{\"model\":\"tiny\",\"input\":\"\"}").path("output").get(0).path("content").get(0).path("text")
                .asText()).isEmpty();
        assertThat(types(events("{\"model\":\"tiny\",\"stream\":true}"))).containsExactly("created", "in_progress",
                "completed");
    }

    /** 1.7, 1.9. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "|400|EOF",
            "{\"input\":\"a\"}|400|model is required",
            "{\"model\":\"a b\",\"input\":\"a\"}|400|invalid model name",
            "{\"model\":\"nope\",\"input\":\"a\"}|404|model 'nope' not found",
            "{\"model\":\"tiny\",\"input\":5}|400|input must be a string or array: json: cannot unmarshal number into Go value of type []json.RawMessage",
            "{\"model\":\"tiny\",\"input\":[{\"type\":\"x\"}]}|400|input[0]: unknown input item type: \"x\"",
            "{\"model\":\"tiny\",\"input\":[{\"role\":\"user\",\"content\":\"a\"},{}]}|400|input[1]: input item missing required 'type' field",
            "{\"model\":\"tiny\",\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_file\"}]}]}|400|input[0]: file inputs are not currently supported",
            "{\"model\":\"tiny\",\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\"},{\"type\":\"y\"}]}]}|400|input[0]: content[1]: unknown content type: y",
            "{\"model\":\"tiny\",\"input\":[{\"role\":\"user\",\"content\":5}]}|400|input[0]: content must be a string or array",
            "{\"model\":\"tiny\",\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"image_url\":\"https://x.example/a.png\"}]}]}|400|input[0]: image URLs are not currently supported, please use base64 encoded data instead",
            "{\"model\":\"tiny\",\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"image_url\":\"data:image/png;base64,AAAA\"}]}]}|400|\"tiny\" does not support images",
            "{\"model\":\"tiny\",\"input\":[{\"type\":\"function_call\",\"name\":\"f\",\"arguments\":\"[\"}]}|400|input[0]: failed to parse function call arguments: they are no JSON object",
            "{\"model\":\"tiny\",\"input\":\"a\",\"previous_response_id\":\"resp_1\"}|400|previous_response_id is not supported: responses are not stored; send the whole conversation as input",
            "{\"model\":\"tiny\",\"input\":\"a\",\"conversation\":{\"id\":\"c\"}}|400|conversation is not supported: responses are not stored; send the whole conversation as input",
            "{\"model\":\"tiny\",\"input\":\"a\",\"background\":true}|400|background is not supported: responses are not stored; leave it out",
            "{\"model\":\"tiny\",\"input\":\"a\",\"reasoning\":{\"effort\":\"high\"}}|400|\"tiny\" does not support thinking",
            "{\"model\":\"tiny\",\"input\":\"a\",\"tools\":[{\"type\":\"function\",\"name\":\"f\"}]}|400|registry.ollama.ai/library/tiny:latest does not support tools"})
    void errorsAreOpenAis(String body, int status, String message) {
        HttpResponse<Buffer> response = client.post(RESPONSES, body == null ? "" : body);
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(status);
        assertThat(response.getHeader("Content-Type")).isEqualTo("application/json");
        JsonNode error = json(response).path("error");
        assertThat(error.path("message").asText()).isEqualTo(message);
        assertThat(error.path("type").asText()).isEqualTo(status == 400 ? "invalid_request_error" : "not_found_error");
    }
}
