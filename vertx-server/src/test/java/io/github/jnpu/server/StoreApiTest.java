package io.github.jnpu.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.convert.SafetensorsFolder;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.registry.TestRegistry;
import io.github.jnpu.engine.store.Digest;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.client.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import static io.github.jnpu.server.ApiClient.await;
import static io.github.jnpu.server.ApiClient.eventually;
import static io.github.jnpu.server.ApiClient.json;
import static io.github.jnpu.server.ApiClient.lines;
import static org.assertj.core.api.Assertions.assertThat;

/** Blobs, create, copy, delete, pull and push over sockets; the numbers are the cases of the conformance list. */
class StoreApiTest {
    private static final String ABSENT = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    @TempDir
    Path folder;
    TestStore store;
    JnpuServer server;
    ApiClient client;

    @BeforeEach
    void start() throws IOException {
        store = new TestStore(folder.resolve("store"));
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0")).withStore(store.store()));
        client = new ApiClient(server.port());
    }

    @AfterEach
    void stop() {
        client.close();
        server.close(Duration.ZERO);
    }

    private HttpResponse<Buffer> send(HttpMethod method, String path, byte[] body) {
        return await(client.request(method, path).sendBuffer(Buffer.buffer(body)));
    }

    private HttpResponse<Buffer> send(HttpMethod method, String path, String body) {
        return send(method, path, body.getBytes(StandardCharsets.UTF_8));
    }

    private static void assertError(HttpResponse<Buffer> response, int status, String error) {
        assertThat(response.bodyAsString()).contains("error");
        assertThat(json(response).path("error").asText()).contains(error);
        assertThat(response.statusCode()).isEqualTo(status);
    }

    private String upload(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        String digest = "sha256:" + TestStore.sha256(bytes);
        assertThat(send(HttpMethod.POST, "/api/blobs/" + digest, bytes).statusCode()).isEqualTo(201);
        return digest;
    }

    private String tiny(FileType type) throws IOException {
        Path file = folder.resolve(type + ".gguf");
        RandomModel.llama(ModelSize.Preset.TINY, type).write(file);
        return upload(file);
    }

    private List<JsonNode> create(String body) {
        HttpResponse<Buffer> response = client.post("/api/create", body);
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(200);
        assertThat(response.getHeader("Content-Type")).isEqualTo("application/x-ndjson");
        List<JsonNode> lines = lines(response);
        assertThat(lines.getLast().path("status").asText()).as(response.bodyAsString()).isEqualTo("success");
        return lines;
    }

    private JsonNode show(String model) {
        return json(client.post("/api/show", "{\"model\":\"%s\"}".formatted(model)));
    }

    private List<String> files(String name) throws IOException {
        try (Stream<Path> files = Files.walk(store.root().resolve(name))) {
            return files.filter(Files::isRegularFile).map(file -> file.getFileName().toString()).toList();
        }
    }

    /** Cases 8, 11, 12, 13, 16 and the matrix of failures. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "POST|/api/pull|{\"model\":\"a b\"}|400|invalid model name", "POST|/api/pull|{}|400|invalid model name",
            "POST|/api/create|{\"model\":\"a b\"}|400|invalid model name",
            "POST|/api/create|{\"model\":\"../../x\",\"from\":\"y\"}|400|invalid model name",
            "POST|/api/create|{}|400|invalid model name", "POST|/api/create||400|missing request body",
            "DELETE|/api/delete|{\"model\":\"nope\"}|404|model 'nope' not found",
            "DELETE|/api/delete|{}|400|model is required",
            "DELETE|/api/delete|{\"name\":\"a b\"}|400|name \"a b\" is invalid",
            "POST|/api/copy|{\"source\":\"\",\"destination\":\"x\"}|400|source \"\" is invalid",
            "POST|/api/copy|{\"source\":\"a b\",\"destination\":\"x\"}|400|source \"a b\" is invalid",
            "POST|/api/copy|{\"source\":\"nope\",\"destination\":\"../x\"}|400|destination \"../x\" is invalid",
            "POST|/api/copy|{\"source\":\"nope\",\"destination\":\"x\"}|404|model \"nope\" not found",
            "POST|/api/push|{}|400|model is required",
            "POST|/api/create|{\"model\":\"x\",\"stream\":false}|400|neither 'from' or 'files' was specified",
            "POST|/api/create|{\"model\":\"x\",\"files\":{\"/a.gguf\":\"" + ABSENT
                    + "\"}}|400|file path must be relative",
            "POST|/api/create|{\"model\":\"x\",\"files\":{\"b/../../a.gguf\":\"" + ABSENT
                    + "\"}}|400|file path must be relative",
            "POST|/api/create|{\"model\":\"x\",\"files\":{\"a.gguf\":\"\"}}|400|invalid digest format",
            "POST|/api/create|{\"model\":\"x\",\"files\":{\"a.gguf\":\"sha256:../../../../etc/passwd\"}}|400|invalid digest format",
            "POST|/api/create|{\"model\":\"x\",\"stream\":false,\"files\":{\"a.gguf\":\"" + ABSENT
                    + "\"}}|500|was not uploaded",
            "POST|/api/create|{\"model\":\"x\",\"files\":{}}|400|unknown type",
            "POST|/api/create|{\"model\":\"x\",\"from\":\"y\",\"draft_quantize\":\"q8_0\"}|400|--draft-quantize requires a DRAFT model",
            "POST|/api/create|{\"model\":\"x\",\"stream\":false,\"files\":{\"a.safetensors\":\"" + ABSENT
                    + "\"}}|500|was not uploaded",
            "POST|/api/blobs/sha256:xyz||400|invalid digest format"})
    void refusals(String method, String path, String body, int status, String error) {
        assertError(send(HttpMethod.valueOf(method), path, body == null ? "" : body), status, error);
    }

    /** As Ollama's command line uploads a folder. */
    @Test
    void aFolderOfSafetensorsBecomesAModel() throws IOException {
        Path gguf = folder.resolve("original.gguf");
        RandomModel.llama(ModelSize.Preset.TINY, FileType.BF16).write(gguf);
        Path model = SafetensorsFolder.write(gguf, folder.resolve("model"), 2);
        try (GgufFile file = GgufFile.open(gguf)) {
            SafetensorsFolder.writeSentencePieces(file, model);
        }
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> list = Files.list(model)) {
            for (Path file : list.toList()) {
                files.put(file.getFileName().toString(), upload(file));
            }
        }
        String json = ApiClient.JSON.writeValueAsString(files);
        List<JsonNode> lines = lines(send(HttpMethod.POST, "/api/create", "{\"model\":\"folder\",\"files\":" + json
                + ",\"quantize\":\"q8_0\"}"));
        assertThat(lines).extracting(line -> line.path("status").asText()).contains("converting model",
                "quantizing BF16 model to Q8_0", "success");
        JsonNode shown = json(send(HttpMethod.POST, "/api/show", "{\"model\":\"folder\"}"));
        assertThat(shown.path("details").path("quantization_level").asText()).isEqualTo("Q8_0");
        assertThat(shown.path("model_info").path("general.architecture").asText()).isEqualTo("llama");
        assertThat(json(send(HttpMethod.POST, "/api/generate",
                "{\"model\":\"folder\",\"prompt\":\"a\",\"stream\":false,\"options\":{\"num_predict\":2}}"))
                .path("done")
                .asBoolean()).isTrue();
        assertError(send(HttpMethod.POST, "/api/create", "{\"model\":\"x\",\"stream\":false,\"files\":" + json.replace(
                "tokenizer.model", "a/tokenizer.model") + "}"), 400, "is not one of a safetensors model");
        files.remove("config.json");
        assertError(send(HttpMethod.POST, "/api/create", "{\"model\":\"x\",\"stream\":false,\"files\":" + ApiClient.JSON
                .writeValueAsString(files) + "}"), 400, "config.json: no such file");
        try (Stream<Path> blobs = Files.list(store.root().resolve("blobs"))) {
            assertThat(blobs.map(path -> path.getFileName().toString())).allMatch(name -> name.startsWith("sha256-"));
        }
    }

    /** Case 13. */
    @Test
    void pushingWhatIsNotThereTellsSoInTheStream() {
        List<JsonNode> lines = lines(client.post("/api/push", "{\"model\":\"nope\"}"));
        assertThat(lines).extracting(line -> line.path("status").asText()).containsExactly("retrieving manifest",
                "couldn't retrieve manifest", "");
        assertThat(lines.getLast().path("error").asText()).isNotEmpty();
    }

    /** Cases 14 and 15. */
    @Test
    void blobsAreStoredUnderTheirDigest() throws IOException {
        byte[] bytes = new byte[9_000_000];
        String path = "/api/blobs/" + Digest.of(bytes);
        assertThat(send(HttpMethod.HEAD, "/api/blobs/sha256:x", "").statusCode()).isEqualTo(400);
        assertThat(send(HttpMethod.HEAD, path, "").statusCode()).isEqualTo(404);
        assertThat(send(HttpMethod.POST, path, bytes).statusCode()).isEqualTo(201);
        assertThat(send(HttpMethod.POST, path, bytes).statusCode()).isEqualTo(200);
        assertThat(send(HttpMethod.HEAD, path, "").statusCode()).isEqualTo(200);
        assertThat(send(HttpMethod.GET, path, "").statusCode()).isEqualTo(405);
        assertError(send(HttpMethod.POST, "/api/blobs/" + ABSENT, "x"), 400, "digest mismatch, expected \"" + ABSENT
                + "\", got \"sha256:");
        assertThat(files("blobs")).hasSize(2).allMatch(file -> file.startsWith("sha256-"));
    }

    @Test
    void anUploadThatIsBrokenOffLeavesNothing() throws Exception {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.getOutputStream().write(("POST /api/blobs/" + ABSENT
                    + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\nabc").getBytes(
                            StandardCharsets.US_ASCII));
            socket.getOutputStream().write(new byte[1_000_000]);
            assertThat(eventually(() -> names().size() == 1)).isTrue();
        }
        assertThat(eventually(() -> names().isEmpty())).isTrue();
    }

    private List<String> names() {
        try {
            return files("blobs");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Case 17. */
    @Test
    void filesThatAreNoModelsAreRefused() {
        byte[] text = "no model".getBytes(StandardCharsets.UTF_8);
        Digest digest = Digest.of(text);
        send(HttpMethod.POST, "/api/blobs/" + digest, text);
        String body = "{\"model\":\"x\",\"stream\":false,\"files\":{\"%s\":\"" + digest + "\"}}";
        assertError(client.post("/api/create", body.formatted("a.gguf")), 400,
                "supplied file was not in GGUF format");
        assertError(client.post("/api/create", body.formatted("a.bin")), 400, "unknown type");
    }

    /** Cases 18 to 22. */
    @Test
    void modelsAreMadeOfFilesAndOfModels() throws IOException {
        String digest = tiny(FileType.Q8_0);
        List<JsonNode> lines = create(
                "{\"model\":\"tiny\",\"files\":{\"a.gguf\":\"%s\"},\"template\":\"{{ .Prompt }}\"}"
                        .formatted(digest));
        assertThat(lines).extracting(line -> line.path("status").asText()).startsWith("parsing GGUF",
                "using existing layer " + digest).endsWith("writing manifest", "success");
        byte[] manifest = Files.readAllBytes(store.manifest("tiny"));
        JsonNode tag = json(client.get("/api/tags")).path("models").get(0);
        assertThat(tag.path("name").asText()).isEqualTo("tiny:latest");
        assertThat(tag.path("digest").asText()).isEqualTo(TestStore.sha256(manifest));
        assertThat(tag.path("details").path("quantization_level").asText()).isEqualTo("Q8_0");
        assertThat(tag.path("capabilities").toString()).contains("completion");
        assertError(client.post("/api/create",
                "{\"model\":\"y\",\"from\":\"tiny\",\"stream\":false,\"template\":\"{{ .Prompt\"}"), 400,
                "template error: the Go template cannot be parsed: line 1: unclosed action");

        create("{\"model\":\"child\",\"from\":\"tiny\",\"parameters\":{\"num_ctx\":256,\"stop\":[\"a\",\"b\"]},\"system\":\"Be brief.\",\"license\":[\"MIT\",\"BSD\"],\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
        JsonNode child = show("child");
        assertThat(child.path("parameters").asText()).contains("stop                           \"a\"",
                "stop                           \"b\"");
        assertThat(child.path("system").asText()).isEqualTo("Be brief.");
        assertThat(child.path("license").asText()).isEqualTo("MIT\nBSD");
        assertThat(child.path("messages").get(0).path("content").asText()).isEqualTo("Hi");
        assertThat(child.path("details").path("parent_model").asText()).isEqualTo("tiny:latest");
        assertThat(child.path("modelfile").asText()).contains("\nTEMPLATE {{ .Prompt }}\n", "\nSYSTEM Be brief.\n");

        int before = files("blobs").size();
        String oldParams = layer("child", "params");
        create("{\"model\":\"child\",\"from\":\"child\",\"parameters\":{\"seed\":1}}");
        assertThat(show("child").path("parameters").asText()).contains("num_ctx", "seed", "\"a\"", "\"b\"");
        assertThat(files("blobs")).doesNotContain(oldParams.replace(':', '-')).hasSize(before);
    }

    private String layer(String model, String kind) throws IOException {
        for (JsonNode layer : ApiClient.JSON.readTree(Files.readAllBytes(store.manifest(model))).path("layers")) {
            if (layer.path("mediaType").asText().endsWith("." + kind)) {
                return layer.path("digest").asText();
            }
        }
        throw new IllegalStateException(kind);
    }

    /** Cases 24 and 25. */
    @Test
    void copiesShareBlobsAndNamesHaveNoCase() throws IOException {
        String digest = tiny(FileType.Q8_0);
        create("{\"model\":\"tiny\",\"files\":{\"a.gguf\":\"%s\"}}".formatted(digest));
        HttpResponse<Buffer> copied = client.post("/api/copy", "{\"source\":\"TINY\",\"destination\":\"alias\"}");
        assertThat(copied.statusCode()).isEqualTo(200);
        assertThat(copied.body()).isNull();
        create("{\"model\":\"Tiny\",\"files\":{\"a.gguf\":\"%s\"}}".formatted(digest));
        JsonNode models = json(client.get("/api/tags")).path("models");
        assertThat(models).hasSize(2);
        assertThat(models.get(0).path("digest").asText()).isEqualTo(models.get(1).path("digest").asText());
        assertThat(send(HttpMethod.DELETE, "/api/delete", "{\"model\":\"alias\"}").statusCode()).isEqualTo(200);
        assertThat(files("blobs")).hasSize(2);
        assertThat(send(HttpMethod.DELETE, "/api/delete", "{\"name\":\"tiny\"}").statusCode()).isEqualTo(200);
        assertThat(files("blobs")).isEmpty();
    }

    /** Case 65. */
    @Test
    void weightsAreQuantised() throws IOException {
        String digest = tiny(FileType.F16);
        create("{\"model\":\"half\",\"files\":{\"a.gguf\":\"%s\"}}".formatted(digest));
        List<JsonNode> lines = create("{\"model\":\"small\",\"from\":\"half\",\"quantize\":\"q8_0\"}");
        assertThat(lines.getFirst().path("status").asText()).isEqualTo("quantizing F16 model to Q8_0");
        assertThat(lines.getFirst().path("digest").asText()).isEqualTo("0".repeat(19));
        assertThat(show("small").path("details").path("quantization_level").asText()).isEqualTo("Q8_0");
        assertThat(json(client.post("/api/generate",
                "{\"model\":\"small\",\"prompt\":\"a\",\"stream\":false,\"options\":{\"num_predict\":2}}"))
                .path("done").asBoolean()).isTrue();
        for (String type : List.of("Q4_0", "q4_K_M", "Q4_K_S", "q6_k")) {
            create("{\"model\":\"other\",\"from\":\"half\",\"quantize\":\"%s\"}".formatted(type));
            assertThat(show("other").path("details").path("quantization_level").asText()).isEqualToIgnoringCase(type);
        }
        assertError(client.post("/api/create",
                "{\"model\":\"x\",\"from\":\"half\",\"quantize\":\"Q9\",\"stream\":false}"), 500,
                "unsupported quantization type Q9 - supported types are F32, F16, Q4_0");
        assertError(client.post("/api/create",
                "{\"model\":\"x\",\"from\":\"small\",\"quantize\":\"Q4_0\",\"stream\":false}"), 500,
                "quantization is only supported for F16, BF16 and F32 models");
        assertThat(files("blobs")).allMatch(file -> file.startsWith("sha256-"));
    }

    /** Case 63 and the whole way round: create, push, delete, pull, run. */
    @Test
    void modelsTravelThroughARegistry() throws IOException {
        try (TestRegistry remote = new TestRegistry()) {
            String name = remote.name("v1");
            create("{\"model\":\"%s\",\"files\":{\"a.gguf\":\"%s\"},\"system\":\"Hi.\"}".formatted(name, tiny(
                    FileType.Q8_0)));
            String digest = json(client.get("/api/tags")).path("models").get(0).path("digest").asText();
            String body = "{\"model\":\"%s\",\"insecure\":true}".formatted(name);
            List<JsonNode> pushed = lines(client.post("/api/push", body));
            assertThat(pushed.getFirst().path("status").asText()).isEqualTo("retrieving manifest");
            assertThat(pushed.getLast().path("status").asText()).isEqualTo("success");
            assertThat(send(HttpMethod.DELETE, "/api/delete", body).statusCode()).isEqualTo(200);
            assertThat(files("blobs")).isEmpty();

            List<JsonNode> pulled = lines(client.post("/api/pull", body));
            assertThat(pulled).extracting(line -> line.path("status").asText()).startsWith("pulling manifest").endsWith(
                    "verifying sha256 digest", "writing manifest", "success");
            assertThat(pulled).anyMatch(line -> line.path("status").asText().matches("pulling [0-9a-f]{12}") && line
                    .path("digest").asText().startsWith("sha256:")
                    && line.path("completed").asLong() == line.path(
                            "total").asLong());
            assertThat(json(client.get("/api/tags")).path("models").get(0).path("digest").asText()).isEqualTo(digest);
            assertThat(json(client.post("/api/generate",
                    "{\"model\":\"%s\",\"prompt\":\"a\",\"stream\":false,\"options\":{\"num_predict\":2}}".formatted(
                            name)))
                    .path("done").asBoolean()).isTrue();

            assertError(client.post("/api/pull", "{\"model\":\"%s\",\"insecure\":true,\"stream\":false}".formatted(
                    remote.name("nope"))), 500, "pull model manifest: file does not exist");
            List<JsonNode> absent = lines(client.post("/api/pull", "{\"model\":\"%s\",\"insecure\":true}".formatted(
                    remote.name("nope"))));
            assertThat(absent.getLast().path("error").asText()).isEqualTo("pull model manifest: file does not exist");
            HttpResponse<Buffer> whole = client.post("/api/pull", body.replace("}", ",\"stream\":false}"));
            assertThat(whole.bodyAsString()).isEqualTo("{\"status\":\"success\"}");
            assertThat(whole.getHeader("Content-Type")).isEqualTo("application/json");
        }
    }

    @Test
    void aClientThatLeavesEndsItsPull() throws Exception {
        try (TestRegistry remote = new TestRegistry()) {
            byte[] weights = new byte[20_000_000];
            remote.addManifest("big",
                    "{\"layers\":[{\"mediaType\":\"application/vnd.ollama.image.model\",\"digest\":\"%s\",\"size\":%d}]}"
                            .formatted(remote.add(weights), weights.length));
            remote.pace = Duration.ofMillis(20);
            String body = "{\"model\":\"%s\",\"insecure\":true}".formatted(remote.name("big"));
            try (Socket socket = new Socket("127.0.0.1", server.port())) {
                socket.getOutputStream()
                        .write(("POST /api/pull HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s"
                                .formatted(body.length(), body)).getBytes(StandardCharsets.US_ASCII));
                assertThat(eventually(() -> remote.blobBytes() > 1_000_000)).isTrue();
            }
            assertThat(eventually(() -> {
                long before = remote.blobBytes();
                pause();
                return remote.blobBytes() == before;
            })).isTrue();
            assertThat(remote.blobBytes()).isLessThan(weights.length);
            assertThat(json(client.get("/api/tags")).path("models")).isEmpty();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(500);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
