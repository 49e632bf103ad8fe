package io.github.jnpu.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.probe.HardwareProbe;
import io.github.jnpu.server.hardware.HardwareJson;
import io.github.jnpu.server.hardware.HardwareMonitor;
import io.github.jnpu.server.model.LoadRequest;
import io.github.jnpu.server.model.LoadedModels;
import io.github.jnpu.server.model.MemoryBudget;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.client.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

import static io.github.jnpu.engine.ModelOptions.DEFAULT;
import static io.github.jnpu.server.ApiClient.await;
import static io.github.jnpu.server.ApiClient.json;
import static org.assertj.core.api.Assertions.assertThat;

/** What the server says of the machine and of where models run. */
class HardwareTest {
    private static final Path MACHINES = Path.of("..", "device-probe", "src", "test", "resources", "machines");

    @TempDir
    static Path folder;
    static TestStore store;
    static JnpuServer server;
    static ApiClient client;

    @BeforeAll
    static void start() throws IOException {
        store = new TestStore(folder.resolve("store"));
        store.install("tiny", TestStore.randomModel(folder.resolve("tiny.gguf")), Map.of());
        store.install("other", TestStore.withMetadata(folder.resolve("tiny.gguf"), folder.resolve("other.gguf"),
                "general.name", "other"), Map.of());
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0")).withStore(store.store()));
        client = new ApiClient(server.port());
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    @Test
    void hardwareTellsTheMachineAndWhereModelsRun() {
        client.post("/api/generate", "{\"model\":\"tiny\"}");

        JsonNode hardware = json(client.get("/api/hardware"));

        assertThat(hardware.path("system").path("family").asText()).isNotEmpty();
        assertThat(hardware.path("cpus")).hasSize(1);
        assertThat(hardware.at("/cpus/0/physical_cores").asInt()).isPositive();
        assertThat(hardware.at("/memory/total_bytes").asLong()).isPositive();
        assertThat(hardware.path("npus").isArray()).isTrue();
        assertThat(hardware.path("gpus").isArray()).isTrue();
        assertThat(hardware.path("runtimes")).isNotEmpty();
        assertThat(hardware.path("conclusion").asText()).endsWith(".");
        JsonNode model = hardware.path("models").get(0);
        assertThat(model.path("name").asText()).isEqualTo("tiny:latest");
        assertThat(model.path("stages")).hasSize(2).allSatisfy(stage -> {
            assertThat(stage.path("backend").asText()).isIn("vector", "reference");
            assertThat(stage.path("device_id").asText()).isEqualTo("cpu");
            assertThat(stage.path("acceleration_type").asText()).isEqualTo("CPU");
            assertThat(stage.path("reason").asText()).isNotEmpty();
        });
        assertThat(model.at("/stages/0/stage").asText()).isEqualTo("prefill");
        assertThat(model.path("not_used")).isNotEmpty().allSatisfy(
                other -> assertThat(other.path("reason").asText()).isNotEmpty());
        JsonNode memory = model.path("memory");
        assertThat(memory.path("total_bytes").asLong()).isEqualTo(memory.path("weight_bytes").asLong()
                + memory.path("cache_bytes").asLong() + memory.path("buffer_bytes").asLong());
    }

    @Test
    void detailsTellWhereAModelRunsOrWould() {
        client.post("/api/generate", "{\"model\":\"tiny\"}");

        for (JsonNode details : new JsonNode[]{json(client.get("/api/ps")).at("/models/0/details"),
                json(client.post("/api/show", "{\"model\":\"tiny\"}")).path("details"),
                json(client.post("/api/show", "{\"model\":\"other\"}")).path("details")}) {
            assertThat(details.path("acceleration_type").asText()).isEqualTo("CPU");
            assertThat(details.path("device_id").asText()).isEqualTo("cpu");
            assertThat(details.path("supported_devices").get(0).asText()).isEqualTo("cpu");
            assertThat(details.path("openvino_version").isTextual()).isTrue();
        }
        assertThat(json(client.get("/api/tags")).at("/models/0/details").has("device_id")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"/health", "/health/live", "/health/ready"})
    void aRunningServerIsHealthy(String path) {
        HttpResponse<Buffer> response = client.get(path);

        assertThat(response.statusCode()).isEqualTo(200);
        JsonNode health = json(response);
        assertThat(health.path("status").asText()).isEqualTo("ok");
        assertThat(health.path("live").asBoolean() && health.path("ready").asBoolean()).isTrue();
        assertThat(health.at("/npu/status").asText()).isIn("none", "ready", "unusable");
        assertThat(health.at("/npu/used").asBoolean()).isFalse();
        assertThat(health.at("/memory/available_bytes").asLong()).isPositive();
        assertThat(health.at("/memory/heap_max_bytes").asLong()).isPositive();
        assertThat(response.getHeader("Cache-Control")).isEqualTo("no-store");
        HttpResponse<Buffer> head = await(client.request(HttpMethod.HEAD, path).send());
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isNull();
        assertThat(client.post(path, "{}").statusCode()).isEqualTo(405);
    }

    @Test
    void whoIsClosingIsLiveButNotReady() {
        LoadedModels models = new LoadedModels(Duration.ofMinutes(5), 1, 1, DEFAULT,
                MemoryBudget.of(OptionalLong.empty()));
        HardwareMonitor monitor = new HardwareMonitor(HardwareProbe.local(), models, "0");
        models.close();

        JsonNode health = tree(monitor.health());

        assertThat(health.path("status").asText()).isEqualTo("stopping");
        assertThat(health.path("live").asBoolean()).isTrue();
        assertThat(health.path("ready").asBoolean()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"core-ultra-7-258v,ready,false", "broken-permissions,unusable,true", "kvm-guest,none,false"})
    void healthTellsHowTheNpuIs(String machine, String status, boolean problem) {
        try (LoadedModels models = new LoadedModels(Duration.ofMinutes(5), 1, 1, DEFAULT,
                MemoryBudget.of(OptionalLong.empty()))) {
            JsonNode npu = tree(new HardwareMonitor(HardwareProbe.captured(MACHINES.resolve(machine)), models, "0")
                    .health()).path("npu");

            assertThat(npu.path("status").asText()).isEqualTo(status);
            assertThat(npu.at("/devices/0/problem").isTextual()).isEqualTo(problem);
            assertThat(npu.at("/devices/0/remedy").isTextual()).isEqualTo(problem);
        }
    }

    @ParameterizedTest
    @CsvSource({"core-ultra-7-258v,npu0,no installed backend", "broken-permissions,npu0,permission"})
    void whyADeviceIsNotUsed(String machine, String device, String reason) {
        try (LoadedModels models = new LoadedModels(Duration.ofMinutes(5), 1, 1, DEFAULT,
                MemoryBudget.of(OptionalLong.empty()))) {
            models.acquire(
                    new LoadRequest(store.store().list().getFirst(), 0, 0, true, Optional.empty(), Optional.empty(),
                            () -> false))
                    .join().release();

            JsonNode hardware = tree(new HardwareMonitor(HardwareProbe.captured(MACHINES.resolve(machine)), models, "0")
                    .hardware());

            assertThat(hardware.at("/models/0/not_used")).anySatisfy(other -> {
                assertThat(other.path("name").asText()).isEqualTo(device);
                assertThat(other.path("reason").asText()).contains(reason);
            });
        }
    }

    private static JsonNode tree(Object value) {
        return json(new String(HardwareJson.bytes(value), StandardCharsets.UTF_8));
    }
}
