package io.github.jnpu.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import io.vertx.ext.web.client.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import static io.github.jnpu.server.ApiClient.await;
import static io.github.jnpu.server.ApiClient.eventually;
import static io.github.jnpu.server.ApiClient.json;
import static org.assertj.core.api.Assertions.assertThat;

/** Many requests, few places: who waits, who is refused, who has to go. */
class SchedulingTest {
    /** A field: Vert.x closes a client, and its connections, when the garbage collector finds it unused. */
    private NetClient net;

    /** A context so long that to fill it takes minutes. */
    private static final String LONG = "{\"model\":\"endless\",\"prompt\":\"abc\",\"options\":{\"temperature\":0,\"num_ctx\":131072}}";

    @TempDir
    Path folder;
    TestStore store;
    JnpuServer server;
    ApiClient client;

    @BeforeEach
    void start() throws IOException {
        store = new TestStore(folder.resolve("store"));
        Path gguf = TestStore.randomModel(folder.resolve("tiny.gguf"));
        store.install("tiny", gguf, Map.of());
        store.install("alias", gguf, Map.of("system", "x"));
        store.install("other", TestStore.withMetadata(gguf, folder.resolve("other.gguf"), "general.name", "other"), Map
                .of());
        store.install("endless",
                TestStore.withMetadata(gguf, folder.resolve("endless.gguf"), "llama.context_length", 131072L),
                Map.of());
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0", "OLLAMA_MAX_QUEUE", "1",
                "OLLAMA_MAX_LOADED_MODELS", "1", "OLLAMA_CONTEXT_LENGTH", "1024")).withStore(store.store()));
        client = new ApiClient(server.port());
    }

    @AfterEach
    void stop() {
        client.close();
        server.close(Duration.ZERO);
    }

    private Future<HttpResponse<Buffer>> send(String model, String fields) {
        return client.request(HttpMethod.POST, "/api/generate").sendBuffer(Buffer.buffer("{\"model\":\"" + model
                + "\",\"prompt\":\"abc\",\"stream\":false,\"options\":{\"num_predict\":2}" + fields + "}"));
    }

    private JsonNode loaded() {
        return json(client.get("/api/ps")).path("models");
    }

    @Test
    void oneModelMakesPlaceForAnother() {
        assertThat(await(send("tiny", "")).statusCode()).isEqualTo(200);
        assertThat(loaded().get(0).path("context_length").intValue()).isEqualTo(1024);
        assertThat(await(send("other", "")).statusCode()).isEqualTo(200);
        assertThat(loaded()).extracting(model -> model.path("name").asText()).containsExactly("other:latest");
    }

    @Test
    void copiesShareAPlace() {
        assertThat(await(send("tiny", "")).statusCode()).isEqualTo(200);
        assertThat(await(send("alias", "")).statusCode()).isEqualTo(200);
        assertThat(loaded()).extracting(model -> model.path("name").asText()).containsExactly("tiny:latest");
    }

    @Test
    void overfullQueueIsRefusedAndNothingBreaks() {
        // Its load keeps the loader waiting: the model that must go is busy.
        NetSocket busy = startLong();
        List<Future<HttpResponse<Buffer>>> requests = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            requests.add(send("other", ""));
        }
        List<HttpResponse<Buffer>> refused = new ArrayList<>();
        assertThat(eventually(() -> requests.stream().filter(Future::isComplete).count() >= 3)).isTrue();
        busy.close();
        int succeeded = 0;
        for (Future<HttpResponse<Buffer>> request : requests) {
            HttpResponse<Buffer> response = await(request);
            if (response.statusCode() == 200) {
                succeeded++;
            } else {
                refused.add(response);
            }
        }
        // One that the loader holds and one in the queue, if the loader was quick enough to take the first.
        assertThat(succeeded).isBetween(1, 2);
        assertThat(refused).hasSize(5 - succeeded).allSatisfy(response -> {
            assertThat(response.statusCode()).isEqualTo(503);
            assertThat(json(response).path("error").asText()).isEqualTo(
                    "server busy, please try again.  maximum pending requests exceeded");
        });
        assertThat(await(send("tiny", "")).statusCode()).isEqualTo(200);
    }

    @Test
    void requestsForALoadedModelWaitTheirTurn() {
        assertThat(await(send("tiny", "")).statusCode()).isEqualTo(200);
        List<Future<HttpResponse<Buffer>>> requests = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            requests.add(send("tiny", ""));
        }
        assertThat(requests).allSatisfy(request -> assertThat(await(request).statusCode()).isEqualTo(200));
    }

    @Test
    void unloadWaitsForTheRunningAnswer() {
        NetSocket running = startLong();
        assertThat(json(client.post("/api/generate", "{\"model\":\"endless\",\"keep_alive\":0}")).path("done_reason")
                .asText()).isEqualTo("unload");
        assertThat(loaded()).hasSize(1);
        running.close();
        assertThat(eventually(() -> loaded().isEmpty())).isTrue();
    }

    /** Case 60: a client that leaves must not keep the model: it would be busy for minutes otherwise. */
    @Test
    void leavingClientFreesTheModel() {
        NetSocket socket = startLong();
        socket.close();
        assertThat(eventually(() -> loaded().size() == 1)).isTrue();
        // Only an idle model leaves at once.
        client.post("/api/generate", "{\"model\":\"endless\",\"keep_alive\":0}");
        assertThat(eventually(() -> loaded().isEmpty())).isTrue();
    }

    /** Starts an answer that streams for long and returns when its first bytes are here. */
    private NetSocket startLong() {
        net = client.vertx().createNetClient();
        NetSocket socket = await(net.connect(server.port(), "127.0.0.1"));
        CompletableFuture<Void> first = new CompletableFuture<>();
        socket.handler(bytes -> {
            first.complete(null);
            // Reads no further: the server must bear that too.
            socket.pause();
        });
        await(socket.write("POST /api/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + LONG.length()
                + "\r\n\r\n" + LONG));
        first.orTimeout(60, TimeUnit.SECONDS).join();
        return socket;
    }

    @Test
    void closingEndsWhatRuns() {
        startLong();
        server.close(Duration.ofMillis(100));
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> client.get("/")).isInstanceOf(
                IllegalStateException.class);
    }

    private JnpuServer start(Map<String, String> more) {
        Map<String, String> environment = new HashMap<>(Map.of("OLLAMA_HOST", "127.0.0.1:0", "OLLAMA_CONTEXT_LENGTH",
                "1024"));
        environment.putAll(more);
        return JnpuServer.start(ServerOptions.of(environment).withStore(store.store()));
    }

    private static List<String> names(ApiClient client) {
        List<String> names = new ArrayList<>();
        json(client.get("/api/ps")).path("models").forEach(model -> names.add(model.path("name").asText()));
        return names;
    }

    private static int generate(ApiClient client, String model) {
        return client.post("/api/generate", "{\"model\":\"" + model
                + "\",\"prompt\":\"abc\",\"stream\":false,\"options\":{\"num_predict\":2}}").statusCode();
    }

    private long peakBytes(int parallel) throws IOException {
        try (GgufFile file = GgufFile.open(folder.resolve("tiny.gguf"))) {
            return LanguageModel.estimate(file, ModelOptions.DEFAULT.withContextLength(1024).withParallel(parallel))
                    .peakBytes();
        }
    }

    @Test
    void whoWasUsedLongestAgoMakesRoomWhenMemoryIsShort() throws IOException {
        store.install("third", TestStore.withMetadata(folder.resolve("tiny.gguf"), folder.resolve("third.gguf"),
                "general.name", "third"), Map.of());
        // Two and a half of them.
        try (JnpuServer small = start(Map.of("JNPU_MAX_MEMORY", "" + peakBytes(1) * 5 / 2));
                ApiClient asks = new ApiClient(small.port())) {
            assertThat(generate(asks, "tiny")).isEqualTo(200);
            assertThat(generate(asks, "other")).isEqualTo(200);
            assertThat(generate(asks, "tiny")).isEqualTo(200);
            assertThat(names(asks)).containsExactlyInAnyOrder("tiny:latest", "other:latest");
            assertThat(generate(asks, "third")).isEqualTo(200);
            assertThat(names(asks)).containsExactlyInAnyOrder("tiny:latest", "third:latest");
        }
    }

    @Test
    void whatNeverFitsIsRefusedInOllamasWords() throws IOException {
        try (JnpuServer small = start(Map.of("JNPU_MAX_MEMORY", "1m")); ApiClient asks = new ApiClient(small.port())) {
            HttpResponse<Buffer> refused = asks.post("/api/generate", "{\"model\":\"tiny\",\"prompt\":\"abc\"}");
            assertThat(refused.statusCode()).isEqualTo(500);
            assertThat(json(refused).path("error").asText()).matches(
                    "model requires more system memory \\(\\d+\\.\\d MiB\\) than is available \\(1\\.0 MiB\\)");
            assertThat(names(asks)).isEmpty();
        }
        try (JnpuServer unchecked = start(Map.of("JNPU_MAX_MEMORY", "0"));
                ApiClient asks = new ApiClient(unchecked.port())) {
            assertThat(generate(asks, "tiny")).isEqualTo(200);
        }
    }

    @Test
    void theCacheOfEachSlotCounts() throws IOException {
        Map<String, String> enoughForOne = Map.of("JNPU_MAX_MEMORY", "" + (peakBytes(1) + peakBytes(8)) / 2);
        try (JnpuServer one = start(enoughForOne); ApiClient asks = new ApiClient(one.port())) {
            assertThat(generate(asks, "tiny")).isEqualTo(200);
        }
        Map<String, String> eight = new HashMap<>(enoughForOne);
        eight.put("OLLAMA_NUM_PARALLEL", "8");
        try (JnpuServer many = start(eight); ApiClient asks = new ApiClient(many.port())) {
            assertThat(generate(asks, "tiny")).isEqualTo(500);
        }
    }

    /** Case 61: two streams interleave; with one slot the second would wait for minutes. */
    @Test
    void twoAnswersAreWrittenAtTheSameTime() {
        server.close(Duration.ZERO);
        server = start(Map.of("OLLAMA_NUM_PARALLEL", "2"));
        NetSocket endless = startLong();
        try (ApiClient second = new ApiClient(server.port())) {
            String request = LONG.replace("\"temperature\":0", "\"temperature\":0,\"num_predict\":5").replace(
                    "{\"model\"", "{\"stream\":false,\"model\"");
            assertThat(json(second.post("/api/generate", request)).path("eval_count").intValue()).isEqualTo(5);
            assertThat(server.activity().answers()).isEqualTo(1);
        }
        endless.close();
        assertThat(eventually(() -> server.activity().answers() == 0)).isTrue();
    }

    /** Case 62: of many requests for one cold model some are refused, and the server is well afterwards. */
    @Test
    void aColdModelsQueueIsBounded() {
        List<Future<HttpResponse<Buffer>>> requests = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            requests.add(send("other", ""));
        }
        List<Integer> statuses = requests.stream().map(request -> await(request).statusCode()).toList();
        assertThat(statuses).contains(200).allMatch(status -> status == 200 || status == 503);
        assertThat(await(send("other", "")).statusCode()).isEqualTo(200);
    }

    /** Those who have left the queue make room for those who come. */
    @Test
    void whoLeavesTheQueueMakesRoom() throws IOException {
        NetSocket busy = startLong();
        String body = "{\"model\":\"other\",\"prompt\":\"abc\"}";
        int open;
        try (RawClient held = new RawClient(server.port())) {
            // The loader has it, and waits for the model that is busy.
            held.post("/api/generate", body);
            assertThat(eventually(() -> loadingThread().getState() == Thread.State.TIMED_WAITING)).isTrue();
            try (RawClient queued = new RawClient(server.port())) {
                queued.post("/api/generate", body);
                assertThat(eventually(() -> server.activity().loads() == 1)).isTrue();
                assertThat(await(send("other", "")).statusCode()).isEqualTo(503);
                open = server.activity().connections();
            }
            int before = open;
            assertThat(eventually(() -> server.activity().connections() < before)).isTrue();
            Future<HttpResponse<Buffer>> next = send("other", "");
            busy.close();
            assertThat(await(next).statusCode()).isEqualTo(200);
        }
        assertThat(eventually(() -> server.activity().answers() == 0)).isTrue();
    }

    private static Thread loadingThread() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().equals("jnpu-loader"))
                .max(Comparator.comparingLong(Thread::threadId)).orElse(Thread.currentThread());
    }

    @Test
    void anAnswerMayEndAfterTheServerWasToldTo() throws Exception {
        try (JnpuServer stopping = start(Map.of("OLLAMA_NUM_PARALLEL", "2"));
                RawClient slow = new RawClient(stopping.port())) {
            slow.post("/api/generate",
                    "{\"model\":\"endless\",\"prompt\":\"abc\",\"options\":{\"temperature\":0,\"num_predict\":3000,\"num_ctx\":4096}}");
            slow.some();
            Thread closing = Thread.startVirtualThread(() -> stopping.close(Duration.ofSeconds(60)));
            String all = slow.rest();
            assertThat(all).contains("\"done\":true");
            closing.join();
        }
    }
}
