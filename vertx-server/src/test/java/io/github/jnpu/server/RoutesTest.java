package io.github.jnpu.server;

import io.github.jnpu.server.model.GoDuration;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.client.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import static io.github.jnpu.server.ApiClient.await;
import static io.github.jnpu.server.ApiClient.json;
import static org.assertj.core.api.Assertions.assertThat;

/** What the server answers with an empty store: no model is needed for these. */
class RoutesTest {
    @TempDir
    static Path folder;
    static JnpuServer server;
    static ApiClient client;

    @BeforeAll
    static void start() throws IOException {
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0")).withStore(new TestStore(
                folder).store()));
        client = new ApiClient(server.port());
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    /** Case 1. */
    @Test
    void rootSaysThatItRuns() {
        HttpResponse<Buffer> get = client.get("/");
        assertThat(get.statusCode()).isEqualTo(200);
        assertThat(get.getHeader("Content-Type")).startsWith("text/plain");
        assertThat(get.bodyAsString()).isEqualTo("Ollama is running");
        HttpResponse<Buffer> head = await(client.request(HttpMethod.HEAD, "/").send());
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isNull();
    }

    /** Case 2. */
    @Test
    void versionIsSemantic() {
        HttpResponse<Buffer> get = client.get("/api/version");
        assertThat(get.getHeader("Content-Type")).isEqualTo("application/json; charset=utf-8");
        assertThat(json(get).path("version").asText()).matches("\\d+\\.\\d+\\.\\d+");
        assertThat(await(client.request(HttpMethod.HEAD, "/api/version").send()).statusCode()).isEqualTo(200);
    }

    /** Case 3. */
    @Test
    void emptyStoreHasEmptyLists() {
        assertThat(client.get("/api/tags").bodyAsString()).isEqualTo("{\"models\":[]}");
        assertThat(client.get("/api/ps").bodyAsString()).isEqualTo("{\"models\":[]}");
        assertThat(await(client.request(HttpMethod.HEAD, "/api/tags").send()).statusCode()).isEqualTo(200);
    }

    /** Case 4. */
    @Test
    void wrongVerbsAndPaths() {
        HttpResponse<Buffer> verb = client.get("/api/show");
        assertThat(verb.statusCode()).isEqualTo(405);
        assertThat(verb.bodyAsString()).isEqualTo("405 method not allowed");
        assertThat(verb.getHeader("Allow")).isEqualTo("POST");
        HttpResponse<Buffer> path = client.get("/api/nope");
        assertThat(path.statusCode()).isEqualTo(404);
        assertThat(path.getHeader("Content-Type")).startsWith("text/plain");
        assertThat(path.bodyAsString()).isEqualTo("404 page not found");
        assertThat(client.get("/%zz/..%2f").statusCode()).isBetween(400, 404);
    }

    @Test
    void trailingSlashRedirects() {
        HttpResponse<Buffer> get = client.get("/api/tags/?a=b");
        assertThat(get.statusCode()).isEqualTo(301);
        assertThat(get.getHeader("Location")).isEqualTo("/api/tags?a=b");
        assertThat(client.post("/api/chat/", "{}").statusCode()).isEqualTo(307);
    }

    /** Cases 5 to 9 and the matrix of failures. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "generate | ``                                         | 400 | missing request body",
            "generate | {                                          | 400 | unexpected EOF",
            "generate | {\"model\":\"nope\",\"prompt\":\"x\"}      | 404 | model 'nope' not found",
            "generate | {}                                         | 404 | model '' not found",
            "generate | null                                       | 404 | model '' not found",
            "generate | {\"model\":\"a b\"}                        | 400 | invalid model name",
            "generate | {\"MODEL\":\"nope\"} trailing garbage      | 404 | model 'nope' not found",
            "generate | {\"model\":\"nope\",\"top_logprobs\":21}   | 400 | top_logprobs must be between 0 and 20",
            "generate | {\"keep_alive\":\"10\"}                    | 400 | time: missing unit in duration \"10\"",
            "generate | {\"keep_alive\":true}                      | 400 | Unsupported type: 'bool'",
            "generate | {\"think\":\"huge\"}                       | 400 | invalid think value: \"huge\" (must be \"high\", \"medium\", \"low\", \"max\", true, or false)",
            "generate | {\"images\":[\"!\"]}                       | 400 | illegal base64 data at input byte 0",
            "generate | []                                         | 400 | json: cannot unmarshal array into Go value of type api.GenerateRequest",
            "generate | {\"prompt\":5}                             | 400 | json: cannot unmarshal number into Go struct field GenerateRequest.prompt of type string",
            "chat     | {}                                         | 400 | model is required",
            "chat     | {\"model\":\"nope\"}                       | 404 | model 'nope' not found",
            "chat     | {\"model\":\"a b\"}                        | 400 | invalid model name",
            "show     | {}                                         | 400 | model is required",
            "show     | {\"name\":\"nope\"}                        | 404 | model 'nope:latest' not found",
            "show     | {\"model\":\"a b\"}                        | 400 | invalid model name",
            "show     | {\"model\":\"../../etc/passwd\"}           | 400 | invalid model name"})
    void errorsBeforeAnyModel(String route, String body, int status, String message) {
        HttpResponse<Buffer> response = client.post("/api/" + route, body == null ? "" : body);
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.getHeader("Content-Type")).startsWith("application/json");
        assertThat(json(response).path("error").asText()).isEqualTo(message);
    }

    @Test
    void formContentTypeIsTakenAsJson() {
        HttpResponse<Buffer> response = await(client.request(HttpMethod.POST, "/api/chat").putHeader("Content-Type",
                "application/x-www-form-urlencoded").sendBuffer(Buffer.buffer("{\"model\":\"nope\"}")));
        assertThat(response.statusCode()).isEqualTo(404);
    }

    @Test
    void bodiesAreBounded() {
        String body = "{\"model\":\"" + "x".repeat(17 << 20) + "\"}";
        HttpResponse<Buffer> response = client.post("/api/show", body);
        assertThat(response.statusCode()).isEqualTo(413);
        assertThat(client.get("/").statusCode()).isEqualTo(200);
    }

    @Test
    void deepJsonIsRefused() {
        assertThat(client.post("/api/generate", "[".repeat(100_000)).statusCode()).isEqualTo(400);
        assertThat(client.post("/api/generate", "{\"a\":".repeat(100_000)).statusCode()).isEqualTo(400);
    }

    /** Case 58, with the next two. */
    @Test
    void localOriginsMayCall() {
        for (String origin : List.of("http://localhost:3000", "https://127.0.0.1", "app://obsidian.md", "tauri://x")) {
            HttpResponse<Buffer> allowed = await(client.request(HttpMethod.GET, "/api/tags").putHeader("Origin", origin)
                    .send());
            assertThat(allowed.statusCode()).isEqualTo(200);
            assertThat(allowed.getHeader("Access-Control-Allow-Origin")).isEqualTo(origin);
            assertThat(allowed.getHeader("Vary")).isEqualTo("Origin");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://evil.com", "null", "http://localhost.evil.com", "http://localhost:3000.evil.com@x",
            "ftp://localhost"})
    void otherOriginsMayNot(String origin) {
        HttpResponse<Buffer> refused = await(client.request(HttpMethod.GET, "/api/tags").putHeader("Origin", origin)
                .send());
        // "http://localhost:*" is a wildcard over everything behind the colon, as in Ollama.
        int expected = origin.startsWith("http://localhost:") ? 200 : 403;
        assertThat(refused.statusCode()).isEqualTo(expected);
    }

    @Test
    void preflight() {
        HttpResponse<Buffer> preflight = await(client.request(HttpMethod.OPTIONS, "/api/chat").putHeader("Origin",
                "http://localhost:3000").putHeader("Access-Control-Request-Method", "POST").send());
        assertThat(preflight.statusCode()).isEqualTo(204);
        assertThat(preflight.getHeader("Access-Control-Allow-Methods")).isEqualTo(
                "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS");
        assertThat(preflight.getHeader("Access-Control-Allow-Headers")).contains("Authorization",
                "X-Stainless-Timeout");
        assertThat(preflight.getHeader("Access-Control-Max-Age")).isEqualTo("43200");
    }

    /** Case 59, with the one for all addresses. */
    @ParameterizedTest
    @CsvSource({"evil.example,403", "evil.example:11434,403", "127.0.0.1.evil.example,403", "8.8.8.8,403",
            "localhost,200", "foo.localhost,200", "127.0.0.1,200", "10.0.0.1,200", "10.0.0.1:1234,200", "[::1]:80,200",
            "box.local,200"})
    void hostHeaderOnLoopback(String host, int status) {
        assertThat(statusWithHost(client, host)).isEqualTo(status);
    }

    private static int statusWithHost(ApiClient client, String host) {
        return await(client.request(HttpMethod.GET, "/").putHeader("Host", host).send()).statusCode();
    }

    @Test
    void everyHostHeaderWhenListeningToAll() throws IOException {
        try (JnpuServer open = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", ":0")).withStore(new TestStore(
                folder).store()));
                ApiClient other = new ApiClient(open.port())) {
            assertThat(statusWithHost(other, "evil.example")).isEqualTo(200);
        }
    }

    @Test
    void takenPortIsOneLine() {
        ServerOptions same = ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:" + server.port()));
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> JnpuServer.start(same).close()).hasMessage(
                "cannot listen on 127.0.0.1 port %d: the address is in use or not of this machine".formatted(server
                        .port()));
    }

    @ParameterizedTest
    @CsvSource({"'',127.0.0.1,11434", "0.0.0.0,0.0.0.0,11434", ":1234,0.0.0.0,1234", "http://box,box,80",
            "https://box/path,box,443", "box:99999,box,11434", "[::1]:5,::1,5", "::1,::1,11434",
            "'\"127.0.0.1:5\"',127.0.0.1,5"})
    void hostVariable(String value, String host, int port) {
        ServerOptions options = ServerOptions.of(Map.of("OLLAMA_HOST", value));
        assertThat(options.host()).isEqualTo(host);
        assertThat(options.port()).isEqualTo(port);
    }

    @ParameterizedTest
    @CsvSource({"'',true", "1,true", "true,true", "0,false", "FALSE,false"})
    void repackVariable(String value, boolean repack) {
        assertThat(ServerOptions.of(Map.of("JNPU_REPACK", value)).repack()).isEqualTo(repack);
    }

    @Test
    void weightCacheVariable() {
        assertThat(ServerOptions.of(Map.of()).weightCache()).isEmpty();
        assertThat(ServerOptions.of(Map.of("JNPU_WEIGHT_CACHE", "0")).weightCache()).isEmpty();
        assertThat(ServerOptions.of(Map.of("JNPU_WEIGHT_CACHE", "1", "OLLAMA_MODELS", "/models")).weightCache())
                .contains(Path.of("/models", "packed"));
    }

    @ParameterizedTest
    @CsvSource({"OLLAMA_KEEP_ALIVE,soon", "OLLAMA_MAX_QUEUE,many", "OLLAMA_KV_CACHE_TYPE,q4_0", "JNPU_REPACK,maybe",
            "JNPU_WEIGHT_CACHE,/tmp",
            "OLLAMA_ORIGINS,evil.com", "OLLAMA_CONTEXT_LENGTH,-1"})
    void badVariablesAreNamed(String name, String value) {
        org.assertj.core.api.Assertions.assertThatIllegalArgumentException().isThrownBy(() -> ServerOptions.of(Map.of(
                name, value))).withMessageContaining(name).withMessageContaining(value);
    }

    @ParameterizedTest
    @CsvSource({"5m,PT5M", "1h30m,PT1H30M", "1.5s,PT1.5S", "0,PT0S", "0s,PT0S", "100ms,PT0.1S", "-1s,PT-1S"})
    void durations(String text, String expected) {
        assertThat(GoDuration.parse(text)).hasToString(expected);
    }
}
