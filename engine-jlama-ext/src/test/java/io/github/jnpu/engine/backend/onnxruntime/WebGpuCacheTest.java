package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.onnx.OnnxOptions;
import io.github.jnpu.convert.onnx.OnnxWriter;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.onnxruntime.capi.SessionOptions;
import io.github.jnpu.engine.placement.Placement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

/** Keys and values that stay in a GPU's memory, and how they come out of it; prepared as for {@link WebGpuTest}. */
@EnabledIfSystemProperty(named = "jnpu.test.webgpu", matches = "true", disabledReason = "needs an ONNX Runtime with WebGPU and a Vulkan driver: .ci/webgpu FOLDER, then mvn -Djnpu.webgpu=FOLDER verify")
class WebGpuCacheTest {
    private static final int PROMPT = 8;
    private static final int LENGTH = 64;

    @TempDir
    Path folder;

    private static DecoderOptions options(int maxBatch) {
        return new DecoderOptions(2, KvCacheType.F32, maxBatch);
    }

    private static OnnxDecoder gpu(DecoderGraph graph, int maxBatch) {
        OnnxDecoder decoder = (OnnxDecoder) new OnnxRuntimeBackend(OnnxOptions.EXACT, ExecutionProvider.WEBGPU)
                .compile(graph, options(maxBatch));
        assertThat(decoder.keepsCacheOnDevice()).isTrue();
        return decoder;
    }

    private static Decoder cpu(DecoderGraph graph, String backend) {
        return Placement.find(graph, Optional.of(backend)).backend().compile(graph, options(64));
    }

    private static int[] tokens(DecoderGraph graph, int count) {
        return new SplittableRandom(3).ints(count, 3, graph.config().vocabularySize()).toArray();
    }

    private static void assertNear(float[] actual, float[] expected, String what) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).as("logit %d %s", i, what).isCloseTo(expected[i],
                    within(1e-3f * Math.max(1, Math.abs(expected[i]))));
        }
    }

    @Test
    void sixtyFourTokensHaveTheVectorBackendsLogits() throws IOException {
        try (GgufFile file = GgufFile.open(TestModels.stories260K())) {
            DecoderGraph graph = DecoderGraph.of(file);
            int[] tokens = tokens(graph, LENGTH);
            float[] expected = new float[graph.config().vocabularySize()];
            float[] actual = new float[graph.config().vocabularySize()];
            try (Decoder cpu = cpu(graph, "vector");
                    OnnxDecoder gpu = gpu(graph, 4);
                    DecoderSequence reference = cpu.newSequence(LENGTH);
                    DecoderSequence sequence = gpu.newSequence(LENGTH)) {
                reference.forward(tokens, 0, PROMPT, expected);
                sequence.forward(tokens, 0, PROMPT, actual);
                assertNear(actual, expected, "after the prompt");
                for (int i = PROMPT; i < LENGTH; i++) {
                    reference.forward(tokens, i, 1, expected);
                    sequence.forward(tokens, i, 1, actual);
                    assertNear(actual, expected, "after token " + i);
                }
            }
        }
    }

    /** To the CPU in the middle of a text, and back to the device in another sequence. */
    @Test
    void aTextMovesToTheCpuAndBack() throws IOException {
        try (GgufFile file = random()) {
            DecoderGraph graph = DecoderGraph.of(file);
            int[] tokens = tokens(graph, LENGTH);
            int half = LENGTH / 2;
            float[] expected = new float[graph.config().vocabularySize()];
            float[] moved = new float[graph.config().vocabularySize()];
            float[] stayed = new float[graph.config().vocabularySize()];
            float[] returned = new float[graph.config().vocabularySize()];
            try (Decoder cpu = cpu(graph, "reference");
                    OnnxDecoder gpu = gpu(graph, 64);
                    DecoderSequence reference = cpu.newSequence(LENGTH);
                    DecoderSequence onCpu = cpu.newSequence(LENGTH);
                    DecoderSequence onGpu = gpu.newSequence(LENGTH);
                    DecoderSequence again = gpu.newSequence(LENGTH)) {
                reference.forward(tokens, 0, half, null);
                // More than the half, and truncated: what was forgotten must not be taken along.
                onGpu.forward(tokens, 0, half + 5, null);
                onGpu.truncate(half);
                move(graph, onGpu, onCpu, 0, half);
                for (int i = half; i < LENGTH; i++) {
                    if (i == half + 10) {
                        move(graph, onCpu, again, 0, 20);
                        move(graph, onCpu, again, 20, half + 10 - 20);
                    }
                    reference.forward(tokens, i, 1, expected);
                    onCpu.forward(tokens, i, 1, moved);
                    onGpu.forward(tokens, i, 1, stayed);
                    assertNear(moved, expected, "on the CPU after token " + i);
                    assertNear(stayed, expected, "on the device after token " + i);
                    if (i >= half + 10) {
                        again.forward(tokens, i, 1, returned);
                        assertNear(returned, expected, "back on the device after token " + i);
                    }
                }
            }
        }
    }

    private static void move(DecoderGraph graph, DecoderSequence from, DecoderSequence to, int first, int count) {
        int row = graph.config().keyValueHeads() * graph.config().keyLength();
        for (int layer = 0; layer < graph.config().layers(); layer++) {
            float[] keys = new float[count * row];
            float[] values = new float[count * row];
            from.readCache(layer, first, count, keys, values);
            to.writeCache(layer, first, count, keys, values);
        }
        to.advance(first + count);
    }

    /** Beyond the first capacity, with something in it. */
    @Test
    void theCacheGrowsOnTheDevice() throws IOException {
        try (GgufFile file = random()) {
            DecoderGraph graph = DecoderGraph.of(file);
            int[] tokens = tokens(graph, 530);
            float[] expected = new float[graph.config().vocabularySize()];
            float[] actual = new float[graph.config().vocabularySize()];
            try (Decoder cpu = cpu(graph, "reference");
                    OnnxDecoder gpu = gpu(graph, 64);
                    DecoderSequence reference = cpu.newSequence(tokens.length);
                    DecoderSequence sequence = gpu.newSequence(tokens.length)) {
                reference.forward(tokens, 0, 510, null);
                sequence.forward(tokens, 0, 510, null);
                for (int i = 510; i < 516; i++) {
                    reference.forward(tokens, i, 1, expected);
                    sequence.forward(tokens, i, 1, actual);
                    assertNear(actual, expected, "after token " + i);
                }
            }
        }
    }

    @Test
    void nodesThatTheProviderLacksAreCountedOrRefused() throws IOException {
        try (GgufFile file = random()) {
            DecoderGraph graph = DecoderGraph.of(file);
            try (OnnxDecoder decoder = gpu(graph, 4)) {
                assertThat(decoder.nodesOff()).isZero();
                assertThat(decoder.nodesOn()).isGreaterThan(10);
                assertThat(decoder.assignment().on()).containsKey("GroupQueryAttention");
            }
            // The form for the CPU, with an operator that WebGPU lacks.
            var model = OnnxWriter.write(graph, OnnxOptions.EXACT);
            try (OnnxDecoder decoder = new OnnxDecoder(graph, model, options(4),
                    new ProviderChoice.BuiltIn(ExecutionProvider.WEBGPU, Map.of(), false), "")) {
                assertThat(decoder.nodesOff()).isPositive();
                assertThat(decoder.nodesOn()).isPositive();
                assertThat(decoder.assignment().off()).containsKey("FusedMatMul");
                assertThat(decoder.assignment().toString()).contains(" more on the CPU: FusedMatMul ");
            }
            assertThatThrownBy(() -> new OnnxDecoder(graph, model, options(4),
                    new ProviderChoice.BuiltIn(ExecutionProvider.WEBGPU, Map.of(), true), ""))
                    .isInstanceOf(BackendException.class).hasMessageContaining("ONNX Runtime cannot make a session")
                    .hasMessageContaining("on WebGPU alone, which lacks FusedMatMul");
        }
    }

    /** On drivers that ONNX Runtime's attention for long prompts is wrong on, they are cut; on others they are not, and right. */
    @Test
    void longPromptsAreRightWhateverTheDriver() throws IOException {
        try (GgufFile file = random()) {
            DecoderGraph graph = DecoderGraph.of(file);
            int[] tokens = tokens(graph, 100);
            float[] expected = new float[graph.config().vocabularySize()];
            float[] actual = new float[graph.config().vocabularySize()];
            try (Decoder cpu = cpu(graph, "reference");
                    OnnxDecoder gpu = gpu(graph, 100);
                    DecoderSequence reference = cpu.newSequence(100);
                    DecoderSequence sequence = gpu.newSequence(100)) {
                assertThat(gpu.maxBatch()).isIn(31, 100);
                reference.forward(tokens, 0, 100, expected);
                sequence.forward(tokens, 0, 100, actual);
                assertNear(actual, expected, "after the prompt");
            }
        }
    }

    @Test
    void theProbeKnowsWhichDevicesAreWrong() throws IOException {
        try (GgufFile file = random(); SessionOptions cpu = new SessionOptions()) {
            assertThat(AttentionProbe.agrees(DecoderGraph.of(file).config(), cpu)).isTrue();
        }
        // Its heads are small, and its logits hardly change: a comparison of those would not find it.
        try (GgufFile file = GgufFile.open(TestModels.stories260K())) {
            try (OnnxDecoder other = gpu(DecoderGraph.of(file), 100);
                    GgufFile randomFile = random();
                    OnnxDecoder gpu = gpu(DecoderGraph.of(randomFile), 100)) {
                assertThat(other.maxBatch()).isEqualTo(gpu.maxBatch());
            }
        }
    }

    /** Through the Java API these crashed. */
    @Test
    void optionsReachTheProvider() throws IOException {
        try (GgufFile file = random()) {
            DecoderGraph graph = DecoderGraph.of(file);
            float[] logits = new float[graph.config().vocabularySize()];
            try (Decoder decoder = new OnnxRuntimeBackend(OnnxOptions.EXACT).on(
                    "webgpu;validationMode=disabled;storageBufferCacheMode=bucket;powerPreference=high-performance;enableGraphCapture=0")
                    .compile(graph, options(4)); DecoderSequence sequence = decoder.newSequence(8)) {
                sequence.forward(new int[]{1, 2}, 0, 2, logits);
                assertThat(logits[0]).isFinite();
            }
            assertThatThrownBy(() -> new OnnxRuntimeBackend(OnnxOptions.EXACT).on("webgpu;validationMode=sometimes")
                    .compile(graph, options(4))).isInstanceOf(BackendException.class)
                    .hasMessageContaining("sometimes");
        }
    }

    private GgufFile random() throws IOException {
        Path file = folder.resolve("random.gguf");
        new RandomModel("llama", ModelSize.Preset.TINY.size(), FileType.F32, false, 1).write(file);
        return GgufFile.open(file);
    }
}
