package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.onnx.OnnxOptions;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.reference.ReferenceBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Logits of whole networks on ONNX Runtime against the scalar loops, after prefill and after decode. The tiny networks' logits have a
 * spread of about one, so the tolerance is one for both differences and relative ones.
 */
class OnnxAgreementTest {
    private static final int PROMPT = 9;
    private static final int LENGTH = 13;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"llama,F32", "qwen2,F32", "qwen3,F32", "llama,F16", "qwen2,F16", "qwen3,F16", "llama,BF16",
            "llama,Q4_0", "qwen2,Q4_0", "qwen3,Q4_0", "llama,Q8_0", "qwen2,Q8_0", "qwen3,Q8_0", "llama,Q6_K",
            "llama,Q4_K_M", "qwen2,Q4_K_M", "qwen3,Q5_K_M", "llama,Q4_1", "llama,Q5_0", "llama,IQ4_NL", "llama,MXFP4",
            "llama,Q2_K"})
    void logitsAreThoseOfTheScalarLoops(String architecture, FileType type) throws IOException {
        requireAgreement(random(architecture, type), OnnxOptions.EXACT, 1e-3);
    }

    /**
     * Activations are rounded to 8 bits, with one factor for each 32: an error of up to 1/254 of the block's largest, about half a
     * percent of a typical activation. Some twenty products follow one another, each with half a percent of its own: two or three percent of
     * the logits' spread, and four times that for the worst of 2,500 logits (0.1 was seen). A wrong nibble order gives more than 1.
     */
    @ParameterizedTest
    @CsvSource({"llama,Q4_0", "qwen2,Q4_0", "qwen3,Q4_0", "llama,Q8_0", "qwen3,Q8_0", "llama,Q6_K",
            "qwen2,Q4_K_M", "llama,Q5_K"})
    void roundedActivationsStayNear(String architecture, FileType type) throws IOException {
        requireAgreement(random(architecture, type), OnnxOptions.FAST, 0.15);
    }

    @Test
    void aTrainedModelAgrees() throws IOException {
        requireAgreement(TestModels.stories260K(), OnnxOptions.FAST, 1e-3);
    }

    private Path random(String architecture, FileType type) throws IOException {
        Path file = folder.resolve("random.gguf");
        new RandomModel(architecture, ModelSize.Preset.TINY.size(), type, architecture.equals("qwen3"), 1).write(file);
        return file;
    }

    private static void requireAgreement(Path file, OnnxOptions options, double tolerance) throws IOException {
        try (GgufFile model = GgufFile.open(file)) {
            DecoderGraph graph = DecoderGraph.of(model);
            float[][] expected = logits(graph, new ReferenceBackend());
            float[][] actual = logits(graph, new OnnxRuntimeBackend(options));
            double worst = 0;
            for (int i = 0; i < expected.length; i++) {
                worst = Math.max(worst, largestDifference(expected[i], actual[i]));
            }
            System.out.printf("%s %s: %.2e%n", graph.config().name(), options.accuracy(), worst);
            assertThat(worst).isLessThan(tolerance);
        }
    }

    /** After the prompt, then after each token of decode. */
    private static float[][] logits(DecoderGraph graph, ComputeBackend backend) {
        int[] tokens = new SplittableRandom(1).ints(LENGTH, 3, graph.config().vocabularySize()).toArray();
        float[][] logits = new float[1 + LENGTH - PROMPT][graph.config().vocabularySize()];
        try (Decoder decoder = backend.compile(graph, new DecoderOptions(2, KvCacheType.F32, 32));
                DecoderSequence sequence = decoder.newSequence(LENGTH)) {
            sequence.forward(tokens, 0, PROMPT, logits[0]);
            for (int i = PROMPT; i < LENGTH; i++) {
                sequence.forward(tokens, i, 1, logits[1 + i - PROMPT]);
            }
        }
        return logits;
    }

    private static double largestDifference(float[] expected, float[] actual) {
        double largest = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = Math.abs(expected[i] - actual[i]);
            largest = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(largest, difference);
        }
        return largest;
    }
}
