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
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import static io.github.jnpu.server.ApiClient.eventually;
import static io.github.jnpu.server.ApiClient.json;
import static io.github.jnpu.server.ApiClient.lines;
import static org.assertj.core.api.Assertions.assertThat;

/** Generate and chat with a model of random weights: everything but sense. */
class AnswersTest {
    @TempDir
    static Path folder;
    static JnpuServer server;
    static ApiClient client;

    @BeforeAll
    static void start() throws IOException {
        TestStore store = new TestStore(folder.resolve("store"));
        Path gguf = TestStore.randomModel(folder.resolve("tiny.gguf"));
        store.install("tiny", gguf, Map.of());
        store.install("tuned", gguf, Map.of("params", "{\"num_predict\":3,\"temperature\":0,\"stop\":[\"~~\"]}",
                "system",
                "You are a duck.", "messages",
                "[{\"role\":\"user\",\"content\":\"Quack?\"},{\"role\":\"assistant\",\"content\":\"Quack.\"}]"));
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0")).withStore(store.store()));
        client = new ApiClient(server.port());
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private static JsonNode generate(String fields) {
        HttpResponse<Buffer> response = client.post("/api/generate",
                "{\"model\":\"tiny\",\"stream\":false," + fields + "}");
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(200);
        return json(response);
    }

    private static JsonNode loaded() {
        return json(client.get("/api/ps")).path("models");
    }

    @Test
    void streamIsLinesOfJson() {
        HttpResponse<Buffer> response = client.post("/api/generate",
                "{\"model\":\"tiny\",\"prompt\":\"abc\",\"options\":{\"num_predict\":8,\"temperature\":0}}");
        assertThat(response.getHeader("Content-Type")).isEqualTo("application/x-ndjson");
        assertThat(response.getHeader("Transfer-Encoding")).isEqualTo("chunked");
        List<JsonNode> lines = lines(response);
        JsonNode last = lines.getLast();
        assertThat(lines.subList(0, lines.size() - 1)).allSatisfy(line -> {
            assertThat(line.path("done").booleanValue()).isFalse();
            assertThat(line.path("created_at").asText()).matches("\\d{4}-.*T.*\\.\\d{9}Z");
            assertThat(line.path("model").asText()).isEqualTo("tiny");
            assertThat(line.has("context")).isFalse();
        });
        assertThat(last.path("done").booleanValue()).isTrue();
        assertThat(last.path("done_reason").asText()).isIn("stop", "length");
        assertThat(last.path("context").size()).isEqualTo(last.path("prompt_eval_count").intValue() + last.path(
                "eval_count").intValue());
        for (String duration : List.of("total_duration", "load_duration", "prompt_eval_duration", "eval_duration")) {
            assertThat(last.path(duration).longValue()).as(duration).isPositive();
        }
        assertThat(last.path("response").asText()).isEmpty();

        JsonNode whole = generate("\"prompt\":\"abc\",\"options\":{\"num_predict\":8,\"temperature\":0}");
        assertThat(whole.path("response").asText()).isNotEmpty().isEqualTo(lines.stream().map(line -> line.path(
                "response").asText()).collect(Collectors.joining()));
        assertThat(whole.path("context")).isEqualTo(last.path("context"));
    }

    @Test
    void chatStreamsMessages() {
        List<JsonNode> lines = lines(client.post("/api/chat",
                "{\"model\":\"tiny\",\"messages\":[{\"role\":\"User\",\"content\":\"abc\"}],\"options\":{\"num_predict\":4}}"));
        assertThat(lines).allSatisfy(line -> assertThat(line.path("message").path("role").asText()).isEqualTo(
                "assistant"));
        assertThat(lines.getLast().path("message").path("content").asText()).isEmpty();
        assertThat(lines.getLast().has("context")).isFalse();
        assertThat(lines.getLast().path("done").booleanValue()).isTrue();
    }

    @Test
    void emptyPromptLoadsAndKeepAliveZeroUnloads() {
        client.post("/api/generate", "{\"model\":\"tiny\",\"keep_alive\":0}");
        assertThat(eventually(() -> loaded().isEmpty())).isTrue();
        HttpResponse<Buffer> load = client.post("/api/generate", "{\"model\":\"tiny\"}");
        assertThat(load.getHeader("Content-Type")).isEqualTo("application/json; charset=utf-8");
        assertThat(json(load).path("done_reason").asText()).isEqualTo("load");
        assertThat(json(load).has("total_duration")).isFalse();
        JsonNode running = loaded().get(0);
        assertThat(running.path("name").asText()).isEqualTo("tiny:latest");
        assertThat(running.path("context_length").intValue()).isEqualTo(2048);
        assertThat(running.path("size").longValue()).isGreaterThan(1_000_000);
        assertThat(running.path("size_vram").intValue()).isZero();

        JsonNode chat = json(client.post("/api/chat", "{\"model\":\"tiny\",\"messages\":[]}"));
        assertThat(chat.path("done_reason").asText()).isEqualTo("load");
        assertThat(chat.path("message").path("role").asText()).isEqualTo("assistant");
        JsonNode unload = json(client.post("/api/chat", "{\"model\":\"tiny\",\"messages\":[],\"keep_alive\":0}"));
        assertThat(unload.path("done_reason").asText()).isEqualTo("unload");
        assertThat(eventually(() -> loaded().isEmpty())).isTrue();
        // Nothing is loaded, and nothing loads for it.
        assertThat(json(client.post("/api/generate", "{\"model\":\"tiny\",\"keep_alive\":\"0s\"}")).path("done_reason")
                .asText()).isEqualTo("unload");
        assertThat(loaded()).isEmpty();
    }

    @Test
    void keepAliveOfARequestHolds() {
        generate("\"prompt\":\"a\",\"keep_alive\":0,\"options\":{\"num_predict\":1}");
        assertThat(eventually(() -> loaded().isEmpty())).isTrue();
        generate("\"prompt\":\"a\",\"keep_alive\":\"1s\",\"options\":{\"num_predict\":1}");
        OffsetDateTime expiry = OffsetDateTime.parse(loaded().get(0).path("expires_at").asText());
        assertThat(expiry).isBefore(OffsetDateTime.now().plus(Duration.ofSeconds(2)));
        assertThat(eventually(() -> loaded().isEmpty())).isTrue();
        generate("\"prompt\":\"a\",\"keep_alive\":-1,\"options\":{\"num_predict\":1}");
        assertThat(OffsetDateTime.parse(loaded().get(0).path("expires_at").asText()).getYear()).isGreaterThan(2200);
        // One that does not say keeps what was said before.
        generate("\"prompt\":\"a\",\"options\":{\"num_predict\":1}");
        assertThat(OffsetDateTime.parse(loaded().get(0).path("expires_at").asText()).getYear()).isGreaterThan(2200);
        generate("\"prompt\":\"a\",\"keep_alive\":\"5m\",\"options\":{\"num_predict\":1}");
        assertThat(OffsetDateTime.parse(loaded().get(0).path("expires_at").asText())).isBefore(OffsetDateTime.now()
                .plusMinutes(6));
    }

    @Test
    void limitOfTokensEndsWithLength() {
        JsonNode answer = generate("\"prompt\":\"abc\",\"options\":{\"num_predict\":5,\"seed\":3}");
        assertThat(answer.path("eval_count").intValue()).isLessThanOrEqualTo(5);
        if (answer.path("eval_count").intValue() == 5) {
            assertThat(answer.path("done_reason").asText()).isEqualTo("length");
        }
    }

    @Test
    void seedDecides() {
        String fields = "\"prompt\":\"abc\",\"options\":{\"num_predict\":30,\"temperature\":0.8,\"seed\":%d}";
        JsonNode first = generate(fields.formatted(42));
        JsonNode second = generate(fields.formatted(42));
        assertThat(first.path("response").asText()).isNotEmpty().isEqualTo(second.path("response").asText());
        // The cache of the first does not lower the count.
        assertThat(first.path("prompt_eval_count").intValue()).isPositive().isEqualTo(second.path("prompt_eval_count")
                .intValue());
        assertThat(generate(fields.formatted(2)).path("response").asText()).isNotEqualTo(first.path("response")
                .asText());
    }

    @Test
    void stopStringsEndTheText() {
        String options = "\"prompt\":\"abc\",\"options\":{\"num_predict\":20,\"temperature\":0%s}";
        String text = generate(options.formatted("")).path("response").asText();
        String stop = text.substring(text.length() / 2, text.length() / 2 + 2);
        String quoted = ApiClient.JSON.valueToTree(stop).toString();
        JsonNode stopped = generate(options.formatted(",\"stop\":[" + quoted + "]"));
        assertThat(stopped.path("response").asText()).isEqualTo(text.substring(0, text.indexOf(stop)));
        assertThat(stopped.path("done_reason").asText()).isEqualTo("stop");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "\"options\":{\"num_ctx\":\"512\"}           | 500 | option \"num_ctx\" must be of type integer",
            "\"options\":{\"stop\":\"x\"}                | 500 | option \"stop\" must be of type array",
            "\"options\":{\"stop\":[1]}                  | 500 | option \"stop\" must be of an array of strings",
            "\"options\":{\"temperature\":\"x\"}         | 500 | option \"temperature\" must be of type float32",
            "\"options\":{\"use_mmap\":1}                | 500 | option \"use_mmap\" must be of type boolean",
            "\"options\":{\"repeat_penalty\":0}          | 400 | invalid option: repeat_penalty must be above 0, is 0.0",
            "\"format\":\"yaml\"                         | 500 | invalid format: \"\\\"yaml\\\"\"; expected \"json\" or a valid JSON Schema object",
            "\"format\":{\"not\":{}}                     | 400 | schema #/not: 'not' is not supported: it cannot be held while a text is written",
            "\"format\":{\"enum\":[]}                   | 400 | the grammar derives no text: every way through it goes on for ever or is empty",
            "\"think\":true                              | 400 | \"tiny\" does not support thinking",
            "\"suffix\":\"x\"                            | 400 | registry.ollama.ai/library/tiny:latest does not support insert",
            "\"raw\":true,\"system\":\"x\"               | 400 | raw mode does not support template, system, or context",
            "\"images\":[\"AAAA\"]                       | 400 | \"tiny\" does not support images",
            "\"template\":\"{{ .Prompt\"                 | 500 | the Go template cannot be parsed: line 1: unclosed action",
            "\"context\":[999999]                        | 400 | context has the token 999999, which the model does not know",
            "\"context\":[\"x\"]                         | 400 | json: cannot unmarshal string into Go struct field GenerateRequest.context of type int"})
    void refusals(String fields, int status, String message) {
        HttpResponse<Buffer> response = client.post("/api/generate",
                "{\"model\":\"tiny\",\"prompt\":\"abc\"," + fields + "}");
        assertThat(json(response).path("error").asText()).isEqualTo(message);
        assertThat(response.statusCode()).isEqualTo(status);
    }

    @Test
    void formatHoldsTheAnswer() throws IOException {
        String schema = "\"prompt\":\"x\",\"options\":{\"num_predict\":300,\"seed\":%d},\"format\":{\"type\":\"object\",\"properties\":{\"a\":{\"enum\":[\"x\",\"y\"]},\"n\":{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":12},\"minItems\":2,\"maxItems\":3}},\"required\":[\"a\",\"n\"],\"additionalProperties\":false}";
        for (int seed = 0; seed < 5; seed++) {
            JsonNode answer = generate(schema.formatted(seed));
            assertThat(answer.path("done_reason").asText()).isEqualTo("stop");
            JsonNode value = ApiClient.JSON.readTree(answer.path("response").asText());
            assertThat(value.path("a").asText()).isIn("x", "y");
            assertThat(value.path("n").size()).isBetween(2, 3);
            value.path("n").forEach(number -> assertThat(number.intValue()).isBetween(1, 12));
        }
        JsonNode any = generate("\"prompt\":\"x\",\"options\":{\"num_predict\":20},\"format\":\"json\"");
        assertThat(any.path("response").asText()).startsWith("{");
    }

    @Test
    void toolsAreRefusedByName() {
        HttpResponse<Buffer> response = client.post("/api/chat",
                "{\"model\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}");
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(json(response).path("error").asText()).isEqualTo(
                "registry.ollama.ai/library/tiny:latest does not support tools");
    }

    @Test
    void harmlessFieldsPass() {
        for (String fields : List.of("\"format\":\"\"", "\"format\":null", "\"think\":false", "\"bogus\":{}",
                "\"options\":{\"bogus\":1,\"num_predict\":1.9,\"mirostat\":2,\"seed\":null}")) {
            generate("\"prompt\":\"a\"," + fields + (fields.contains("options")
                    ? ""
                    : ",\"options\":{\"num_predict\":1}"));
        }
    }

    @Test
    void contextLengthReloads() {
        generate("\"prompt\":\"a\",\"options\":{\"num_ctx\":256,\"num_predict\":1}");
        assertThat(loaded().get(0).path("context_length").intValue()).isEqualTo(256);
        // One that does not say takes what is there.
        generate("\"prompt\":\"a\",\"options\":{\"num_predict\":1}");
        assertThat(loaded().get(0).path("context_length").intValue()).isEqualTo(256);
        generate("\"prompt\":\"a\",\"options\":{\"num_ctx\":512,\"num_predict\":1}");
        assertThat(loaded().get(0).path("context_length").intValue()).isEqualTo(512);
        generate("\"prompt\":\"a\",\"options\":{\"num_ctx\":1000000,\"num_predict\":1}");
        assertThat(loaded().get(0).path("context_length").intValue()).isEqualTo(2048);
        assertThat(loaded()).hasSize(1);
    }

    @Test
    void rawHasNoContext() {
        assertThat(generate("\"prompt\":\"abc\",\"raw\":true,\"options\":{\"num_predict\":2}").has("context"))
                .isFalse();
    }

    @Test
    void contextGoesOn() {
        JsonNode first = generate("\"prompt\":\"abc\",\"options\":{\"num_predict\":5,\"temperature\":0}");
        JsonNode alone = generate("\"prompt\":\"def\",\"options\":{\"num_predict\":1,\"temperature\":0}");
        JsonNode second = generate("\"prompt\":\"def\",\"context\":" + first.path("context")
                + ",\"options\":{\"num_predict\":1,\"temperature\":0}");
        // All of the first, then the new prompt without a second BOS.
        assertThat(second.path("prompt_eval_count").intValue()).isEqualTo(first.path("context").size() + alone.path(
                "prompt_eval_count").intValue() - 1);
        assertThat(second.path("context").toString()).startsWith(first.path("context").toString().replace("]", ","));
    }

    @Test
    void renderOnlyShowsThePrompt() {
        JsonNode chat = json(client.post("/api/chat",
                """
                        {"model":"tuned","_debug_render_only":true,"messages":[
                        {"role":"user","content":"first"},{"role":"assistant","content":"second"},{"role":"user","content":"third"}]}
                        """));
        assertThat(chat.path("_debug_info").path("rendered_template").asText()).containsSubsequence("You are a duck.",
                "Quack?", "Quack.", "first", "second", "third");
        assertThat(chat.path("done").booleanValue()).isFalse();
        JsonNode own = json(client.post("/api/chat", """
                {"model":"tuned","_debug_render_only":true,"messages":[
                {"role":"system","content":"You are a cow."},{"role":"user","content":"first"}]}
                """));
        assertThat(own.path("_debug_info").path("rendered_template").asText()).contains("cow").doesNotContain("duck");
        JsonNode generate = generate("\"prompt\":\"abc\",\"system\":\"S.\",\"_debug_render_only\":true");
        assertThat(generate.path("_debug_info").path("rendered_template").asText()).containsSubsequence("S.", "abc");
    }

    @Test
    void modelfileParametersHoldUnlessTheRequestSays() {
        JsonNode own = json(client.post("/api/generate", "{\"model\":\"tuned\",\"prompt\":\"abc\",\"stream\":false}"));
        assertThat(own.path("eval_count").intValue()).isEqualTo(3);
        JsonNode asked = json(client.post("/api/generate",
                "{\"model\":\"tuned\",\"prompt\":\"abc\",\"stream\":false,\"options\":{\"num_predict\":6}}"));
        assertThat(asked.path("eval_count").intValue()).isEqualTo(6);
    }

    @Test
    void longChatsLoseTheirOldestMessages() {
        String messages = java.util.stream.IntStream.range(0, 200)
                .mapToObj(i -> "{\"role\":\"%s\",\"content\":\"number %d\"}"
                        .formatted(i % 2 == 0 ? "user" : "assistant", i))
                .collect(Collectors.joining(","));
        String body = "{\"model\":\"tiny\",\"stream\":false,\"messages\":[{\"role\":\"system\",\"content\":\"Stay.\"},%s],\"options\":{\"num_ctx\":256,\"num_predict\":2}%s}";
        JsonNode answer = json(client.post("/api/chat", body.formatted(messages, "")));
        assertThat(answer.path("prompt_eval_count").intValue()).isBetween(200, 255);
        String rendered = json(client.post("/api/chat", body.formatted(messages, ",\"_debug_render_only\":true"))).path(
                "_debug_info").path("rendered_template").asText();
        assertThat(rendered).contains("Stay.", "number 199").doesNotContain("number 0\n", "number 1\n");

        HttpResponse<Buffer> whole = client.post("/api/chat", body.formatted(messages, ",\"truncate\":false"));
        assertThat(whole.statusCode()).isEqualTo(400);
        assertThat(json(whole).path("error").asText()).contains("context", "longer");
        String huge = "{\"model\":\"tiny\",\"stream\":false,%s\"options\":{\"num_ctx\":256,\"num_predict\":1}}"
                .formatted(
                        "\"messages\":[{\"role\":\"user\",\"content\":\"" + "long ".repeat(2000) + "\"}],%s");
        for (String forbidden : List.of("\"shift\":false,", "\"truncate\":false,")) {
            HttpResponse<Buffer> refused = client.post("/api/chat", huge.formatted(forbidden));
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(json(refused).path("error").asText()).contains("context", "longer");
        }
        // Four tokens in front, BOS, and the newest of the others up to half of what remains.
        assertThat(json(client.post("/api/chat", huge.formatted(""))).path("prompt_eval_count").intValue()).isEqualTo(
                256 - (256 - 5) / 2);
        assertThat(generate("\"raw\":true,\"prompt\":\"" + "long ".repeat(2000)
                + "\",\"options\":{\"num_ctx\":256,\"num_predict\":1,\"num_keep\":99}").path("prompt_eval_count")
                .intValue())
                .isEqualTo(256 - (256 - 100) / 2);
    }

    /** 49: what is said goes on where the context is full, unless the request forbids it. */
    @Test
    void contextsAreShifted() {
        String fields = "\"prompt\":\"abc\",\"options\":{\"num_ctx\":64,\"num_predict\":%d,\"temperature\":0}";
        assertThat(generate(fields.formatted(150)).path("eval_count").intValue()).isEqualTo(150);
        assertThat(generate(fields.formatted(-1)).path("eval_count").intValue()).isEqualTo(640);
        // A request without num_ctx would take the small context over.
        JsonNode ended = generate("\"shift\":false,\"keep_alive\":0," + fields.formatted(150));
        assertThat(eventually(() -> loaded().isEmpty())).isTrue();
        assertThat(ended.path("prompt_eval_count").intValue() + ended.path("eval_count").intValue()).isEqualTo(64);
        assertThat(ended.path("done_reason").asText()).isEqualTo("length");
    }

    @Test
    void longContextsLoseTheirOldestTokens() {
        String context = java.util.stream.IntStream.range(0, 300).mapToObj(i -> String.valueOf(i % 400 + 3)).collect(
                Collectors.joining(","));
        String fields = "\"prompt\":\"abc\",\"context\":[" + context
                + "],\"options\":{\"num_ctx\":256,\"num_predict\":2}";
        JsonNode answer = generate(fields);
        assertThat(answer.path("prompt_eval_count").intValue()).isBetween(100, 255);
        assertThat(client.post("/api/generate", "{\"model\":\"tiny\",\"truncate\":false," + fields + "}").statusCode())
                .isEqualTo(400);
    }

    @Test
    void fullContextEndsWithLength() {
        JsonNode answer = generate(
                "\"prompt\":\"abc\",\"shift\":false,\"options\":{\"num_ctx\":64,\"num_predict\":1000,\"seed\":1,\"temperature\":1.5}");
        int tokens = answer.path("prompt_eval_count").intValue() + answer.path("eval_count").intValue();
        assertThat(tokens).isLessThanOrEqualTo(64);
        if (tokens == 64) {
            assertThat(answer.path("done_reason").asText()).isEqualTo("length");
        }
    }

    @Test
    void namesMatchInAnyCase() {
        JsonNode answer = json(client.post("/api/generate",
                "{\"model\":\"TINY:Latest\",\"prompt\":\"a\",\"stream\":false,\"options\":{\"num_predict\":1}}"));
        assertThat(answer.path("model").asText()).isEqualTo("TINY:Latest");
        assertThat(answer.path("done").booleanValue()).isTrue();
    }
}
