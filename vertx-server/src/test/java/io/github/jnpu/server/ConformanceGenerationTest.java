package io.github.jnpu.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.client.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static io.github.jnpu.server.ApiClient.eventually;
import static org.assertj.core.api.Assertions.assertThat;

/** The cases 23 and 26 to 52 of the conformance list, by their numbers. */
class ConformanceGenerationTest {
    private static final String GREEDY = "'options':{'temperature':0,'num_predict':8}";

    @TempDir
    static Path folder;
    static ConformanceServer server;

    @BeforeAll
    static void start() throws IOException {
        server = new ConformanceServer(folder, Map.of("OLLAMA_CONTEXT_LENGTH", "1024")).withModels();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static JsonNode generate(String fields) {
        return server.ok("/api/generate", "{'model':'tiny','stream':false," + fields + "}");
    }

    private static List<String> loaded() {
        List<String> names = new ArrayList<>();
        server.running().forEach(model -> names.add(model.path("name").asText()));
        return names;
    }

    @Test
    @DisplayName("Case 23: show, verbose and not")
    void show() {
        JsonNode brief = server.ok("/api/show", "{'model':'tiny'}").path("model_info");
        JsonNode verbose = server.ok("/api/show", "{'model':'tiny','verbose':true}").path("model_info");
        assertThat(brief.path("general.architecture").asText()).isEqualTo("llama");
        assertThat(brief.path("tokenizer.ggml.tokens")).isEmpty();
        assertThat(brief.has("tokenizer.ggml.tokens")).isTrue();
        assertThat(verbose.path("tokenizer.ggml.tokens")).hasSizeGreaterThan(500);
        assertThat(verbose.has("tokenizer.chat_template")).isFalse();
    }

    @Test
    @DisplayName("Cases 26 and 27: an answer in lines and at once")
    void linesAndOneObject() {
        List<JsonNode> lines = server.stream("/api/generate", "{'model':'tiny','prompt':'abc'," + GREEDY + "}");
        JsonNode last = lines.getLast();
        assertThat(lines.subList(0, lines.size() - 1)).allMatch(line -> !line.path("done").asBoolean(true));
        assertThat(last.path("done").asBoolean()).isTrue();
        assertThat(last.path("done_reason").asText()).isIn("stop", "length");
        for (String duration : List.of("total_duration", "load_duration", "prompt_eval_duration", "eval_duration")) {
            assertThat(last.path(duration).isIntegralNumber()).isTrue();
            assertThat(last.path(duration).asLong()).isPositive();
        }
        assertThat(last.path("context")).isNotEmpty().allMatch(JsonNode::isInt);
        assertThat(last.path("created_at").asText()).endsWith("Z");

        HttpResponse<Buffer> whole = server.post("/api/generate",
                ("{'model':'tiny','prompt':'abc','stream':false," + GREEDY + "}").replace('\'', '"'));
        assertThat(whole.getHeader("Content-Type")).isEqualTo("application/json; charset=utf-8");
        assertThat(ApiClient.json(whole).path("response").asText()).isEqualTo(String.join("", lines.stream().map(
                line -> line.path("response").asText()).toList()));
    }

    @Test
    @DisplayName("Cases 28 to 30: loading and unloading")
    void loadAndUnload() {
        JsonNode load = server.ok("/api/generate", "{'model':'tiny'}");
        assertThat(load.path("done_reason").asText()).isEqualTo("load");
        assertThat(load.has("total_duration")).isFalse();
        assertThat(server.running().get(0).path("context_length").asInt()).isEqualTo(1024);
        JsonNode chat = server.ok("/api/chat", "{'model':'tiny','messages':[]}");
        assertThat(chat.path("done_reason").asText()).isEqualTo("load");
        assertThat(chat.path("message").path("role").asText()).isEqualTo("assistant");
        assertThat(server.ok("/api/chat", "{'model':'tiny','messages':[],'keep_alive':0}").path("done_reason")
                .asText()).isEqualTo("unload");
        assertThat(eventually(() -> !loaded().contains("tiny:latest"))).isTrue();
        generate("'prompt':'abc','keep_alive':0," + GREEDY);
        assertThat(eventually(() -> !loaded().contains("tiny:latest"))).isTrue();
    }

    @Test
    @DisplayName("Cases 31 and 32: how long a model stays")
    void keepAlive() {
        generate("'prompt':'abc','keep_alive':'2s'," + GREEDY);
        Instant until = OffsetDateTime.parse(server.running().get(0).path("expires_at").asText()).toInstant();
        assertThat(until).isBefore(Instant.now().plus(Duration.ofMillis(2100)));
        assertThat(eventually(() -> !loaded().contains("tiny:latest"))).isTrue();
        generate("'prompt':'abc','keep_alive':-1," + GREEDY);
        assertThat(OffsetDateTime.parse(server.running().get(0).path("expires_at").asText()).getYear()).isGreaterThan(
                2200);
        generate("'prompt':'abc','keep_alive':'5m'," + GREEDY);
        server.refuses("/api/generate", "{'model':'tiny','prompt':'a','keep_alive':'10'}", 400, "missing unit");
        server.refuses("/api/generate", "{'model':'tiny','prompt':'a','keep_alive':true}", 400, "");
    }

    @Test
    @DisplayName("Cases 33 to 36: length, seed, temperature, stop")
    void sampling() {
        JsonNode five = generate("'prompt':'abc','options':{'num_predict':5,'temperature':0}");
        assertThat(five.path("eval_count").asInt()).isEqualTo(5);
        assertThat(five.path("done_reason").asText()).isEqualTo("length");
        String seeded = "'prompt':'abc','options':{'num_predict':12,'temperature':0.8,'seed':%d}";
        assertThat(generate(seeded.formatted(42)).path("response")).isEqualTo(generate(seeded.formatted(42)).path(
                "response"));
        assertThat(generate(seeded.formatted(1)).path("response")).isNotEqualTo(generate(seeded.formatted(2)).path(
                "response"));
        JsonNode first = generate("'prompt':'abc'," + GREEDY);
        JsonNode second = generate("'prompt':'abc'," + GREEDY);
        assertThat(second.path("response")).isEqualTo(first.path("response"));
        assertThat(second.path("prompt_eval_count")).isEqualTo(first.path("prompt_eval_count"));
        String text = first.path("response").asText();
        String stop = text.substring(text.length() / 2, text.length() / 2 + 2);
        JsonNode cut = server.ok("/api/generate",
                "{'model':'tiny','stream':false,'prompt':'abc','options':{'temperature':0,'num_predict':8,'stop':["
                        + ApiClient.JSON.valueToTree(stop) + "]}}");
        assertThat(cut.path("response").asText()).isEqualTo(text.substring(0, text.indexOf(stop)));
        assertThat(cut.path("done_reason").asText()).isEqualTo("stop");
    }

    @Test
    @DisplayName("Cases 37 and 38: options of the wrong type, the context's length")
    void options() {
        server.refuses("/api/generate", "{'model':'tiny','prompt':'a','options':{'num_ctx':'512'}}", 500,
                "option \"num_ctx\" must be of type integer");
        generate("'prompt':'a','options':{'bogus':1,'num_predict':1}");
        generate("'prompt':'a','options':{'num_ctx':256,'num_predict':1}");
        assertThat(server.running().get(0).path("context_length").asInt()).isEqualTo(256);
        generate("'prompt':'a','options':{'num_ctx':512,'num_predict':1}");
        assertThat(server.running().get(0).path("context_length").asInt()).isEqualTo(512);
        generate("'prompt':'a','options':{'num_ctx':100000,'num_predict':1}");
        assertThat(server.running().get(0).path("context_length").asInt()).isEqualTo(2048);
    }

    @Test
    @DisplayName("Cases 39 and 40: formats")
    void formats() {
        server.refuses("/api/generate", "{'model':'tiny','prompt':'a','format':'yaml'}", 500, "invalid format");
        generate("'prompt':'a','format':''," + GREEDY);
        generate("'prompt':'a','format':null," + GREEDY);
        JsonNode held = generate(
                "'prompt':'a','format':{'type':'object','properties':{'a':{'enum':['x','y']}},'required':['a'],'additionalProperties':false}");
        assertThat(ApiClient.json(held.path("response").asText()).path("a").asText()).isIn("x", "y");
        JsonNode json = generate("'prompt':'a','format':'json','options':{'temperature':1,'seed':3,'num_predict':600}");
        if (json.path("done_reason").asText().equals("stop")) {
            assertThat(ApiClient.json(json.path("response").asText()).isObject()).isTrue();
        }
    }

    @Test
    @DisplayName("Cases 41 and 42: raw, context")
    void rawAndContext() {
        assertThat(generate("'prompt':'abc','raw':true," + GREEDY).has("context")).isFalse();
        server.refuses("/api/generate", "{'model':'tiny','prompt':'a','raw':true,'system':'b'}", 400,
                "raw mode does not support template, system, or context");
        JsonNode first = generate("'prompt':'abc'," + GREEDY);
        JsonNode second = generate("'prompt':'abc','context':" + first.path("context") + "," + GREEDY);
        assertThat(second.path("prompt_eval_count").asInt()).isGreaterThan(first.path("prompt_eval_count").asInt());
    }

    @Test
    @DisplayName("Cases 43 to 46: thinking, tools, gaps, the rendered prompt")
    void capabilities() {
        server.refuses("/api/generate", "{'model':'tiny','prompt':'a','think':true}", 400,
                "\"tiny\" does not support thinking");
        generate("'prompt':'a','think':false," + GREEDY);
        server.refuses("/api/generate", "{'model':'tiny','prompt':'a','think':'huge'}", 400, "invalid think value");
        String chat = "{'model':'%s','stream':false,'messages':[{'role':'user','content':'a'}],'tools':["
                + ConformanceServer.TOOL.replace('"', '\'') + "]," + GREEDY + "}";
        server.refuses("/api/chat", chat.formatted("tiny"), 400,
                "registry.ollama.ai/library/tiny:latest does not support tools");
        server.ok("/api/chat", chat.formatted("tiny-tools"));
        server.refuses("/api/generate", "{'model':'tiny','prompt':'a','suffix':'b'}", 400, "does not support insert");
        assertThat(server.ok("/api/generate",
                "{'model':'tiny-fim','prompt':'a','suffix':'b','_debug_render_only':true,'stream':false}").path(
                        "_debug_info")
                .path("rendered_template").asText()).isEqualTo("<PRE>a<SUF>b<MID>");
        String rendered = server.ok("/api/chat",
                "{'model':'tiny-think','_debug_render_only':true,'stream':false,'messages':[{'role':'system','content':'S'},{'role':'user','content':'U'},{'role':'assistant','content':'A'},{'role':'user','content':'V'}]}")
                .path("_debug_info").path("rendered_template").asText();
        assertThat(rendered).containsSubsequence("S", "U", "A", "V");
    }

    @Test
    @DisplayName("Case 47: probabilities of tokens")
    void logprobs() {
        JsonNode entries = generate(
                "'prompt':'abc','logprobs':true,'top_logprobs':3,'options':{'num_predict':4,'temperature':0}")
                .path("logprobs");
        assertThat(entries).hasSizeBetween(1, 4);
        for (JsonNode entry : entries) {
            assertThat(entry.path("logprob").asDouble()).isLessThanOrEqualTo(0);
            byte[] bytes = new byte[entry.path("bytes").size()];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) entry.path("bytes").get(i).asInt();
            }
            assertThat(new String(bytes, StandardCharsets.UTF_8)).isEqualTo(entry.path("token").asText());
            JsonNode tops = entry.path("top_logprobs");
            assertThat(tops).hasSizeBetween(1, 3);
            for (int i = 1; i < tops.size(); i++) {
                assertThat(tops.get(i).path("logprob").asDouble()).isLessThanOrEqualTo(tops.get(i - 1).path("logprob")
                        .asDouble());
            }
        }
        server.refuses("/api/generate", "{'model':'tiny','prompt':'a','top_logprobs':21}", 400,
                "top_logprobs must be between 0 and 20");
    }

    @Test
    @DisplayName("Case 48: chats that are too long")
    void longChats() {
        String turns = "{'role':'user','content':'one two three four five'},{'role':'assistant','content':'six seven'},"
                .repeat(60);
        String body = "{'model':'tiny','stream':false,'options':{'num_ctx':256,'num_predict':2},%s'messages':[" + turns
                + "{'role':'user','content':'last'}]}";
        assertThat(server.ok("/api/chat", body.formatted("")).path("prompt_eval_count").asInt()).isLessThanOrEqualTo(
                256);
        server.refuses("/api/chat", body.formatted("'truncate':false,'shift':false,"), 400, "context");
        server.refuses("/api/chat",
                "{'model':'tiny','stream':false,'shift':false,'options':{'num_ctx':256},'messages':[{'role':'user','content':'"
                        + "word ".repeat(400) + "'}]}",
                400, "context");
    }

    @Test
    @DisplayName("Case 49: a context that fills up")
    void fullContext() {
        JsonNode answer = generate(
                "'prompt':'abc','shift':false,'options':{'num_ctx':64,'num_predict':1000,'temperature':1,'seed':5}");
        int tokens = answer.path("prompt_eval_count").asInt() + answer.path("eval_count").asInt();
        assertThat(tokens).isLessThanOrEqualTo(64);
        if (answer.path("done_reason").asText().equals("length")) {
            assertThat(tokens).isGreaterThan(60);
        }
    }

    @Test
    @DisplayName("Cases 50 to 52: embeddings")
    void embeddings() {
        JsonNode one = server.ok("/api/embed", "{'model':'tiny-embed','input':'hello'}").path("embeddings");
        assertThat(one).hasSize(1);
        JsonNode two = server.ok("/api/embed", "{'model':'tiny-embed','input':['hello','cat']}").path("embeddings");
        assertThat(two).hasSize(2);
        assertThat(server.ok("/api/embed", "{'model':'tiny-embed','input':[]}").path("embeddings").isEmpty()).isTrue();
        assertThat(server.ok("/api/embed", "{'model':'tiny-embed','input':'hello','dimensions':4}").path("embeddings")
                .get(0)).hasSize(4);
        server.refuses("/api/embed", "{'model':'tiny-embed','truncate':false,'input':'" + "hello ".repeat(50)
                + "','options':{'num_ctx':10}}", 400, "exceeds");
        server.refuses("/api/chat", "{'model':'tiny-embed','messages':[{'role':'user','content':'a'}]}", 400,
                "\"tiny-embed\" does not support chat");
        server.refuses("/api/generate", "{'model':'tiny-embed','prompt':'a'}", 400,
                "does not support generate");
    }
}
