package io.github.jnpu.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.convert.RandomEncoder;
import io.github.jnpu.convert.tensor.TensorType;
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
import java.util.Map;

import static io.github.jnpu.server.ApiClient.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/** {@code /api/embed} and {@code /api/embeddings} as Ollama answers them. */
class EmbedTest {
    @TempDir
    static Path folder;
    static JnpuServer server;
    static ApiClient client;

    @BeforeAll
    static void start() throws IOException {
        TestStore store = new TestStore(folder.resolve("store"));
        store.install("tiny-embed", RandomEncoder.bert(TensorType.F32).write(folder.resolve("bert.gguf")), Map.of());
        store.install("tiny-nomic", RandomEncoder.nomic(TensorType.F32).write(folder.resolve("nomic.gguf")), Map.of());
        store.install("tiny", TestStore.randomModel(folder.resolve("tiny.gguf")), Map.of());
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0")).withStore(store.store()));
        client = new ApiClient(server.port());
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private static JsonNode embed(String body) {
        HttpResponse<Buffer> response = client.post("/api/embed", body);
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(200);
        return json(response);
    }

    private static double norm(JsonNode vector) {
        double squares = 0;
        for (JsonNode value : vector) {
            squares += value.asDouble() * value.asDouble();
        }
        return Math.sqrt(squares);
    }

    @Test
    void textsComeBackAsVectorsInOrder() {
        JsonNode one = embed("{\"model\":\"tiny-embed\",\"input\":\"hello\"}");
        assertThat(one.path("model").asText()).isEqualTo("tiny-embed");
        assertThat(one.path("embeddings")).hasSize(1);
        assertThat(one.path("embeddings").get(0)).hasSize(RandomEncoder.WIDTH);
        assertThat(norm(one.path("embeddings").get(0))).isCloseTo(1, within(1e-4));
        assertThat(one.path("prompt_eval_count").asInt()).isEqualTo(3);
        assertThat(one.path("total_duration").asLong()).isPositive();
        assertThat(one.has("load_duration")).isTrue();
        JsonNode two = embed("{\"model\":\"tiny-embed:latest\",\"input\":[\"hello\",\"the longer text of both\"]}");
        assertThat(two.path("model").asText()).isEqualTo("tiny-embed:latest");
        assertThat(two.path("embeddings")).hasSize(2);
        for (int i = 0; i < RandomEncoder.WIDTH; i++) {
            assertThat(two.path("embeddings").get(0).get(i).asDouble())
                    .isCloseTo(one.path("embeddings").get(0).get(i).asDouble(), within(1e-5));
        }
    }

    @Test
    void allMiniLmNeedsNoStore() {
        JsonNode answer = embed("{\"model\":\"all-minilm\",\"input\":[\"one two\",\"three\"],\"keep_alive\":0}");
        assertThat(answer.path("embeddings")).hasSize(2);
        assertThat(answer.path("embeddings").get(0)).hasSize(384);
        assertThat(answer.path("prompt_eval_count").asInt()).isEqualTo(4 + 3);
    }

    @Test
    void dimensionsAreCutAndScaled() {
        JsonNode answer = embed("{\"model\":\"tiny-embed\",\"input\":\"hello\",\"dimensions\":4}");
        assertThat(answer.path("embeddings").get(0)).hasSize(4);
        assertThat(norm(answer.path("embeddings").get(0))).isCloseTo(1, within(1e-4));
        assertThat(embed("{\"model\":\"tiny-embed\",\"input\":\"hello\",\"dimensions\":4000}").path("embeddings")
                .get(0)).hasSize(RandomEncoder.WIDTH);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"{\"model\":\"tiny-embed\"}", "{\"model\":\"tiny-embed\",\"input\":\"\"}",
            "{\"model\":\"tiny-embed\",\"input\":[]}", "{\"model\":\"tiny-embed\",\"input\":null}"})
    void withoutTextTheModelIsLoaded(String body) {
        JsonNode answer = embed(body);
        assertThat(answer.path("embeddings").isArray()).isTrue();
        assertThat(answer.path("embeddings")).isEmpty();
        assertThat(answer.has("total_duration")).isFalse();
    }

    @Test
    void longTextsAreCutUnlessForbidden() {
        String text = "the cat sat on the mat ".repeat(20);
        assertThat(embed("{\"model\":\"tiny-embed\",\"input\":\"%s\",\"options\":{\"num_ctx\":10}}".formatted(text))
                .path("prompt_eval_count").asInt()).isEqualTo(10);
        HttpResponse<Buffer> refused = client.post("/api/embed",
                "{\"model\":\"tiny-embed\",\"input\":[\"x\",\"%s\"],\"truncate\":false,\"options\":{\"num_ctx\":10}}"
                        .formatted(text));
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(json(refused).path("error").asText()).isEqualTo("the input length exceeds the context length");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "/api/embed|{}|404|model '' not found",
            "/api/embed|{\"model\":\"nope\",\"input\":\"x\"}|404|model \"nope\" not found, try pulling it first",
            "/api/embed|{\"model\":\"a//b::c\",\"input\":\"x\"}|400|invalid model name",
            "/api/embed|{\"model\":\"tiny-embed\",\"input\":5}|400|invalid input type",
            "/api/embed|{\"model\":\"tiny-embed\",\"input\":[\"a\",5]}|400|invalid input type",
            "/api/embed|{\"model\":\"tiny\",\"input\":\"x\"}|501|\"tiny\" does not support embeddings",
            "/api/embeddings|{}|400|model is required",
            "/api/embeddings|{\"model\":\"nope\",\"prompt\":\"x\"}|404|model \"nope\" not found, try pulling it first",
            "/api/chat|{\"model\":\"tiny-embed\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}|400|\"tiny-embed\" does not support chat",
            "/api/generate|{\"model\":\"tiny-embed\",\"prompt\":\"x\"}|400|\"tiny-embed\" does not support generate"})
    void errorsAreOllamas(String path, String body, int status, String message) {
        HttpResponse<Buffer> response = client.post(path, body);
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(status);
        assertThat(json(response).path("error").asText()).isEqualTo(message);
    }

    @Test
    void theOldRouteAnswersWithOneVector() {
        JsonNode old = json(client.post("/api/embeddings", "{\"model\":\"tiny-embed\",\"prompt\":\"hello\"}"));
        JsonNode scaled = embed("{\"model\":\"tiny-embed\",\"input\":\"hello\"}").path("embeddings").get(0);
        assertThat(norm(old.path("embedding"))).isCloseTo(1, within(1e-4));
        assertThat(old.path("embedding").get(0).asDouble()).isCloseTo(scaled.get(0).asDouble(), within(1e-5));
        // Ollama's own engine once gave these vectors as they are, and the route still does.
        JsonNode raw = json(client.post("/api/embeddings", "{\"model\":\"tiny-nomic\",\"prompt\":\"hello\"}"));
        scaled = embed("{\"model\":\"tiny-nomic\",\"input\":\"hello\"}").path("embeddings").get(0);
        double norm = norm(raw.path("embedding"));
        assertThat(norm).isGreaterThan(1.5);
        assertThat(raw.path("embedding").get(0).asDouble() / norm).isCloseTo(scaled.get(0).asDouble(), within(1e-5));
        assertThat(json(client.post("/api/embeddings", "{\"model\":\"tiny-embed\",\"prompt\":\"\"}"))
                .path("embedding")).isEmpty();
    }
}
