package io.github.jnpu.server;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import static io.github.jnpu.server.ApiClient.eventually;
import static org.assertj.core.api.Assertions.assertThat;

/** Clients that are slow, half there or malicious, over raw sockets. The limits are short here; the kind of each is what is tested. */
class HostileClientsTest {
    private static final Duration HEAD = Duration.ofMillis(600);
    private static final Duration IDLE = Duration.ofMillis(900);
    private static final Duration BODY = Duration.ofMillis(700);
    private static final int CONNECTIONS = 20;

    @TempDir
    static Path folder;
    static JnpuServer server;

    @BeforeAll
    static void start() throws IOException {
        TestStore store = new TestStore(folder.resolve("store"));
        store.install("tiny", TestStore.randomModel(folder.resolve("tiny.gguf")), Map.of());
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0", "OLLAMA_CONTEXT_LENGTH", "512"))
                .withStore(store.store())
                .withConnections(ConnectionLimits.DEFAULT.withTimes(HEAD, IDLE, BODY).withConnections(CONNECTIONS)));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static RawClient connect() throws IOException {
        return new RawClient(server.port());
    }

    private static void assertStillWell() throws IOException {
        assertThat(eventually(() -> server.activity().connections() < CONNECTIONS)).isTrue();
        try (RawClient client = connect()) {
            assertThat(client.send("GET /api/version HTTP/1.1\r\nHost: localhost\r\n\r\n").some())
                    .startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void aConnectionThatSaysNothingIsClosed() throws IOException {
        try (RawClient client = connect()) {
            assertThat(client.rest()).isEmpty();
        }
        assertThat(eventually(() -> server.activity().connections() == 0)).isTrue();
    }

    /** Slowloris: each byte comes in time, the head never ends. */
    @Test
    void aHeadThatDripsIsClosed() throws IOException, InterruptedException {
        try (RawClient client = connect()) {
            client.send("GET / HTTP/1.1\r\nHost: localhost\r\n");
            boolean open = true;
            for (int i = 0; i < 200 && open; i++) {
                Thread.sleep(50);
                try {
                    client.send("X-" + i + ": 1\r\n");
                } catch (IOException e) {
                    open = false;
                }
            }
            assertThat(open).isFalse();
        }
    }

    @Test
    void aConnectionThatHasItsAnswerIsKeptForAWhileOnly() throws IOException, InterruptedException {
        try (RawClient client = connect()) {
            for (int i = 0; i < 4; i++) {
                // Longer in all than the time for the first head.
                Thread.sleep(300);
                assertThat(client.send("GET /api/version HTTP/1.1\r\nHost: localhost\r\n\r\n").some())
                        .contains(" 200 ");
            }
            assertThat(client.rest()).isEmpty();
        }
    }

    @Test
    void aBodyThatDoesNotComeIsAnError() throws IOException {
        try (RawClient client = connect()) {
            client.send("POST /api/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{\"model\":");
            assertThat(client.rest()).startsWith("HTTP/1.1 408").contains("the request body did not arrive within");
        }
    }

    /** A model that loads may take minutes; the test's own times are as short as its limits. */
    @Test
    void whoWaitsForAnAnswerIsLeftAlone() throws IOException {
        try (RawClient client = connect()) {
            client.post("/api/generate",
                    "{\"model\":\"tiny\",\"prompt\":\"a\",\"stream\":false,\"keep_alive\":0,\"options\":{\"num_predict\":400,\"seed\":7,\"temperature\":1.5}}");
            assertThat(client.rest()).startsWith("HTTP/1.1 200").contains("\"done\":true");
        }
    }

    @Test
    void aHalfClosedConnectionLeavesNothingBehind() throws IOException {
        try (RawClient client = connect()) {
            client.post("/api/generate", "{\"model\":\"tiny\",\"prompt\":\"abc\"}");
            client.some();
        }
        assertThat(eventually(() -> server.activity().answers() == 0 && server.activity().connections() == 0)).isTrue();
    }

    @Test
    void moreConnectionsThanAllowedAreClosedAtOnce() throws IOException {
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < CONNECTIONS; i++) {
                clients.add(connect());
            }
            assertThat(eventually(() -> server.activity().connections() == CONNECTIONS)).isTrue();
            try (RawClient oneTooMany = connect()) {
                assertThat(oneTooMany.rest()).isEmpty();
            }
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
        assertStillWell();
    }

    @Test
    void aHeadThatIsTooLongIsRefused() throws IOException {
        try (RawClient client = connect()) {
            client.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(64 << 10) + "\r\n\r\n");
            assertThat(client.rest()).doesNotContain(" 200 ");
        }
        try (RawClient client = connect()) {
            client.send("GET /" + "x".repeat(16 << 10) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(client.rest()).contains(" 414 ");
        }
        assertStillWell();
    }

    @Test
    void aBodyThatIsTooLongIsRefusedBeforeItIsRead() throws IOException {
        try (RawClient client = connect()) {
            client.send("POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n{");
            assertThat(client.rest()).startsWith("HTTP/1.1 413").contains("the request body is longer than 16777216");
        }
        assertStillWell();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\0\1\2\3\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
            "POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            "POST /api/chat HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET"})
    void whatIsNoHttpIsRefused(String bytes) throws IOException {
        try (RawClient client = connect()) {
            assertThat(client.send(bytes).rest()).doesNotContain("HTTP/1.1 200").doesNotContain("HTTP/1.1 500");
        }
        assertStillWell();
    }

    /** Names and digests that try to leave the store: nothing outside is read, written or deleted. */
    @ParameterizedTest
    @ValueSource(strings = {"../../../secret", "..", "a/../../b", "/etc/passwd", "..\\\\..\\\\secret", "a:../../b",
            "h/n/m:..", "%2e%2e/secret", "a\\u0000b", "registry.ollama.ai/../../secret:latest"})
    void namesDoNotLeaveTheStore(String name) throws IOException {
        Path secret = folder.resolve("secret");
        Files.writeString(secret, "secret");
        long before = files();
        for (String request : List.of("show {\"model\":\"@\"}", "generate {\"model\":\"@\",\"prompt\":\"x\"}",
                "copy {\"source\":\"tiny\",\"destination\":\"@/../x\"}",
                "copy {\"source\":\"@\",\"destination\":\"x\"}",
                "create {\"model\":\"@/../y\",\"from\":\"tiny\",\"stream\":false}",
                "push {\"model\":\"@\",\"stream\":false,\"insecure\":false}")) {
            String[] parts = request.split(" ", 2);
            try (RawClient client = connect()) {
                client.post("/api/" + parts[0], parts[1].replace("@", name));
                assertThat(client.rest()).as(request).startsWith("HTTP/1.1 4");
            } catch (SocketTimeoutException e) {
                throw new AssertionError(request, e);
            }
        }
        try (RawClient client = connect()) {
            String body = "{\"model\":\"" + name + "\"}";
            client.send("DELETE /api/delete HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s".formatted(body
                    .length(), body));
            assertThat(client.rest()).startsWith("HTTP/1.1 4");
        }
        assertThat(secret).hasContent("secret");
        assertThat(files()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sha256:../../../../secret", "sha256-..", "..%2f..%2fsecret", "sha256:%2e%2e",
            "sha512:aa", "sha256:" + "g00000000000000000000000000000000000000000000000000000000000000"})
    void digestsDoNotLeaveTheStore(String digest) throws IOException {
        long before = files();
        for (String method : List.of("HEAD", "POST")) {
            try (RawClient client = connect()) {
                client.send(method + " /api/blobs/" + digest
                        + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx");
                assertThat(client.rest()).startsWith("HTTP/1.1 4");
            }
        }
        assertThat(files()).isEqualTo(before);
    }

    private static long files() throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).count();
        }
    }
}
