package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.onnx.OnnxOptions;
import io.github.jnpu.convert.onnx.OnnxOptions.Weights;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.GenerationRequest;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.backend.Acceleration;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.reference.ReferenceBackend;
import io.github.jnpu.engine.sampling.SamplingOptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * Whole networks on a GPU, or on Mesa's in software: {@code .ci/webgpu} prepares it. No node may run on the CPU. Its times say nothing of real GPUs.
 */
@EnabledIfSystemProperty(named = "jnpu.test.webgpu", matches = "true", disabledReason = "needs an ONNX Runtime with WebGPU and a Vulkan driver: .ci/webgpu FOLDER, then mvn -Djnpu.webgpu=FOLDER verify")
class WebGpuTest {
    @TempDir
    Path folder;

    @BeforeAll
    static void requireProvider() {
        assertThat(ExecutionProvider.WEBGPU.complaint()).isEmpty();
    }

    private static ComputeBackend webGpu() {
        return new OnnxRuntimeBackend(OnnxOptions.EXACT, ExecutionProvider.WEBGPU);
    }

    @ParameterizedTest
    @CsvSource({"llama,F32", "qwen2,F32", "qwen3,F32", "llama,Q4_0", "qwen3,Q8_0"})
    void logitsAreThoseOfTheScalarLoops(String architecture, FileType type) throws IOException {
        Path file = folder.resolve("random.gguf");
        new RandomModel(architecture, ModelSize.Preset.TINY.size(), type, architecture.equals("qwen3"), 1).write(file);
        requireAgreement(file);
    }

    @Test
    void aTrainedModelAgrees() throws IOException {
        requireAgreement(TestModels.stories260K());
    }

    /** Of ONNX's own operators, this provider has all that are used here. */
    @ParameterizedTest
    @CsvSource({"llama,F32,FLOAT,false", "qwen2,F32,FLOAT,true", "qwen3,F32,FLOAT,true", "llama,Q4_0,BLOCKS,true",
            "llama,Q8_0,BLOCKS,false", "qwen3,F16,CHANNELS,true"})
    void standardOperatorsAreThoseOfTheScalarLoops(String architecture, FileType type, Weights weights, boolean fixed)
            throws IOException {
        Path file = folder.resolve("random.gguf");
        new RandomModel(architecture, ModelSize.Preset.TINY.size(), type, architecture.equals("qwen3"), 1).write(file);
        OnnxOptions open = OnnxOptions.EXACT.standard(weights);
        requireAgreement(file, new OnnxRuntimeBackend(fixed ? open.withShape(4, 32) : open, ExecutionProvider.WEBGPU),
                weights == Weights.CHANNELS ? 0.15f : 1e-3f);
    }

    private static void requireAgreement(Path file) throws IOException {
        requireAgreement(file, webGpu(), 1e-3f);
    }

    private static void requireAgreement(Path file, ComputeBackend backend, float tolerance) throws IOException {
        try (GgufFile model = GgufFile.open(file)) {
            DecoderGraph graph = DecoderGraph.of(model);
            float[][] expected = logits(graph, new ReferenceBackend());
            float[][] actual = logits(graph, backend);
            for (int step = 0; step < expected.length; step++) {
                for (int i = 0; i < expected[step].length; i++) {
                    assertThat(actual[step][i]).as("logit %d of step %d", i, step).isCloseTo(expected[step][i],
                            within(tolerance * Math.max(1, Math.abs(expected[step][i]))));
                }
            }
        }
    }

    /** After a prompt in two parts, then after each token of decode. */
    private static float[][] logits(DecoderGraph graph, ComputeBackend backend) {
        int vocabulary = graph.config().vocabularySize();
        int[] tokens = new SplittableRandom(2).ints(12, 0, vocabulary).toArray();
        float[][] logits = new float[5][vocabulary];
        try (Decoder decoder = backend.compile(graph, new DecoderOptions(2, KvCacheType.F32, 4));
                DecoderSequence sequence = decoder.newSequence(32)) {
            sequence.forward(tokens, 0, 8, logits[0]);
            for (int i = 1; i < logits.length; i++) {
                sequence.forward(tokens, 7 + i, 1, logits[i]);
            }
        }
        return logits;
    }

    @Test
    void sixtyFourTokensAreTheCpusTokens() {
        try (LanguageModel cpu = load("reference"); LanguageModel gpu = load("onnxruntime:webgpu")) {
            assertThat(gpu.placement().backend().acceleration()).isEqualTo(Acceleration.GPU);
            assertThat(gpu.placement().backend().device()).contains("WebGPU");
            assertThat(text(gpu)).isEqualTo(text(cpu));
        }
    }

    private static LanguageModel load(String backend) {
        return LanguageModel.load(GgufFile.open(TestModels.stories260K()), ModelOptions.DEFAULT.withBackend(backend)
                .withCacheType(KvCacheType.F32));
    }

    private static String text(LanguageModel model) {
        return model.generate(GenerationRequest.of(model.encodePrompt("Once upon a time", false))
                .withSampling(SamplingOptions.GREEDY).withMaxTokens(64)).text();
    }
}
