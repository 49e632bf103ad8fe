package io.github.jnpu.engine.backend;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Logits of a whole random network on the Vector API against the scalar loops, for each file type, after prefill and after decode.
 *
 * <p>A logit here is a sum of 256 products whose magnitudes add up to about 13 times the logits' own spread (256 * 0.8^2 against
 * the square root of 256), and rounding anywhere before comes out as large again. 10,000 roundings of 2^-24 of the spread are the
 * tolerance; {@code ProductParityTest} has the strict bound for each product by itself.
 */
class BackendParityTest {
    private static final double TOLERANCE = 1e4 * 0x1p-24;
    /** These round activations to 8 bits: a 254th of the largest, some 1/70 of the spread, at each of a dozen products. */
    private static final Set<FileType> EIGHT_BIT_ACTIVATIONS = EnumSet.of(FileType.Q4_0);
    private static final double EIGHT_BIT_TOLERANCE = 0.15;
    private static final int PROMPT = 21;
    private static final int LENGTH = 24;

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource
    void logitsAreThoseOfTheScalarLoops(FileType type) throws IOException {
        Path file = folder.resolve("random.gguf");
        new RandomModel("llama", ModelSize.Preset.TINY.size(), type, false, 1).write(file);
        try (GgufFile model = GgufFile.open(file)) {
            DecoderGraph graph = DecoderGraph.of(model);
            float[][] expected = logits(graph, "reference");
            float[][] actual = logits(graph, "vector");
            double tolerance = EIGHT_BIT_ACTIVATIONS.contains(type) ? EIGHT_BIT_TOLERANCE : TOLERANCE;
            for (int i = 0; i < expected.length; i++) {
                assertThat(largestDifference(expected[i], actual[i]) / spread(expected[i])).as("step %d", i)
                        .isLessThan(tolerance);
            }
        }
    }

    /** After the prompt, then after each token of decode. */
    private static float[][] logits(DecoderGraph graph, String backend) {
        int[] tokens = new SplittableRandom(1).ints(LENGTH, 3, graph.config().vocabularySize()).toArray();
        float[][] logits = new float[1 + LENGTH - PROMPT][graph.config().vocabularySize()];
        ComputeBackend compute = Placement.choose(graph, Optional.of(backend)).backend();
        try (Decoder decoder = compute.compile(graph, new DecoderOptions(2, KvCacheType.F32, 32));
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

    private static double spread(float[] logits) {
        double squares = 0;
        for (float logit : logits) {
            squares += (double) logit * logit;
        }
        return Math.sqrt(squares / logits.length);
    }
}
