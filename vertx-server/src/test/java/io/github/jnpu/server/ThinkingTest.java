package io.github.jnpu.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.client.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import static io.github.jnpu.server.ApiClient.json;
import static org.assertj.core.api.Assertions.assertThat;

/** A model whose template opens the thoughts: random weights never close them, so all they say is thinking. */
class ThinkingTest {
    private static final String TEMPLATE = "{% for m in messages %}[{{ m.role }}]{{ m.content }}\n{% endfor %}"
            + "{% if enable_thinking is not defined or enable_thinking %}<think>\n{% endif %}";

    @TempDir
    static Path folder;
    static JnpuServer server;
    static ApiClient client;

    @BeforeAll
    static void start() throws IOException {
        TestStore store = new TestStore(folder.resolve("store"));
        Path plain = TestStore.randomModel(folder.resolve("tiny.gguf"));
        store.install("thinker", TestStore.withMetadata(plain, folder.resolve("thinker.gguf"),
                "tokenizer.chat_template", TEMPLATE), Map.of());
        store.install("strict", TestStore.withMetadata(plain, folder.resolve("strict.gguf"),
                "tokenizer.chat_template",
                "{% for m in messages %}{% if 'forbidden' in m.content %}{{ raise_exception('not this word') }}"
                        + "{% endif %}{{ m.content }}{{ tools }}{% endfor %}"),
                Map.of());
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
                + "\",\"messages\":[{\"role\":\"user\",\"content\":\"abc\"}],\"options\":{\"num_predict\":8,\"temperature\":0}"
                + fields + "}");
    }

    @Test
    void thoughtsAreToldApart() {
        for (String think : List.of("", ",\"think\":true", ",\"think\":\"high\"")) {
            JsonNode message = json(chat("thinker", ",\"stream\":false" + think)).path("message");
            assertThat(message.path("thinking").asText()).isNotEmpty();
            assertThat(message.path("content").asText()).isEmpty();
        }
        List<JsonNode> lines = ApiClient.lines(chat("thinker", ""));
        assertThat(lines.getFirst().path("message").path("thinking").asText()).isNotEmpty();
        JsonNode generate = json(client.post("/api/generate",
                "{\"model\":\"thinker\",\"prompt\":\"abc\",\"stream\":false,\"options\":{\"num_predict\":8,\"temperature\":0}}"));
        assertThat(generate.path("thinking").asText()).isNotEmpty();
        assertThat(generate.path("response").asText()).isEmpty();
    }

    @Test
    void thinkingCanBeTurnedOff() {
        JsonNode message = json(chat("thinker", ",\"stream\":false,\"think\":false")).path("message");
        assertThat(message.has("thinking")).isFalse();
        assertThat(message.path("content").asText()).isNotEmpty();
    }

    @Test
    void templateDecidesThePrompt() {
        assertThat(json(chat("thinker", ",\"_debug_render_only\":true")).path("_debug_info").path("rendered_template")
                .asText()).isEqualTo("[user]abc\n<think>\n");
        assertThat(json(client.post("/api/show", "{\"model\":\"thinker\"}")).path("capabilities")).extracting(
                JsonNode::asText).containsExactly("completion", "thinking");
    }

    @Test
    void refusalOfTheTemplateReachesTheClient() {
        HttpResponse<Buffer> response = client.post("/api/chat",
                "{\"model\":\"strict\",\"messages\":[{\"role\":\"user\",\"content\":\"forbidden\"}]}");
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(json(response).path("error").asText()).contains("not this word");
    }
}
