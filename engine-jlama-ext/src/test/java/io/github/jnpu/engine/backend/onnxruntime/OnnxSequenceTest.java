package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.onnx.OnnxOptions;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.GenerationRequest;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.PackListener;
import io.github.jnpu.engine.backend.reference.ReferenceBackend;
import io.github.jnpu.engine.placement.Placement;
import io.github.jnpu.engine.sampling.SamplingOptions;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

/** What a sequence promises, on a tiny network of random Q4_0 weights whose products are computed in floats. */
class OnnxSequenceTest {
    /** Other kernels for other numbers of tokens: some roundings of 2^-24 of values around one. */
    private static final Offset<Float> ROUNDING = within(2e-5f);

    @TempDir
    Path folder;
    private GgufFile file;
    private DecoderGraph graph;
    private int vocabulary;

    @BeforeEach
    void write() throws IOException {
        Path path = folder.resolve("random.gguf");
        new RandomModel("llama", ModelSize.Preset.TINY.size(), FileType.Q4_0, false, 1).write(path);
        file = GgufFile.open(path);
        graph = DecoderGraph.of(file);
        vocabulary = graph.config().vocabularySize();
    }

    @AfterEach
    void close() {
        file.close();
    }

    private Decoder decoder(OnnxOptions options, int maxBatch) {
        return new OnnxRuntimeBackend(options).compile(graph, new DecoderOptions(2, KvCacheType.F32, maxBatch));
    }

    private int[] tokens(int count) {
        return new SplittableRandom(1).ints(count, 3, vocabulary).toArray();
    }

    private static void assertClose(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).as("logit %d", i).isCloseTo(expected[i], ROUNDING);
        }
    }

    private float[] run(DecoderSequence sequence, int[] tokens, int... cuts) {
        float[] logits = new float[vocabulary];
        int done = 0;
        for (int cut : cuts) {
            sequence.forward(tokens, done, cut, done + cut == tokens.length ? logits : null);
            done += cut;
        }
        return logits;
    }

    @Test
    void cutsMakeNoDifferenceAndTheCacheGrows() {
        // Beyond the first and the second capacity.
        int[] tokens = tokens(1200);
        int[] single = new int[40];
        Arrays.fill(single, 1);
        try (Decoder whole = decoder(OnnxOptions.EXACT, 1200); Decoder cut = decoder(OnnxOptions.EXACT, 96)) {
            float[] expected;
            try (DecoderSequence sequence = whole.newSequence(1200)) {
                expected = run(sequence, tokens, 1200);
                assertThat(sequence.length()).isEqualTo(1200);
            }
            try (DecoderSequence sequence = cut.newSequence(1200)) {
                assertClose(run(sequence, tokens, 1200), expected);
            }
            // In a new one, so that it grows while it holds something.
            try (DecoderSequence sequence = cut.newSequence(1200)) {
                assertClose(run(sequence, tokens, 1, 510, 2, 511, 175, 1), expected);
            }
            int[] few = Arrays.copyOf(tokens, 40);
            try (DecoderSequence first = whole.newSequence(40); DecoderSequence second = cut.newSequence(40)) {
                assertClose(run(second, few, single), run(first, few, 40));
            }
        }
    }

    @Test
    void whatWasForgottenLeavesNoTrace() {
        int[] tokens = tokens(30);
        int[] other = tokens.clone();
        Arrays.fill(other, 10, 30, 7);
        try (Decoder decoder = decoder(OnnxOptions.EXACT, 32); DecoderSequence sequence = decoder.newSequence(30)) {
            float[] expected = run(sequence, tokens, 30);
            sequence.truncate(10);
            sequence.forward(other, 10, 20, null);
            sequence.truncate(10);
            float[] logits = new float[vocabulary];
            sequence.forward(tokens, 10, 20, logits);
            assertClose(logits, expected);
        }
    }

    @Test
    void twoSequencesDoNotDisturbEachOther() {
        int[] left = tokens(20);
        int[] right = Arrays.stream(left).map(token -> vocabulary - 1 - token).toArray();
        try (Decoder decoder = decoder(OnnxOptions.EXACT, 32)) {
            float[] expectedLeft;
            float[] expectedRight;
            try (DecoderSequence one = decoder.newSequence(20); DecoderSequence two = decoder.newSequence(64)) {
                expectedLeft = run(one, left, 10, 10);
                expectedRight = run(two, right, 10, 10);
            }
            float[] actualLeft = new float[vocabulary];
            float[] actualRight = new float[vocabulary];
            try (DecoderSequence one = decoder.newSequence(20); DecoderSequence two = decoder.newSequence(64)) {
                one.forward(left, 0, 10, null);
                two.forward(right, 0, 10, null);
                one.forward(left, 10, 10, actualLeft);
                two.forward(right, 10, 10, actualRight);
            }
            assertThat(actualLeft).containsExactly(expectedLeft);
            assertThat(actualRight).containsExactly(expectedRight);
        }
    }

    @Test
    void logitsOfSeveralTokensAcrossBatches() {
        int[] tokens = tokens(23);
        try (Decoder decoder = decoder(OnnxOptions.EXACT, 8);
                Decoder reference = new ReferenceBackend().compile(graph,
                        new DecoderOptions(1, KvCacheType.F32, 8));
                DecoderSequence sequence = decoder.newSequence(23);
                DecoderSequence expected = reference.newSequence(23)) {
            float[] logits = new float[13 * vocabulary];
            float[] expectedLogits = new float[13 * vocabulary];
            sequence.forward(tokens, 0, 23, logits);
            expected.forward(tokens, 0, 23, expectedLogits);
            assertClose(logits, expectedLogits);
        }
    }

    @Test
    void wrongCallsAreRefusedAndChangeNothing() {
        try (Decoder decoder = decoder(OnnxOptions.FAST, 8); DecoderSequence sequence = decoder.newSequence(4)) {
            int[] tokens = {1, 2, 3, 4, 5};
            assertThatThrownBy(() -> sequence.forward(tokens, 0, 5, null)).hasMessageContaining("do not fit");
            assertThatThrownBy(() -> sequence.forward(new int[]{vocabulary}, 0, 1, null))
                    .hasMessageContaining("outside the vocabulary");
            assertThatThrownBy(() -> sequence.forward(tokens, 0, 1, new float[2 * vocabulary]))
                    .hasMessageContaining("whole rows");
            assertThatThrownBy(() -> sequence.truncate(1)).hasMessageContaining("cannot shorten");
            assertThat(sequence.length()).isZero();
            assertThatThrownBy(() -> decoder.newSequence(0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> decoder.newSequence(graph.config().contextLength() + 1))
                    .isInstanceOf(BackendException.class).hasMessageContaining("holds 2048 tokens on ONNX Runtime");
        }
    }

    @Test
    void loadingTellsItsProgressAndCanBeGivenUp() {
        List<Long> reported = new ArrayList<>();
        ComputeBackend backend = new OnnxRuntimeBackend();
        backend.compile(graph, options((packed, total) -> {
            reported.add(packed);
            assertThat(packed).isLessThanOrEqualTo(total);
        })).close();
        assertThat(reported).isSorted().hasSizeGreaterThan(10);
        assertThatThrownBy(() -> backend.compile(graph, options((_, _) -> {
            throw new CancellationException("enough");
        }))).isInstanceOf(CancellationException.class);
    }

    private static DecoderOptions options(PackListener listener) {
        return new DecoderOptions(2, KvCacheType.F16, 32, true, listener, Optional.empty());
    }

    @Test
    void theSameTextAsTheVectorBackends() throws IOException {
        String expected = story("vector");
        assertThat(expected).hasSizeGreaterThan(100);
        assertThat(story("onnxruntime")).isEqualTo(expected);
    }

    private static String story(String backend) throws IOException {
        ModelOptions options = ModelOptions.DEFAULT.withThreads(2).withCacheType(KvCacheType.F32)
                .withBackend(backend);
        try (LanguageModel model = LanguageModel.load(GgufFile.open(TestModels.stories260K()), options)) {
            assertThat(model.placement().backend().name()).isEqualTo(backend);
            int[] prompt = model.encodePrompt("Once upon a time", false);
            return model.generate(
                    GenerationRequest.of(prompt).withSampling(SamplingOptions.GREEDY).withMaxTokens(128)).text();
        }
    }

    @Test
    void itIsNotChosenByItself() {
        Placement placement = Placement.find(graph, Optional.empty());
        assertThat(placement.backend().name()).isEqualTo("vector");
        assertThat(placement.rejections())
                .contains(new Placement.Rejection("onnxruntime", "only when asked for; 'vector' is faster"));
        assertThat(Placement.find(graph, Optional.of("onnxruntime")).toString())
                .startsWith("onnxruntime on CPU (ONNX Runtime 1.29.0, CPU provider)");
    }
}
