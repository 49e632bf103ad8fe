package io.github.jnpu.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jnpu.convert.RandomEncoder;
import io.github.jnpu.convert.tensor.TensorType;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.HttpResponse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import static io.github.jnpu.server.ApiClient.await;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * A server with the models that the numbered cases of the conformance list ask for, made through its own API: {@code tiny} (random
 * weights, no tools, no thinking), {@code tiny-tools}, {@code tiny-think}, {@code tiny-fim}, {@code tiny-embed}, and one each that
 * calls a tool and that thinks.
 */
final class ConformanceServer implements AutoCloseable {
    static final String TOOL = "{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"description\":\"d\",\"parameters\":{\"type\":\"object\",\"required\":[\"city\"],\"properties\":{\"city\":{\"type\":\"string\"}}}}}";
    private static final String TOOLS = "{{ range .Messages }}{{ .Role }}:{{ .Content }}{{ if .ToolCalls }}<tool_call>{{ range .ToolCalls }}{\"name\":\"{{ .Function.Name }}\",\"arguments\":{{ .Function.Arguments }}}{{ end }}</tool_call>{{ end }}\n{{ end }}{{ .Tools }}";
    private static final String THINK = "{{ range .Messages }}{{ .Role }}:{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}\n{{ end }}";
    private static final Map<String, String> TEMPLATES = Map.of("tiny-tools", TOOLS, "tiny-think", THINK, "tiny-fim",
            "{{ if .Suffix }}<PRE>{{ .Prompt }}<SUF>{{ .Suffix }}<MID>{{ else }}{{ .Prompt }}{{ end }}", "calling",
            TOOLS + "<|go|>", "thinking", THINK + "<|go|>");

    private final Path folder;
    private final Path store;
    private final JnpuServer server;
    private final ApiClient client;

    ConformanceServer(Path folder, Map<String, String> environment) throws IOException {
        this.folder = folder;
        this.store = folder.resolve("store");
        Map<String, String> variables = new HashMap<>(environment);
        variables.putIfAbsent("OLLAMA_HOST", "127.0.0.1:0");
        server = JnpuServer.start(ServerOptions.of(variables).withStore(new TestStore(store).store()));
        client = new ApiClient(server.port());
    }

    /** Makes the models of the list. */
    ConformanceServer withModels() throws IOException {
        Path tiny = TestStore.randomModel(folder.resolve("tiny.gguf"));
        create("tiny", tiny, "{{ .System }} {{ .Prompt }}");
        for (String name : List.of("tiny-tools", "tiny-think", "tiny-fim")) {
            create(name, tiny, TEMPLATES.get(name));
        }
        create("tiny-embed", RandomEncoder.bert(TensorType.F32).write(folder.resolve("bert.gguf")), "");
        create("calling", TestStore.scriptedModel(tiny, folder.resolve("calling.gguf"), List.of("<tool_call>",
                "{\"name\": ", "\"get_weather\", ", "\"arguments\": ", "{\"city\": \"Ro", "me\"}}", "</tool_call>")),
                TEMPLATES.get("calling"));
        create("thinking", TestStore.scriptedModel(tiny, folder.resolve("thinking.gguf"), List.of("<think>", "\nHm,",
                " well.", "\n</thi", "nk>\n\n", "Yes", " indeed!")), TEMPLATES.get("thinking"));
        return this;
    }

    void create(String name, Path gguf, String template) throws IOException {
        byte[] bytes = Files.readAllBytes(gguf);
        String digest = "sha256:" + TestStore.sha256(bytes);
        assertThat(await(client.request(HttpMethod.POST, "/api/blobs/" + digest).sendBuffer(Buffer.buffer(bytes)))
                .statusCode()).isIn(200, 201);
        ObjectNode body = ApiClient.JSON.createObjectNode().put("model", name).put("stream", false);
        body.putObject("files").put("model.gguf", digest);
        if (!template.isEmpty()) {
            body.put("template", template);
        }
        assertThat(post("/api/create", body.toString()).statusCode()).isEqualTo(200);
    }

    Path store() {
        return store;
    }

    int port() {
        return server.port();
    }

    ApiClient client() {
        return client;
    }

    HttpRequest<Buffer> request(HttpMethod method, String path) {
        return client.request(method, path);
    }

    HttpResponse<Buffer> get(String path) {
        return client.get(path);
    }

    HttpResponse<Buffer> post(String path, String body) {
        return client.post(path, body);
    }

    /** A body with single quotes for double ones. */
    JsonNode ok(String path, String body) {
        HttpResponse<Buffer> response = post(path, body.replace('\'', '"'));
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(200);
        return ApiClient.json(response);
    }

    List<JsonNode> stream(String path, String body) {
        HttpResponse<Buffer> response = post(path, body.replace('\'', '"'));
        assertThat(response.statusCode()).as(response.bodyAsString()).isEqualTo(200);
        assertThat(response.getHeader("Content-Type")).isEqualTo("application/x-ndjson");
        return ApiClient.lines(response);
    }

    void refuses(String path, String body, int status, String error) {
        HttpResponse<Buffer> response = post(path, body.replace('\'', '"'));
        assertThat(response.bodyAsString()).as(body).contains("error");
        JsonNode message = ApiClient.json(response).path("error");
        assertThat(message.isObject() ? message.path("message").asText() : message.asText()).as(body).contains(error);
        assertThat(response.statusCode()).as(body).isEqualTo(status);
    }

    /** The models in memory. */
    JsonNode running() {
        return ApiClient.json(get("/api/ps")).path("models");
    }

    @Override
    public void close() {
        client.close();
        server.close(Duration.ZERO);
    }
}
