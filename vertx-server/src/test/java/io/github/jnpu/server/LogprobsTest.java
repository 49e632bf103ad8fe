package io.github.jnpu.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.client.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import static io.github.jnpu.server.ApiClient.json;
import static io.github.jnpu.server.ApiClient.lines;
import static org.assertj.core.api.Assertions.assertThat;

/** Probabilities over the wire; the numbers are those of the black-box tests in the conformance document. */
class LogprobsTest {
    private static final String TOOLS = "{{ range .Messages }}{{ .Content }}{{ if .ToolCalls }}<tool_call>{{ range .ToolCalls }}{{ .Function.Name }}{{ end }}</tool_call>{{ end }}{{ end }}{{ .Tools }}<|go|>";
    private static final String NUMBER = "-?[0-9.E-]+";

    @TempDir
    static Path folder;
    static JnpuServer server;
    static ApiClient client;

    @BeforeAll
    static void start() throws IOException {
        TestStore store = new TestStore(folder.resolve("store"));
        Path gguf = TestStore.randomModel(folder.resolve("tiny.gguf"));
        store.install("tiny", gguf, Map.of());
        store.install("tiny-tools", TestStore.scriptedModel(gguf, folder.resolve("tools.gguf"), List.of("Look:",
                "<tool_call>", "{\"name\": ", "\"get_weather\", ", "\"arguments\": ", "{\"city\": \"Ro", "me\"}}",
                "</tool_call>")), Map.of("template", TOOLS));
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0")).withStore(store.store()));
        client = new ApiClient(server.port());
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private static HttpResponse<Buffer> post(String path, String fields) {
        HttpResponse<Buffer> response = client.post(path, "{" + fields + "}");
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(200);
        return response;
    }

    private static String generate(String model, String fields) {
        return "\"model\":\"" + model + "\",\"prompt\":\"abc\"," + fields;
    }

    private static String chat(String model, String fields) {
        return "\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"abc\"}]," + fields;
    }

    private static void assertEntries(List<JsonNode> entries, int count, int alternatives) {
        assertThat(entries).hasSize(count).allSatisfy(entry -> {
            assertToken(entry);
            assertThat(entry.path("top_logprobs")).hasSize(alternatives).allSatisfy(one -> {
                assertToken(one);
                assertThat(one.has("top_logprobs")).isFalse();
            });
            double before = 0;
            for (JsonNode one : entry.path("top_logprobs")) {
                assertThat(one.path("logprob").doubleValue()).isLessThanOrEqualTo(before);
                before = one.path("logprob").doubleValue();
            }
        });
    }

    private static void assertToken(JsonNode entry) {
        assertThat(entry.path("logprob").doubleValue()).isNotPositive();
        String token = entry.path("token").asText();
        if (token.isEmpty()) {
            assertThat(entry.has("bytes")).isFalse();
            return;
        }
        byte[] bytes = token.getBytes(StandardCharsets.UTF_8);
        assertThat(entry.path("bytes")).hasSize(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            assertThat(entry.path("bytes").get(i).intValue()).isEqualTo(Byte.toUnsignedInt(bytes[i]));
        }
    }

    private static List<JsonNode> list(JsonNode array) {
        List<JsonNode> list = new ArrayList<>();
        array.forEach(list::add);
        return list;
    }

    private static List<JsonNode> events(HttpResponse<Buffer> response) {
        return Stream.of(response.bodyAsString().split("\n\n")).filter(event -> !event.equals("data: [DONE]")).map(
                event -> json(event.substring("data: ".length()))).toList();
    }

    /** 47. */
    @Test
    void generateTellsThem() {
        for (int alternatives : new int[]{0, 3, 20}) {
            String fields = generate("tiny", "\"logprobs\":true,\"top_logprobs\":" + alternatives
                    + ",\"options\":{\"num_predict\":4,\"temperature\":0}");
            JsonNode whole = json(post("/api/generate", fields + ",\"stream\":false"));
            assertEntries(list(whole.path("logprobs")), whole.path("eval_count").intValue(), alternatives);
            List<JsonNode> lines = lines(post("/api/generate", fields));
            List<JsonNode> streamed = lines.stream().flatMap(line -> list(line.path("logprobs")).stream()).toList();
            assertThat(streamed).isEqualTo(list(whole.path("logprobs")));
            assertThat(lines.getFirst().path("logprobs")).isNotEmpty();
        }
        // Nobody asked: a number of alternatives alone is none.
        for (String fields : List.of("\"top_logprobs\":3", "\"logprobs\":false")) {
            assertThat(json(post("/api/generate", generate("tiny", fields
                    + ",\"stream\":false,\"options\":{\"num_predict\":2}"))).has("logprobs")).isFalse();
        }
    }

    /** 47: the fields' order is Go's. */
    @Test
    void theWireIsOllamas() {
        String entry = "\\{\"token\":\"%s\",\"logprob\":" + NUMBER + ",\"bytes\":\\[%s]";
        String body = lines(post("/api/chat", chat("tiny-tools", "\"logprobs\":true,\"top_logprobs\":1"))).getFirst()
                .toString();
        String look = entry.formatted("Look:", "76,111,111,107,58");
        assertThat(body).matches(
                ".*\"message\":\\{\"role\":\"assistant\",\"content\":\"Look:\"},\"done\":false,\"logprobs\":\\["
                        + look + ",\"top_logprobs\":\\[" + look + "}]}]}");
        assertThat(post("/api/generate", generate("tiny-tools",
                "\"raw\":true,\"prompt\":\"<|go|>\",\"logprobs\":true,\"options\":{\"num_predict\":1}")).bodyAsString()
                .lines().findFirst().orElseThrow()).matches(".*\"response\":\"Look:\",\"done\":false,\"logprobs\":\\["
                        + look + "}]}");
    }

    /** What a call is made of has probabilities, too, and no text that they could wait for. */
    @Test
    void theyComeWhileTextIsHeldBack() {
        String tools = "\"options\":{\"temperature\":0},\"logprobs\":true,\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}}]";
        List<JsonNode> lines = lines(post("/api/chat", chat("tiny-tools", tools)));
        assertThat(lines.stream().flatMap(line -> list(line.path("logprobs")).stream()).map(entry -> entry.path("token")
                .asText())).containsExactly("Look:", "<tool_call>", "{\"name\": ", "\"get_weather\", ",
                        "\"arguments\": ", "{\"city\": \"Ro", "me\"}}", "</tool_call>");
        assertThat(lines).filteredOn(line -> line.path("message").has("tool_calls")).hasSize(1);
        assertThat(lines).filteredOn(line -> line.path("message").path("content").asText().isEmpty() && !line.path(
                "message").has("tool_calls") && !line.path("done").booleanValue()).isNotEmpty().allSatisfy(
                        line -> assertThat(line.path("logprobs")).hasSize(1));
    }

    @Test
    void openAisChatNestsThem() {
        String fields = chat("tiny", "\"temperature\":0,\"max_tokens\":4,\"logprobs\":true,\"top_logprobs\":2");
        JsonNode choice = json(post("/v1/chat/completions", fields)).path("choices").get(0);
        assertEntries(list(choice.path("logprobs").path("content")), 4, 2);
        List<JsonNode> streamed = events(post("/v1/chat/completions", fields + ",\"stream\":true")).stream().flatMap(
                event -> list(event.path("choices").path(0).path("logprobs").path("content")).stream()).toList();
        assertThat(streamed).isEqualTo(list(choice.path("logprobs").path("content")));
        assertThat(json(post("/v1/chat/completions", chat("tiny", "\"max_tokens\":2"))).path("choices").get(0).has(
                "logprobs")).isFalse();
    }

    @Test
    void openAisCompletionsHaveListsSideBySide() {
        String fields = generate("tiny", "\"temperature\":0,\"max_tokens\":4,\"logprobs\":2");
        JsonNode choice = json(post("/v1/completions", fields)).path("choices").get(0);
        JsonNode logprobs = choice.path("logprobs");
        assertThat(logprobs.properties()).extracting(Map.Entry::getKey).containsExactly("tokens", "token_logprobs",
                "top_logprobs", "text_offset");
        assertThat(logprobs.path("tokens")).hasSize(4);
        assertThat(list(logprobs.path("token_logprobs"))).hasSize(4).allSatisfy(value -> assertThat(value
                .doubleValue()).isNotPositive());
        int offset = 0;
        for (int i = 0; i < 4; i++) {
            String token = logprobs.path("tokens").get(i).asText();
            assertThat(logprobs.path("text_offset").get(i).intValue()).isEqualTo(offset);
            assertThat(logprobs.path("top_logprobs").get(i).path(token).doubleValue()).isEqualTo(logprobs.path(
                    "token_logprobs").get(i).doubleValue());
            offset += token.codePointCount(0, token.length());
        }
        List<Integer> offsets = new ArrayList<>();
        for (JsonNode event : events(post("/v1/completions", fields + ",\"stream\":true"))) {
            event.path("choices").path(0).path("logprobs").path("text_offset").forEach(one -> offsets.add(one
                    .intValue()));
        }
        assertThat(offsets).isEqualTo(list(logprobs.path("text_offset")).stream().map(JsonNode::intValue).toList());
        assertThat(json(post("/v1/completions", generate("tiny", "\"max_tokens\":2,\"logprobs\":0"))).path("choices")
                .get(0).has("logprobs")).isFalse();
    }

    /** 47. */
    @Test
    void moreThanTwentyAreRefused() {
        for (String body : List.of("/api/generate {\"model\":\"tiny\",\"prompt\":\"a\",\"top_logprobs\":21}",
                "/api/chat {\"model\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"top_logprobs\":-1}",
                "/v1/chat/completions {\"model\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"top_logprobs\":21}",
                "/v1/completions {\"model\":\"tiny\",\"prompt\":\"a\",\"logprobs\":21}")) {
            int space = body.indexOf(' ');
            HttpResponse<Buffer> response = client.post(body.substring(0, space), body.substring(space + 1));
            assertThat(response.statusCode()).isEqualTo(400);
            assertThat(response.bodyAsString()).contains("top_logprobs must be between 0 and 20");
        }
    }
}
