package io.github.jnpu.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

import static org.assertj.core.api.Assertions.assertThat;

class PlacementOptionsTest {
    private static final String[] RUN = {"run", "demo", "--verbose", "--num-predict", "3", "Hello"};

    private static CommandLineRun run(String... options) {
        String[] all = new String[RUN.length + options.length];
        System.arraycopy(RUN, 0, all, 0, 2);
        System.arraycopy(options, 0, all, 2, options.length);
        System.arraycopy(RUN, 2, all, 2 + options.length, RUN.length - 2);
        return CommandLineRun.of(all);
    }

    @Test
    void stagesRunWhereTheyAreAskedTo() {
        CommandLineRun run = run("--place", "prefill=reference,decode=vector");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).contains("prefill: reference on CPU (scalar), decode: vector on CPU");
    }

    @Test
    void strictFailsInOneLine() {
        CommandLineRun run = run("--place", "npu", "--strict");
        assertThat(run.code()).isNotZero();
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("no NPU can run this model").contains("jnpu devices");
        assertThat(run.err().lines().filter(line -> line.contains("NPU"))).hasSize(1);
    }

    @Test
    void withoutStrictTheCpuAnswers() {
        CommandLineRun run = run("--place", "npu");
        assertThat(run.code()).isZero();
        assertThat(run.out()).isNotBlank();
        assertThat(run.err()).contains("vector on CPU");
    }

    @Test
    void backendIsShort() {
        assertThat(run("--backend", "reference").err()).contains("reference on CPU (scalar)");
        assertThat(run("--backend", "reference", "--strict").err()).contains("leave it out");
        assertThat(run("--place", "cpu,gpu").err()).contains("'cpu' is not STAGE=DEVICE");
    }

    @Test
    void psExplains() throws IOException {
        JsonNode models = new ObjectMapper().readTree(
                """
                        [{"name":"m:latest","size":5,"digest":"0123456789abcdef","context_length":64,"expires_at":"",
                          "warnings":["npu0 failed"],
                          "placement":[{"stage":"prefill","backend":"onnxruntime:webgpu","device":"GPU","acceleration_type":"GPU","reason":"it was asked for",
                            "precision":"","self_check":"logits differ by 0.001 from the CPU's","nodes_on_device":9,
                            "nodes_elsewhere":1,"memory_bytes":1000000,"tokens":12,"tokens_per_second":3.5,"moved_tokens":2,
                            "moved_bytes":2000,"move_seconds":0.002,"not_used":[{"name":"vector","reason":"it is slower"}]}]}]""");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PsCommand.print(models, "", true, new PrintStream(bytes, true, StandardCharsets.UTF_8));
        assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("100% GPU", "warning: npu0 failed",
                "prefill onnxruntime:webgpu on GPU, 1.0 MB", "why here    it was asked for",
                "self-check  logits differ by 0.001", "nodes       9 of 10 on the device",
                "speed       3.5 tokens/s lately, 12 tokens so far", "2.0 KB in 2.0 ms",
                "not         vector: it is slower")
                .doesNotContain("precision");
    }
}
