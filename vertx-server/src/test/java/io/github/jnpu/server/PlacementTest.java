package io.github.jnpu.server;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

import static io.github.jnpu.server.ApiClient.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Where models are asked to run: by the server's environment, by a Modelfile, by a request. This machine has no NPU. */
class PlacementTest {
    @TempDir
    static Path folder;
    static JnpuServer server;
    static ApiClient client;

    @BeforeAll
    static void start() throws IOException {
        TestStore store = new TestStore(folder.resolve("store"));
        Path model = TestStore.randomModel(folder.resolve("tiny.gguf"));
        store.install("plain", model, Map.of());
        store.install("placed", TestStore.withMetadata(model, folder.resolve("placed.gguf"), "general.name", "placed"),
                Map.of("params", "{\"place\":\"prefill=onnxruntime,decode=reference\",\"strict\":true}"));
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0", "JNPU_PLACE",
                "decode=reference")).withStore(store.store()));
        client = new ApiClient(server.port());
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private static JsonNode running(String name) {
        for (JsonNode model : json(client.get("/api/ps")).path("models")) {
            if (model.path("name").asText().equals(name + ":latest")) {
                return model;
            }
        }
        throw new AssertionError(name + " is not in memory");
    }

    private static JsonNode generate(String model, String options) {
        return json(client.post("/api/generate",
                "{\"model\":\"%s\",\"prompt\":\"a b c d e f\",\"stream\":false,\"options\":{\"num_predict\":3,\"temperature\":0%s}}"
                        .formatted(model, options)));
    }

    @Test
    void theServersWishHoldsWhereNobodySaysElse() {
        generate("plain", "");
        assertThat(running("plain").at("/placement/0/backend").asText()).isEqualTo("vector");
        assertThat(running("plain").at("/placement/1/backend").asText()).isEqualTo("reference");
        assertThat(running("plain").at("/placement/1/reason").asText()).isEqualTo("it was asked for");
        assertThat(running("plain").at("/placement/1/moved_tokens").asInt()).isPositive();
        assertThat(running("plain").at("/placement/1/tokens").asInt()).isPositive();
    }

    @Test
    void aModelfilesWishHolds() {
        JsonNode answer = generate("placed", "");
        assertThat(answer.path("eval_count").asInt()).as(answer.toString()).isEqualTo(3);
        assertThat(running("placed").at("/placement/0/backend").asText()).isEqualTo("onnxruntime");
        assertThat(running("placed").at("/placement/0/self_check").asText()).startsWith("logits differ by");
        assertThat(running("placed").at("/placement/1/backend").asText()).isEqualTo("reference");
    }

    @Test
    void aRequestsWishWinsAndTheTextStaysTheSame() {
        String first = generate("plain", "").path("response").asText();
        assertThat(generate("plain", ",\"place\":\"cpu\"").path("response").asText()).isEqualTo(first);
        assertThat(running("plain").at("/placement/1/backend").asText()).isEqualTo("vector");
    }

    @Test
    void aDeviceThatIsNotThereIsSaidAndTheCpuAnswers() {
        assertThat(generate("plain", ",\"place\":\"npu\"").path("eval_count").asInt()).isEqualTo(3);
        JsonNode warnings = json(client.get("/api/hardware")).at("/models").findValue("warnings");
        assertThat(running("plain").path("warnings")).singleElement().satisfies(warning -> assertThat(warning.asText())
                .contains("no NPU can run this model").contains("prefill and decode run elsewhere"));
        assertThat(warnings).isNotNull();
        assertThat(json(client.get("/api/hardware")).toString()).contains("no NPU can run this model");
    }

    @Test
    void strictIsAnErrorThatSaysWhatToDo() {
        JsonNode answer = generate("plain", ",\"place\":\"npu\",\"strict\":true");
        assertThat(answer.path("error").asText()).contains("no NPU can run this model").contains("'jnpu devices'")
                .contains("ask for cpu or auto");
    }

    @Test
    void wishesThatCannotBeReadAreRefused() {
        assertThat(generate("plain", ",\"place\":\"warmup=cpu,decode=cpu\"").path("error").asText())
                .startsWith("invalid option: place: 'warmup=cpu' is not STAGE=DEVICE");
        assertThat(generate("plain", ",\"place\":7").path("error").asText())
                .isEqualTo("option \"place\" must be of type string");
        assertThat(generate("plain", ",\"place\":\"abacus\"").path("error").asText())
                .startsWith("there is no backend 'abacus'; known are");
        assertThatThrownBy(() -> ServerOptions.of(Map.of("JNPU_PLACE", "npu,cpu")))
                .hasMessageStartingWith("JNPU_PLACE: 'npu' is not STAGE=DEVICE");
    }
}
