package io.github.jnpu.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;

class DevicesCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    @Test
    void devicesTellsCoresAndMemory() throws IOException {
        JsonNode report = JSON.readTree(CommandLineRun.of("devices", "--json").out());

        assertThat(report.at("/cpu/physical_cores").asInt()).isPositive();
        assertThat(report.at("/memory/total_bytes").asLong()).isPositive();
        String listing = CommandLineRun.of("devices").out();
        assertThat(listing)
                .contains("SYSTEM", "CPU", "MEMORY", "NPU", "GPU", "RUNTIME", report.at("/cpu/model").asText(),
                        report.path("conclusion").asText())
                .doesNotContain("\033");
    }

    @Test
    void devicesOfAnotherMachineComeWithRemedies() {
        Path machines = Path.of("..", "device-probe", "src", "test", "resources", "machines");

        String listing = CommandLineRun.of("devices", "--root", machines.resolve("broken-permissions").toString())
                .out();

        assertThat(listing).contains("npu0: Intel AI Boost", "not usable", "!! permission: /dev/accel/accel0",
                "-> ", "usermod -aG render").doesNotContain("ok kernel driver");
        assertThat(
                CommandLineRun.of("devices", "-v", "--root", machines.resolve("broken-permissions").toString()).out())
                .contains("ok kernel driver");
        assertThat(CommandLineRun.of("devices", "--root", machines.resolve("windows-core-ultra-258v").toString()).out())
                .contains("npu0: Intel(R) AI Boost", "ready");
        assertMisused("holds no machine", "devices", "--root", folder.toString());
        assertMisused("--root is another machine", "devices", "--deep", "--root", folder.toString());
    }

    private static void assertMisused(String message, String... arguments) {
        CommandLineRun run = CommandLineRun.of(arguments);
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains(message);
    }

    @Test
    void aCaptureSaysWhatTheMachineSays() throws IOException {
        Path capture = folder.resolve("machine");

        assertThat(CommandLineRun.of("devices", "--capture", capture.toString()).out()).contains("look through it");

        JsonNode here = JSON.readTree(CommandLineRun.of("devices", "--json").out());
        JsonNode there = JSON.readTree(CommandLineRun.of("devices", "--json", "--root", capture.toString()).out());
        assertThat(there.path("npus")).isEqualTo(here.path("npus"));
        assertThat(there.path("gpus")).isEqualTo(here.path("gpus"));
        assertThat(there.at("/cpu/model")).isEqualTo(here.at("/cpu/model"));
    }

    @Test
    void devicesTellsWhatAModelWouldTake() throws IOException {
        JsonNode small = JSON.readTree(CommandLineRun.of("devices", "--json", "--model", "demo", "--num-ctx", "512")
                .out());
        JsonNode large = JSON.readTree(CommandLineRun.of("devices", "--json", "--model", "demo", "--num-ctx", "512",
                "--kv-cache-type", "f32").out());

        assertThat(small.at("/model/weight_bytes").asLong()).isPositive();
        assertThat(large.at("/model/cache_bytes").asLong()).isEqualTo(2 * small.at("/model/cache_bytes").asLong());
        assertThat(small.at("/model/compiled_peak_bytes").asLong())
                .isGreaterThan(small.at("/model/total_bytes").asLong());
        assertThat(CommandLineRun.of("devices", "--model", "demo").out()).contains("MODEL    demo", "fits into the");
        CommandLineRun missing = CommandLineRun.of("devices", "--model", "./missing.gguf");
        assertThat(missing.code()).isEqualTo(1);
        assertThat(missing.err()).contains("model './missing.gguf' not found");
    }

    @Test
    void bandwidthIsMeasuredOnDemand() throws IOException {
        JsonNode report = JSON.readTree(CommandLineRun.of("devices", "--json", "--bandwidth").out());

        assertThat(report.at("/bandwidth/best").asDouble()).isPositive();
        assertThat(report.at("/report/cpu/model").isTextual()).isTrue();
    }
}
