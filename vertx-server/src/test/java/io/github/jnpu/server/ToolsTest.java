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
import java.util.List;
import java.util.Map;

import static io.github.jnpu.server.ApiClient.json;
import static io.github.jnpu.server.ApiClient.lines;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tools, thoughts and Go templates over the wire; the numbers are those of the black-box tests in the conformance document.
 * Models that have something to say are made so that they say it: see {@link TestStore#scriptedModel}.
 */
class ToolsTest {
    private static final String TOOLS = "{{ range .Messages }}{{ if eq .Role \"user\" }}U:{{ .Content }}\n{{ else if eq .Role \"tool\" }}R({{ .ToolName }}):{{ .Content }}\n"
            + "{{ else if .ToolCalls }}<tool_call>{{ range .ToolCalls }}{\"name\": \"{{ .Function.Name }}\", \"arguments\": {{ .Function.Arguments }}}{{ end }}</tool_call>\n"
            + "{{ else }}{{ .Role }}:{{ .Content }}\n{{ end }}{{ end }}{{ .Tools }}<|go|>";
    private static final String THINK = "{{ range .Messages }}{{ .Role }}:{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}\n{{ end }}"
            + "{{ .Think }},{{ .ThinkLevel }}<|go|>";
    private static final String FIM = "{{ if .Suffix }}<PRE>{{ .Prompt }}<SUF>{{ .Suffix }}<MID>{{ else }}{{ .Prompt }}{{ end }}";
    private static final String TOOL = "{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"description\":\"d\",\"parameters\":{\"type\":\"object\",\"required\":[\"city\"],\"properties\":{\"city\":{\"type\":\"string\"}}}}}";

    @TempDir
    static Path folder;
    static JnpuServer server;
    static ApiClient client;

    @BeforeAll
    static void start() throws IOException {
        TestStore store = new TestStore(folder.resolve("store"));
        Path gguf = TestStore.randomModel(folder.resolve("tiny.gguf"));
        store.install("tiny", gguf, Map.of());
        store.install("tiny-tools",
                TestStore.scriptedModel(gguf, folder.resolve("tools.gguf"), List.of("Let", " me", " look.",
                        "<tool_call>", "{\"name\": ", "\"get_weather\", ", "\"arguments\": ", "{\"city\": \"Ro",
                        "me\"}}",
                        "</tool_call>", "\n<tool_call>{\"na", "me\": \"get_weather\", \"arguments\"",
                        ": {\"city\": \"Oslo\"}}</tool",
                        "_call>")),
                Map.of("template", TOOLS));
        store.install("tiny-mistral", TestStore.scriptedModel(gguf, folder.resolve("mistral.gguf"), List.of(
                "[TOOL_CALLS]", "get_weather", "[ARGS]", "{\"city\"", ": \"Rome\"}")), Map.of("template",
                        "{{ range .Messages }}{{ if .ToolCalls }}[TOOL_CALLS]{{ range .ToolCalls }}{{ .Function.Name }}{{ end }}{{ end }}{{ .Content }}{{ end }}{{ .Tools }}<|go|>"));
        store.install("tiny-think",
                TestStore.scriptedModel(gguf, folder.resolve("think.gguf"), List.of("<think>", "\nHm,",
                        " well.", "\n</thi", "nk>\n\n", "Yes", " indeed!")),
                Map.of("template", THINK));
        store.install("tiny-fim", gguf, Map.of("template", FIM));
        store.install("tiny-harmony", gguf,
                Map.of("template", "<|start|>{{ .Prompt }}<|end|><|start|>assistant<|channel|>"));
        store.install("broken", gguf, Map.of("template", "{{ .Prompt"));
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0")).withStore(store.store()));
        client = new ApiClient(server.port());
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private static HttpResponse<Buffer> chat(String model, String fields) {
        return client.post("/api/chat", "{\"model\":\"" + model
                + "\",\"options\":{\"temperature\":0,\"num_predict\":40},\"messages\":[{\"role\":\"user\",\"content\":\"abc\"}]"
                + fields + "}");
    }

    private static String rendered(HttpResponse<Buffer> response) {
        return json(response).path("_debug_info").path("rendered_template").asText();
    }

    private static void assertCall(JsonNode call, int index, String city) {
        assertThat(call.path("id").asText()).matches("call_[a-z0-9]{8}");
        assertThat(call.path("function").path("index").intValue()).isEqualTo(index);
        assertThat(call.path("function").path("name").asText()).isEqualTo("get_weather");
        assertThat(call.path("function").path("arguments").path("city").asText()).isEqualTo(city);
    }

    /** 66: native form. */
    @Test
    void callsComeAsObjects() {
        JsonNode answer = json(chat("tiny-tools", ",\"stream\":false,\"tools\":[" + TOOL + "]"));
        JsonNode message = answer.path("message");
        assertThat(message.path("content").asText()).as(answer.toString()).isEqualTo("Let me look.");
        assertThat(message.path("tool_calls")).hasSize(2);
        assertCall(message.path("tool_calls").get(0), 0, "Rome");
        assertCall(message.path("tool_calls").get(1), 1, "Oslo");
        assertThat(answer.path("done_reason").asText()).isEqualTo("stop");

        List<JsonNode> lines = lines(chat("tiny-tools", ",\"tools\":[" + TOOL + "]"));
        List<JsonNode> calls = lines.stream().filter(line -> line.path("message").has("tool_calls")).toList();
        assertThat(calls).hasSize(2).allSatisfy(line -> {
            assertThat(line.path("done").booleanValue()).isFalse();
            assertThat(line.path("message").path("content").asText()).isEmpty();
            assertThat(line.path("message").path("tool_calls")).hasSize(1);
        });
        assertCall(calls.getLast().path("message").path("tool_calls").get(0), 1, "Oslo");
        assertThat(lines.getLast().path("message").has("tool_calls")).isFalse();
    }

    @Test
    void withoutToolsTheAnswerIsText() {
        assertThat(json(chat("tiny-tools", ",\"stream\":false")).path("message").path("content").asText()).contains(
                "<tool_call>{\"name\": \"get_weather\"");
    }

    /** Control tokens have no text of their own. */
    @Test
    void callsBetweenControlTokensAreFound() {
        JsonNode message = json(chat("tiny-mistral", ",\"stream\":false,\"tools\":[" + TOOL + "]")).path("message");
        assertThat(message.path("tool_calls")).as(message.toString()).hasSize(1);
        assertCall(message.path("tool_calls").get(0), 0, "Rome");
        assertThat(message.path("content").asText()).isEmpty();
    }

    /** 44, 46. */
    @Test
    void toolsReachTheTemplate() {
        HttpResponse<Buffer> refused = chat("tiny", ",\"tools\":[" + TOOL + "]");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(json(refused).path("error").asText()).isEqualTo(
                "registry.ollama.ai/library/tiny:latest does not support tools");
        HttpResponse<Buffer> response = client.post("/api/chat",
                "{\"model\":\"tiny-tools\",\"_debug_render_only\":true,\"tools\":["
                        + TOOL
                        + "],\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":"
                        + "[{\"function\":{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Rome\",\"n\":2}}}]},{\"role\":\"tool\",\"tool_name\":\"get_weather\",\"content\":\"rain\"}]}");
        assertThat(rendered(response)).isEqualTo(
                "U:a\n<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\":\"Rome\",\"n\":2}}</tool_call>\n"
                        + "R(get_weather):rain\n[" + TOOL + "]<|go|>");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "[1] | json: cannot unmarshal number into Go value of type api.Tool",
            "[{\"type\":\"function\"}] | a tool has no function", "[{\"function\":{}}] | a tool's function has no name",
            "5 | json: cannot unmarshal number into Go struct field ChatRequest.tools of type []"})
    void malformedToolsAreRefused(String tools, String message) {
        HttpResponse<Buffer> response = chat("tiny-tools", ",\"tools\":" + tools);
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(json(response).path("error").asText()).isEqualTo(message);
    }

    /** 43. */
    @Test
    void thinkingIsForModelsThatCan() {
        for (String think : List.of("true", "\"high\"")) {
            HttpResponse<Buffer> refused = chat("tiny", ",\"think\":" + think);
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(json(refused).path("error").asText()).isEqualTo("\"tiny\" does not support thinking");
        }
        assertThat(chat("tiny", ",\"think\":false,\"stream\":false").statusCode()).isEqualTo(200);
        HttpResponse<Buffer> wrong = chat("tiny", ",\"think\":\"huge\"");
        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(json(wrong).path("error").asText()).isEqualTo(
                "invalid think value: \"huge\" (must be \"high\", \"medium\", \"low\", \"max\", true, or false)");
    }

    /** 67. */
    @Test
    void thoughtsComeBeforeTheAnswer() {
        JsonNode answer = json(chat("tiny-think", ",\"stream\":false"));
        JsonNode message = answer.path("message");
        assertThat(message.path("thinking").asText()).as(answer.toString()).isEqualTo("Hm, well.\n");
        assertThat(message.path("content").asText()).isEqualTo("Yes indeed!");
        JsonNode raw = json(chat("tiny-think", ",\"stream\":false,\"think\":false")).path("message");
        assertThat(raw.has("thinking")).isFalse();
        assertThat(raw.path("content").asText()).contains("<think>");
        assertThat(rendered(chat("tiny-think", ",\"_debug_render_only\":true"))).endsWith("true,medium<|go|>");
        assertThat(rendered(chat("tiny-think", ",\"_debug_render_only\":true,\"think\":\"low\""))).endsWith(
                "true,low<|go|>");
        assertThat(rendered(chat("tiny-think", ",\"_debug_render_only\":true,\"think\":false")))
                .endsWith("false,<|go|>");
    }

    @Test
    void thoughtsAreFreeAndTheAnswerIsHeld() {
        String format = ",\"stream\":false,\"format\":{\"const\":\"No.\"}";
        JsonNode answer = json(chat("tiny-think", format));
        assertThat(answer.path("message").path("thinking").asText()).as(answer.toString()).isEqualTo("Hm, well.\n");
        assertThat(answer.path("message").path("content").asText()).isEqualTo("\"No.\"");
        assertThat(answer.path("done_reason").asText()).isEqualTo("stop");
        JsonNode unthinking = json(chat("tiny-think", format + ",\"think\":false")).path("message");
        assertThat(unthinking.has("thinking")).isFalse();
        assertThat(unthinking.path("content").asText()).isEqualTo("\"No.\"");
    }

    /** As in Ollama, a format leaves no room for calls. */
    @Test
    void aFormatHoldsAnswersWithToolsToo() {
        for (String model : List.of("tiny-tools", "tiny-mistral")) {
            JsonNode message = json(chat(model, ",\"stream\":false,\"format\":{\"const\":\"No.\"},\"tools\":[" + TOOL
                    + "]")).path("message");
            assertThat(message.path("content").asText()).as(message.toString()).isEqualTo("\"No.\"");
            assertThat(message.has("tool_calls")).isFalse();
        }
    }

    @Test
    void answersInChannelsCannotBeHeld() {
        HttpResponse<Buffer> refused = chat("tiny-harmony", ",\"format\":\"json\"");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(json(refused).path("error").asText())
                .startsWith("format is not supported for models that answer in");
    }

    /** 45. */
    @Test
    void gapsAreFilledByModelsThatCan() {
        HttpResponse<Buffer> refused = client.post("/api/generate",
                "{\"model\":\"tiny\",\"prompt\":\"a\",\"suffix\":\"b\"}");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(json(refused).path("error").asText()).isEqualTo(
                "registry.ollama.ai/library/tiny:latest does not support insert");
        assertThat(rendered(client.post("/api/generate",
                "{\"model\":\"tiny-fim\",\"prompt\":\"def f(\",\"suffix\":\"return\",\"_debug_render_only\":true}")))
                .isEqualTo("<PRE>def f(<SUF>return<MID>");
    }

    @Test
    void aRequestMayBringItsTemplate() {
        assertThat(rendered(client.post("/api/generate",
                "{\"model\":\"tiny\",\"prompt\":\"p\",\"system\":\"s\",\"template\":\"<{{ .System }}|{{ .Prompt }}>\",\"_debug_render_only\":true}")))
                .isEqualTo("<s|p>");
    }

    @ParameterizedTest
    @CsvSource({"tiny-tools,completion tools", "tiny-think,completion thinking", "tiny-fim,completion insert",
            "tiny,completion", "broken,completion"})
    void capabilitiesAreTheTemplates(String model, String capabilities) {
        JsonNode shown = json(client.post("/api/show", "{\"model\":\"" + model + "\"}"));
        assertThat(shown.path("capabilities")).extracting(JsonNode::asText).containsExactly(capabilities.split(" "));
        if (model.equals("tiny-fim")) {
            assertThat(shown.path("template").asText()).isEqualTo(FIM);
        }
    }

    /** A template that cannot be parsed does not take the model away: its file has another. */
    @Test
    void aBrokenTemplateIsPassedOver() {
        assertThat(chat("broken", ",\"stream\":false").statusCode()).isEqualTo(200);
    }
}
