package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.DecoderGraph.Layer;
import io.github.jnpu.convert.graph.Operation;
import io.github.jnpu.convert.graph.Operation.Rope;
import io.github.jnpu.convert.graph.RopeFrequencies;
import io.github.jnpu.convert.onnx.OnnxOptions;
import io.github.jnpu.convert.onnx.OnnxOptions.Weights;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.placement.Placement;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;

/** Whole networks out of ONNX's own operators on ONNX Runtime, against the Vector backend: logits after a prompt in chunks, after each token of decode. */
class StandardDialectAgreementTest {
    /** Beyond the cache's first size, where the model has that many positions. */
    private static final int MAX_LENGTH = 150;
    /** Logits of several tokens at once. */
    private static final int ROWS = 3;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"llama,F32,FLOAT", "qwen2,F32,FLOAT", "qwen3,F32,FLOAT", "llama,Q4_K_M,FLOAT", "llama,Q4_0,BLOCKS",
            "qwen3,Q8_0,BLOCKS", "qwen2,Q4_K_M,BLOCKS", "llama,Q6_K,BLOCKS"})
    void logitsAreThoseOfTheVectorBackend(String architecture, FileType type, Weights weights) throws IOException {
        Path file = random(architecture, type);
        requireAgreement(file, weights, 1e-3);
    }

    /** One factor for a row of 256 weights, one part in 254 of its largest: about half a percent of a typical weight, as in the rounding of activations. */
    @ParameterizedTest
    @CsvSource({"llama,F32", "qwen3,F16"})
    void roundedChannelsStayNear(String architecture, FileType type) throws IOException {
        requireAgreement(random(architecture, type), Weights.CHANNELS, 0.15);
    }

    @ParameterizedTest
    @CsvSource({"FLOAT", "BLOCKS"})
    void aTrainedModelAgrees(Weights weights) throws IOException {
        requireAgreement(TestModels.stories260K(), weights, 1e-3);
    }

    /** Only the first features of a head turn, in both layouts. */
    @ParameterizedTest
    @CsvSource({"llama", "qwen2"})
    void aPartOfAHeadTurns(String architecture) throws IOException {
        try (GgufFile file = GgufFile.open(random(architecture, FileType.F32))) {
            DecoderGraph whole = DecoderGraph.of(file);
            DecoderGraph graph = new DecoderGraph(whole.config(), whole.entry(), whole.layers().stream()
                    .map(layer -> new Layer(layer.index(), layer.input(), layer.operations().stream()
                            .map(StandardDialectAgreementTest::turningLess).toList(), layer.output()))
                    .toList(), whole.head(), whole.valueCount());
            requireAgreement(graph, Weights.FLOAT, 1e-3);
        }
    }

    private static Operation turningLess(Operation operation) {
        return operation instanceof Rope rope
                ? new Rope(rope.input(), rope.headWidth(), rope.layout(),
                        new RopeFrequencies(Arrays.copyOf(rope.frequencies().inverse(), 12), 1), rope.output())
                : operation;
    }

    private Path random(String architecture, FileType type) throws IOException {
        Path file = folder.resolve("random.gguf");
        new RandomModel(architecture, ModelSize.Preset.TINY.size(), type, architecture.equals("qwen3"), 1).write(file);
        return file;
    }

    private static void requireAgreement(Path file, Weights weights, double tolerance) throws IOException {
        try (GgufFile model = GgufFile.open(file)) {
            requireAgreement(DecoderGraph.of(model), weights, tolerance);
        }
    }

    private static void requireAgreement(DecoderGraph graph, Weights weights, double tolerance) {
        OnnxOptions open = OnnxOptions.EXACT.standard(weights);
        int length = Math.min(MAX_LENGTH, graph.config().contextLength());
        float[][] expected = logits(graph, length, Placement.find(graph, Optional.of("vector")).backend());
        // 32 tokens, 5 and 32 again: a chunk that is not full is followed by others.
        for (OnnxOptions options : new OnnxOptions[]{open, open.withShape(32, length), open.withShape(7, 256)}) {
            float[][] actual = logits(graph, length, new OnnxRuntimeBackend(options));
            double worst = 0;
            for (int i = 0; i < expected.length; i++) {
                for (int j = 0; j < expected[i].length; j++) {
                    double difference = Math.abs(expected[i][j] - actual[i][j]);
                    worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
                }
            }
            System.out.printf("%s %s %s: %.2e%n", graph.config().name(), weights, options.shape(), worst);
            assertThat(worst).as("%s", options.shape()).isLessThan(tolerance);
        }
    }

    private static float[][] logits(DecoderGraph graph, int length, ComputeBackend backend) {
        int vocabulary = graph.config().vocabularySize();
        int[] tokens = new SplittableRandom(1).ints(length, 3, vocabulary).toArray();
        float[][] logits = new float[5][vocabulary];
        logits[1] = new float[ROWS * vocabulary];
        try (Decoder decoder = backend.compile(graph, new DecoderOptions(2, KvCacheType.F32, 32));
                DecoderSequence sequence = decoder.newSequence(length)) {
            // Over the first size of the cache, 128, and up to the end of the one that is fixed.
            sequence.forward(tokens, 0, 37, logits[0]);
            sequence.forward(tokens, 37, 50, logits[1]);
            sequence.truncate(60);
            sequence.forward(tokens, 60, length - 62, logits[2]);
            sequence.forward(tokens, length - 2, 1, logits[3]);
            sequence.forward(tokens, length - 1, 1, logits[4]);
        }
        return logits;
    }
}
