package io.github.jnpu.engine.store;

import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.ModelNotFoundException;
import io.github.jnpu.engine.chat.ChatMessage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ModelStoreTest {
    private static final String PREFIX = "application/vnd.ollama.image.";

    @TempDir
    Path root;
    ModelStore store;

    @BeforeEach
    void openStore() throws IOException {
        Files.createDirectories(root.resolve("blobs"));
        store = new ModelStore(root, false);
    }

    private static String sha256(byte[] bytes) throws NoSuchAlgorithmException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private String layer(String kind, String content) throws Exception {
        return layer(kind, content.getBytes(StandardCharsets.UTF_8));
    }

    private String layer(String kind, byte[] content) throws Exception {
        String digest = sha256(content);
        Files.write(root.resolve("blobs").resolve("sha256-" + digest), content);
        return "{\"mediaType\":\"%s\",\"digest\":\"sha256:%s\",\"size\":%d}".formatted(PREFIX + kind, digest,
                content.length);
    }

    private Path manifest(String path, String json) throws IOException {
        Path file = root.resolve("manifests").resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, json);
    }

    private StoredModel find(String name) {
        return store.find(ModelName.parse(name).orElseThrow()).orElseThrow();
    }

    @Test
    void storeThatDoesNotExistIsEmpty() {
        ModelStore none = new ModelStore(root.resolve("nowhere"), false);
        assertThat(none.list()).isEmpty();
        assertThat(none.find(ModelName.parse("tiny").orElseThrow())).isEmpty();
    }

    @Test
    void readsAModelWithAllLayers() throws Exception {
        Path gguf = root.resolve("tiny.gguf");
        RandomModel.llama(ModelSize.Preset.TINY, FileType.Q8_0).write(gguf);
        String params = "{\"stop\":[\"a\",\"b\"],\"num_ctx\":256,\"temperature\":0.5}";
        String messages = "[{\"role\":\"user\",\"content\":\"Hi\"}]";
        String config = layer("config",
                "{\"model_family\":\"llama\",\"model_families\":[\"llama\"],\"model_type\":\"1.3M\",\"file_type\":\"Q8_0\"}");
        String model = layer("model", Files.readAllBytes(gguf)).replace("}", ",\"from\":\"base:latest\"}");
        String json = "{\"schemaVersion\":2,\"config\":%s,\"layers\":[%s,%s,%s,%s,%s,%s,%s]}".formatted(config, model,
                layer("template", "{{ .Prompt }}"), layer("system", "Be brief."),
                layer("params", params),
                layer("messages", messages), layer("license", "MIT"),
                layer("license", "BSD"));
        Path file = manifest("registry.ollama.ai/library/Tiny/latest", json);
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-02T03:04:05Z")));

        StoredModel found = find("tiny");
        assertThat(found.name().shortName()).isEqualTo("Tiny:latest");
        assertThat(found.digest()).isEqualTo(sha256(json.getBytes(StandardCharsets.UTF_8)));
        assertThat(found.modifiedAt()).isEqualTo("2026-01-02T03:04:05Z");
        assertThat(found.size()).isEqualTo(Files.size(gguf) + sizeOf(config) + "{{ .Prompt }}Be brief.MITBSD".length()
                + params.length() + messages.length());
        assertThat(found.parent()).contains("base:latest");
        assertThat(found.template()).contains("{{ .Prompt }}");
        assertThat(found.system()).contains("Be brief.");
        assertThat(found.parameters()).isEqualTo(Map.of("stop", List.of("a", "b"), "num_ctx", 256, "temperature", 0.5));
        assertThat(found.messages()).containsExactly(ChatMessage.user("Hi"));
        assertThat(found.licenses()).containsExactly("MIT", "BSD");
        assertThat(found.configuration().parameterSize()).contains("1.3M");
        assertThat(found.configuration().quantization()).contains("Q8_0");
        try (ModelSource source = found.open()) {
            assertThat(source.metadata().string("general.architecture")).contains("llama");
        }
    }

    private static long sizeOf(String layer) {
        return Long.parseLong(layer.replaceAll(".*\"size\":(\\d+).*", "$1"));
    }

    @Test
    void listsTheNewestFirstAndPassesOverWhatIsNoName() throws Exception {
        String json = "{\"layers\":[%s]}".formatted(layer("model", "x"));
        for (int i = 0; i < 3; i++) {
            Path file = manifest("registry.ollama.ai/library/m" + i + "/latest", json);
            Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(1000 + i)));
        }
        manifest("registry.ollama.ai/.DS_Store", "x");
        manifest("registry.ollama.ai/library/m0/.DS_Store", "x");
        manifest("registry.ollama.ai/library/broken/latest", "{");
        assertThat(store.list()).extracting(model -> model.name().shortName()).containsExactly("m2:latest", "m1:latest",
                "m0:latest");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "{                                   | no JSON",
            "[]                                  | no list of layers",
            "{\"layers\":5}                      | no list of layers",
            "{\"layers\":[{\"mediaType\":\"application/vnd.ollama.image.model\",\"digest\":\"sha256:../../../etc/passwd\"}]} | layer 'model' has the digest",
            "{\"layers\":[{\"mediaType\":\"x\",\"digest\":5}]} | layer 'x' has the digest",
            "{\"layers\":[null]}                 | has the digest"})
    void malformedManifestsAreNamed(String json, String message) throws IOException {
        manifest("registry.ollama.ai/library/bad/latest", json);
        assertThatThrownBy(() -> find("bad")).isInstanceOf(ModelFormatException.class).hasMessageContaining(message)
                .hasMessageNotContaining("\n");
        assertThat(store.list()).isEmpty();
    }

    @Test
    void hugeAndDeepManifestsAreRefused() throws IOException {
        manifest("registry.ollama.ai/library/deep/latest", "{\"layers\":" + "[".repeat(100_000));
        assertThatThrownBy(() -> find("deep")).isInstanceOf(ModelFormatException.class);
        manifest("registry.ollama.ai/library/huge/latest", " ".repeat((4 << 20) + 1));
        assertThatThrownBy(() -> find("huge")).isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("larger than");
        Files.createDirectories(root.resolve("manifests/registry.ollama.ai/library/folder/latest"));
        assertThatThrownBy(() -> find("folder")).isInstanceOf(ModelFormatException.class).hasMessageContaining(
                "no regular file");
    }

    @Test
    void sizesThatOverflowStayPositive() throws Exception {
        String layer = layer("model", "x").replace("\"size\":1", "\"size\":9223372036854775807");
        manifest("registry.ollama.ai/library/big/latest", "{\"layers\":[%s,%s]}".formatted(layer, layer));
        assertThat(find("big").size()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void missingAndMalformedLayersAreNamed() throws Exception {
        String params = layer("params", "{");
        String system = layer("system", "gone");
        String model = layer("model", "no gguf");
        manifest("registry.ollama.ai/library/bad/latest", "{\"layers\":[%s,%s,%s]}".formatted(model, params, system));
        StoredModel bad = find("bad");
        assertThatThrownBy(bad::parameters).isInstanceOf(ModelFormatException.class).hasMessageContaining(
                "layer 'params' is malformed");
        assertThatThrownBy(bad::open).isInstanceOf(ModelFormatException.class);
        try (var blobs = Files.list(root.resolve("blobs"))) {
            for (Path blob : blobs.toList()) {
                Files.delete(blob);
            }
        }
        assertThatThrownBy(bad::system).isInstanceOf(ModelFormatException.class).hasMessageContaining(
                "layer 'system' is missing from the store");
        assertThatThrownBy(bad::open).isInstanceOf(ModelFormatException.class).hasMessageContaining("pull it again");
        manifest("registry.ollama.ai/library/empty/latest", "{\"layers\":[]}");
        assertThatThrownBy(() -> find("empty").weightsDigest()).hasMessageContaining("no weights");
    }

    @Test
    void adaptersAreRefusedByName() throws Exception {
        manifest("registry.ollama.ai/library/tuned/latest", "{\"layers\":[%s,%s]}".formatted(layer("model", "x"),
                layer("adapter", "y")));
        assertThatThrownBy(() -> find("tuned").open()).hasMessageContaining("adapter");
    }

    @Test
    void folderComesFromTheEnvironment() {
        assertThat(ModelStore.folder(Map.of("OLLAMA_MODELS", " \"/data/models\" "))).isEqualTo(Path.of("/data/models"));
        assertThat(ModelStore.folder(Map.of()))
                .isEqualTo(Path.of(System.getProperty("user.home"), ".ollama", "models"));
    }

    @Test
    void locatorTakesNamesAndPaths() throws Exception {
        Path gguf = root.resolve("tiny.gguf");
        RandomModel.llama(ModelSize.Preset.TINY, FileType.Q8_0).write(gguf);
        manifest("registry.ollama.ai/library/tiny/latest", "{\"layers\":[%s]}".formatted(layer("model", Files
                .readAllBytes(gguf))));
        Path plain = Files.copy(gguf, root.resolve("no-extension"));
        for (String name : List.of("tiny", "TINY:latest", gguf.toString(), plain.toString())) {
            try (ModelSource source = ModelLocator.open(name, store)) {
                assertThat(source.tensors()).isNotEmpty();
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"nope | 'nope' not found", "./nope.gguf | there is no such file",
            "../x | there is no such file", "/ | is a folder", "a b | 'a b' not found", "'' | not found"})
    void locatorSaysWhatIsWrong(String model, String message) {
        assertThatThrownBy(() -> ModelLocator.open(model, store)).isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining(message).hasMessageNotContaining("\n");
    }

    @Test
    void namesWithZeroBytesAreNotFound() {
        assertThatThrownBy(() -> ModelLocator.open("a\u0000b", store)).isInstanceOf(ModelNotFoundException.class);
    }
}
