package io.github.jnpu.engine.jlama;

import com.github.tjake.jlama.safetensors.DType;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.reference.ReferenceBackend;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;

/** Every way in which a GGUF type reaches jlama, on random models, against the scalar reference. */
class JlamaWeightTypesTest {
    private static final DecoderOptions OPTIONS = new DecoderOptions(JlamaTests.THREADS, KvCacheType.F32, 8);
    private static final int[] TOKENS = {1, 77, 300, 12, 5, 499, 64, 128, 3, 256, 111};

    /**
     * Widths of 160, 192 and 320 are no multiples of 256: jlama keeps activations F32 there. Where it makes them BF16, or
     * 8-bit with negative numbers rounded towards zero, the errors are jlama's own and the bounds say how large they are.
     */
    @ParameterizedTest
    @CsvSource({"llama, F32, 192, 64, false, F32, 1e-5", "llama, F16, 192, 64, true, F32, 1e-5",
            "llama, Q8_0, 192, 64, true, F32, 1e-5", "llama, Q4_K_M, 256, 64, false, F32, 1e-5",
            "llama, Q4_0, 192, 64, true, Q4, 1e-5", "llama, Q4_0, 320, 80, false, Q4, 1e-5",
            "llama, Q4_0, 512, 64, false, Q4, 0.1", "llama, BF16, 256, 64, false, BF16, 0.01",
            "qwen2, Q4_0, 192, 64, true, Q4, 1e-5", "qwen2, F16, 160, 20, false, F32, 1e-5"})
    void logitsAgreeWithTheReference(String architecture, FileType type, int width, int headWidth, boolean tied,
            DType modelType, double tolerance, @TempDir Path folder) throws IOException {
        int heads = width / headWidth;
        ModelSize size = new ModelSize(width, 2, heads, heads / 2, headWidth, 2 * width, 512, 256);
        Path file = folder.resolve("random.gguf");
        new RandomModel(architecture, size, type, tied, 7).write(file);
        try (GgufFile source = GgufFile.open(file)) {
            DecoderGraph graph = DecoderGraph.of(source);
            try (GgufWeightLoader weights = GgufWeightLoader.of(source)) {
                boolean readsFourBit = JlamaTensors.readsFourBit();
                assertThat(weights.getModelDType())
                        .isEqualTo(modelType == DType.Q4 && !readsFourBit ? DType.F32 : modelType);
            }
            float[] expected = allLogits(new ReferenceBackend(), graph);
            float[] actual = allLogits(new JlamaBackend(), graph);
            assertThat(relativeError(actual, expected)).isLessThan(tolerance);
        }
    }

    private static float[] allLogits(ComputeBackend backend, DecoderGraph graph) {
        float[] logits = new float[TOKENS.length * graph.config().vocabularySize()];
        try (Decoder decoder = backend.compile(graph, OPTIONS);
                DecoderSequence sequence = decoder.newSequence(TOKENS.length)) {
            sequence.forward(TOKENS, 0, TOKENS.length, logits);
        }
        return logits;
    }

    /** Length of the difference over length of the expected vector. */
    private static double relativeError(float[] actual, float[] expected) {
        double difference = 0;
        double length = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(actual[i] - expected[i], 2);
            length += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference / length);
    }
}
