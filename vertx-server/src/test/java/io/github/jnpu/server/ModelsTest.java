package io.github.jnpu.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.client.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;

import static io.github.jnpu.server.ApiClient.json;
import static org.assertj.core.api.Assertions.assertThat;

/** Lists and descriptions of installed models, damaged ones among them. */
class ModelsTest {
    private static final Instant INSTALLED = Instant.parse("2026-01-02T03:04:05Z");

    @TempDir
    static Path folder;
    static TestStore store;
    static Path gguf;
    static JnpuServer server;
    static ApiClient client;

    @BeforeAll
    static void start() throws IOException {
        store = new TestStore(folder.resolve("store"));
        gguf = TestStore.randomModel(folder.resolve("tiny.gguf"));
        store.install("tiny", gguf, Map.of());
        Files.setLastModifiedTime(store.manifest("tiny"), FileTime.from(INSTALLED));
        store.install("tuned", TestStore.withMetadata(gguf, folder.resolve("tuned.gguf"), "tokenizer.chat_template",
                "{% for m in messages %}{{ m.content }}{% endfor %}"),
                Map.of("params",
                        "{\"num_ctx\":256,\"stop\":[\"a\\n\",\"b\"],\"temperature\":0.7}", "system", "Say \"quack\".",
                        "template", "{{ .System }} {{ .Prompt }}", "license", "MIT", "messages",
                        "[{\"role\":\"user\",\"content\":\"Hi there\"}]"));
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0")).withStore(store.store()));
        client = new ApiClient(server.port());
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private static JsonNode show(String body) {
        HttpResponse<Buffer> response = client.post("/api/show", body);
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(200);
        return json(response);
    }

    @Test
    void tagsListTheNewestFirst() throws IOException {
        JsonNode models = json(client.get("/api/tags")).path("models");
        assertThat(models.get(0).path("name").asText()).isEqualTo("tuned:latest");
        JsonNode tiny = models.get(1);
        assertThat(tiny.path("name").asText()).isEqualTo("tiny:latest").isEqualTo(tiny.path("model").asText());
        byte[] manifest = Files.readAllBytes(store.manifest("tiny"));
        assertThat(tiny.path("digest").asText()).isEqualTo(TestStore.sha256(manifest));
        JsonNode config = ApiClient.JSON.readTree(manifest).path("config");
        assertThat(tiny.path("size").longValue()).isEqualTo(Files.size(gguf) + config.path("size").longValue());
        assertThat(OffsetDateTime.parse(tiny.path("modified_at").asText()).toInstant()).isEqualTo(INSTALLED);
        assertThat(tiny.path("capabilities")).extracting(JsonNode::asText).containsExactly("completion");
        JsonNode details = tiny.path("details");
        assertThat(details.path("format").asText()).isEqualTo("gguf");
        assertThat(details.path("family").asText()).isEqualTo("llama");
        assertThat(details.path("quantization_level").asText()).isEqualTo("Q8_0");
        assertThat(details.path("parameter_size").asText()).matches("1\\.\\d\\dM");
        assertThat(details.path("parent_model").asText()).isEmpty();
    }

    @Test
    void damagedModelsDoNotHideTheOthers() throws IOException {
        store.writeManifest("broken", "{");
        store.install("nogguf", Files.writeString(folder.resolve("nogguf"), "not a model"), Map.of());
        try {
            assertThat(json(client.get("/api/tags")).path("models")).extracting(model -> model.path("name").asText())
                    .contains("tiny:latest", "nogguf:latest").doesNotContain("broken:latest");
            HttpResponse<Buffer> broken = client.post("/api/generate", "{\"model\":\"broken\",\"prompt\":\"x\"}");
            assertThat(broken.statusCode()).isEqualTo(500);
            assertThat(json(broken).path("error").asText()).contains("no JSON");
            HttpResponse<Buffer> nogguf = client.post("/api/generate", "{\"model\":\"nogguf\",\"prompt\":\"x\"}");
            assertThat(nogguf.statusCode()).isEqualTo(500);
            assertThat(json(nogguf).path("error").asText()).isNotEmpty().doesNotContain("\n");
        } finally {
            Files.delete(store.manifest("broken"));
            Files.delete(store.manifest("nogguf"));
        }
    }

    @Test
    void unknownArchitectureIsOneLine() throws IOException {
        store.install("alien", TestStore.withMetadata(gguf, folder.resolve("alien.gguf"), "general.architecture",
                "alien"), Map.of());
        try {
            HttpResponse<Buffer> response = client.post("/api/generate", "{\"model\":\"alien\",\"prompt\":\"x\"}");
            assertThat(response.statusCode()).isEqualTo(500);
            assertThat(json(response).path("error").asText()).contains("alien").doesNotContain("\n");
            assertThat(json(client.get("/api/ps")).path("models")).isEmpty();
        } finally {
            Files.delete(store.manifest("alien"));
        }
    }

    @Test
    void showDescribesThePlainModel() {
        JsonNode tiny = show("{\"model\":\"TINY\"}");
        JsonNode info = tiny.path("model_info");
        assertThat(info.path("general.architecture").asText()).isEqualTo("llama");
        assertThat(info.path("llama.context_length").intValue()).isEqualTo(2048);
        assertThat(info.path("general.parameter_count").longValue()).isGreaterThan(1_000_000);
        assertThat(info.has("general.name")).isFalse();
        assertThat(info.has("tokenizer.ggml.tokens")).isTrue();
        assertThat(info.path("tokenizer.ggml.tokens").isNull()).isTrue();
        assertThat(tiny.path("template").asText()).startsWith("{{ bos_token }}");
        assertThat(tiny.has("parameters")).isFalse();
        assertThat(tiny.path("details").path("quantization_level").asText()).isEqualTo("Q8_0");
        JsonNode embeddings = tiny.path("tensors").get(0);
        assertThat(embeddings.path("name").asText()).isEqualTo("token_embd.weight");
        // Innermost first: 256 features, 512 tokens.
        assertThat(embeddings.path("shape").toString()).isEqualTo("[256,512]");
        assertThat(embeddings.path("type").asText()).isEqualTo("Q8_0");

        JsonNode verbose = show("{\"name\":\"tiny\",\"verbose\":true}").path("model_info");
        assertThat(verbose.path("tokenizer.ggml.tokens").size()).isEqualTo(512);
        assertThat(verbose.path("tokenizer.ggml.tokens").get(0).isTextual()).isTrue();
        assertThat(verbose.path("tokenizer.ggml.scores").get(5).isNumber()).isTrue();
    }

    @Test
    void showDescribesTheModelfile() {
        JsonNode tuned = show("{\"model\":\"tuned\"}");
        assertThat(tuned.path("parameters").asText()).isEqualTo("""
                num_ctx                        256
                stop                           "a\\n"
                stop                           "b"
                temperature                    0.7""");
        assertThat(tuned.path("system").asText()).isEqualTo("Say \"quack\".");
        assertThat(tuned.path("license").asText()).isEqualTo("MIT");
        assertThat(tuned.path("template").asText()).isEqualTo("{{ .System }} {{ .Prompt }}");
        assertThat(tuned.path("messages").get(0).path("content").asText()).isEqualTo("Hi there");
        assertThat(tuned.path("model_info").has("tokenizer.chat_template")).isFalse();
        assertThat(tuned.path("modelfile").asText()).startsWith("# Modelfile generated by \"ollama show\"\n").contains(
                "\nFROM " + folder.resolve("store").resolve("blobs"), "\nTEMPLATE {{ .System }} {{ .Prompt }}\n",
                "\nSYSTEM \"\"\"Say \"quack\".\"\"\"\n", "\nPARAMETER stop b\n", "\nLICENSE MIT\n",
                "\nMESSAGE user Hi there\n");
        assertThat(show("{\"model\":\"tuned\",\"system\":\"Moo.\"}").path("system").asText()).isEqualTo("Moo.");
    }

    @Test
    void newModelsShowAtOnce() throws IOException {
        store.install("later", gguf, Map.of());
        try {
            assertThat(json(client.get("/api/tags")).path("models").get(0).path("name").asText()).isEqualTo(
                    "later:latest");
        } finally {
            Files.delete(store.manifest("later"));
        }
        assertThat(json(client.get("/api/tags")).path("models")).hasSize(2);
    }
}
