package io.github.jnpu.server;

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
import java.util.Map;

import static io.github.jnpu.server.ApiClient.await;
import static io.github.jnpu.server.ApiClient.json;
import static org.assertj.core.api.Assertions.assertThat;

/** A server with JNPU_API_KEY. */
class KeyTest {
    private static final String KEY = "s3cr3t-key";

    @TempDir
    static Path folder;
    static JnpuServer server;
    static ApiClient client;

    @BeforeAll
    static void start() throws IOException {
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0", "JNPU_API_KEY", KEY))
                .withStore(new TestStore(folder).store()));
        client = new ApiClient(server.port());
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private static HttpResponse<Buffer> get(String path, String header, String value) {
        return await(client.request(HttpMethod.GET, path).putHeader(header, value).send());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/tags", "/api/version", "/api/ps", "/v1/models", "/api/hardware", "/health",
            "/health/ready", "/api/tags/../tags", "//api/tags"})
    void nobodyGetsInWithoutIt(String path) {
        HttpResponse<Buffer> response = client.get(path);
        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.getHeader("WWW-Authenticate")).isEqualTo("Bearer");
        assertThat(response.bodyAsString()).doesNotContain(KEY);
    }

    @ParameterizedTest
    @CsvSource({"Authorization,Bearer s3cr3t-key,200", "authorization,bearer s3cr3t-key,200",
            "x-api-key,s3cr3t-key,200", "Authorization,s3cr3t-key,401", "Authorization,Bearer s3cr3t-ke,401",
            "Authorization,Bearer s3cr3t-keyx,401", "Authorization,Bearer S3CR3T-KEY,401", "Authorization,Bearer,401",
            "Authorization,Basic s3cr3t-key,401", "x-api-key,Bearer s3cr3t-key,401", "x-api-key,'',401"})
    void onlyTheKeyOpens(String header, String value, int status) {
        assertThat(get("/api/tags", header, value).statusCode()).isEqualTo(status);
    }

    @Test
    void theRefusalSpeaksTheClientsDialect() {
        assertThat(json(client.get("/api/tags")).path("error").asText()).startsWith("this server wants a key");
        assertThat(json(client.get("/v1/models")).at("/error/type").asText()).isEqualTo("authentication_error");
        assertThat(json(client.post("/v1/chat/completions", "{}")).at("/error/message").asText()).startsWith(
                "this server wants a key");
    }

    @Test
    void whetherItRunsIsNoSecret() {
        assertThat(client.get("/").bodyAsString()).isEqualTo("Ollama is running");
        assertThat(await(client.request(HttpMethod.HEAD, "/").send()).statusCode()).isEqualTo(200);
        assertThat(client.get("/health/live").statusCode()).isEqualTo(200);
        assertThat(client.post("/", "").statusCode()).isEqualTo(401);
    }

    @Test
    void aBrowserMayAskBeforeItKnocks() {
        HttpResponse<Buffer> preflight = await(client.request(HttpMethod.OPTIONS, "/api/tags").putHeader("Origin",
                "http://localhost:3000").send());
        assertThat(preflight.statusCode()).isEqualTo(204);
        assertThat(preflight.getHeader("Access-Control-Allow-Headers")).contains("Authorization");
    }
}
