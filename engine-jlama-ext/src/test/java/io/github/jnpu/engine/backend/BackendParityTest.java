package io.github.jnpu.engine.backend;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.placement.Placement;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Logits of a whole random network on the Vector API against the scalar loops, for each file type, after prefill and after decode.
 *
 * <p>A logit here is a sum of 256 products whose magnitudes add up to ten times the spread of the logits. The tolerance is a thousand
 * roundings of 2^-24 of that spread, so a hundred of that sum; what comes out is at most 72 of the spread (Q4_K). The strict
 * bound for each product by itself is in {@code ProductParityTest}.
 */
class BackendParityTest {
    private static final double TOLERANCE = 1000 * 0x1p-24;
    private static final int PROMPT = 9;
    private static final int LENGTH = 11;

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
            for (int i = 0; i < expected.length; i++) {
                assertThat(largestDifference(expected[i], actual[i]) / spread(expected[i])).as("step %d", i)
                        .isLessThan(TOLERANCE);
            }
        }
    }

    /** After the prompt, then after each token of decode. */
    private static float[][] logits(DecoderGraph graph, String backend) {
        int[] tokens = new SplittableRandom(1).ints(LENGTH, 3, graph.config().vocabularySize()).toArray();
        float[][] logits = new float[1 + LENGTH - PROMPT][graph.config().vocabularySize()];
        ComputeBackend compute = Placement.find(graph, Optional.of(backend)).backend();
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
