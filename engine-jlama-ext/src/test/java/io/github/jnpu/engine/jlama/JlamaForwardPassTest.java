package io.github.jnpu.engine.jlama;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.backend.Suitability;
import io.github.jnpu.engine.backend.reference.ReferenceBackend;
import io.github.jnpu.engine.backend.vector.VectorBackend;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.io.IOException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

/** The same trained file through jlama's forward pass and ours. */
class JlamaForwardPassTest {
    // F32 weights and an F32 cache on both sides: only the order of additions differs, here over five layers.
    private static final float TOLERANCE = 2e-4f;
    private static final DecoderOptions OPTIONS = new DecoderOptions(JlamaTests.THREADS, KvCacheType.F32, 4);

    private static ModelSource source;
    private static DecoderGraph graph;
    private static JsonNode golden;

    @BeforeAll
    static void open() throws IOException {
        source = GgufFile.open(TestModels.stories260K());
        graph = DecoderGraph.of(source);
        golden = new ObjectMapper().readTree(TestModels.require("stories260K-gguf/golden.json").toFile())
                .get("tinyllm.gguf");
    }

    @AfterAll
    static void close() {
        if (source != null) {
            source.close();
        }
    }

    private static int[] goldenIds(int count) {
        int[] ids = new int[count];
        for (int i = 0; i < count; i++) {
            ids[i] = golden.get("greedy_ids").get(i).asInt();
        }
        return ids;
    }

    private static float[] allLogits(ComputeBackend backend, int[] tokens) {
        float[] logits = new float[tokens.length * graph.config().vocabularySize()];
        try (Decoder decoder = backend.compile(graph, OPTIONS);
                DecoderSequence sequence = decoder.newSequence(tokens.length)) {
            sequence.forward(tokens, 0, tokens.length, logits);
        }
        return logits;
    }

    private static float largestDifference(float[] left, float[] right) {
        assertThat(left).hasSameSizeAs(right);
        float largest = 0;
        for (int i = 0; i < left.length; i++) {
            float difference = Math.abs(left[i] - right[i]);
            largest = difference > largest || Float.isNaN(difference) ? difference : largest;
        }
        return largest;
    }

    @Test
    void everyLogitOfFortyTokensEqualsOurs() {
        int[] tokens = goldenIds(40);
        float[] jlama = allLogits(new JlamaBackend(), tokens);
        assertThat(largestDifference(jlama, allLogits(new ReferenceBackend(), tokens))).isLessThan(TOLERANCE);
        assertThat(largestDifference(jlama, allLogits(new VectorBackend(), tokens))).isLessThan(TOLERANCE);
    }

    @Test
    void lastLogitsOfThePromptAreTheGoldenOnes() {
        int[] prompt = goldenIds(golden.get("prompt_ids").size());
        float[] logits = new float[graph.config().vocabularySize()];
        try (Decoder decoder = new JlamaBackend().compile(graph, OPTIONS);
                DecoderSequence sequence = decoder.newSequence(16)) {
            sequence.forward(prompt, 0, prompt.length, logits);
        }
        for (JsonNode pair : golden.get("last_logits_top5")) {
            assertThat(logits[pair.get(0).asInt()]).isEqualTo((float) pair.get(1).asDouble(), within(1e-3f));
        }
        for (int i = 0; i < golden.get("last_logits_first8").size(); i++) {
            assertThat(logits[i]).isEqualTo((float) golden.get("last_logits_first8").get(i).asDouble(), within(1e-3f));
        }
    }

    @Test
    void decodingTokenByTokenAndAfterTruncationGivesTheSame() {
        int[] tokens = goldenIds(20);
        int vocabulary = graph.config().vocabularySize();
        float[] expected = allLogits(new JlamaBackend(), tokens);
        float[] logits = new float[vocabulary];
        try (Decoder decoder = new JlamaBackend().compile(graph, OPTIONS);
                DecoderSequence sequence = decoder.newSequence(tokens.length)) {
            sequence.forward(new int[]{5, 6, 7, 8, 9, 10, 11}, 0, 7, null);
            sequence.truncate(0);
            for (int i = 0; i < tokens.length; i++) {
                sequence.forward(tokens, i, 1, logits);
                for (int j = 0; j < vocabulary; j++) {
                    assertThat(logits[j]).isEqualTo(expected[i * vocabulary + j], within(TOLERANCE));
                }
            }
            assertThat(sequence.length()).isEqualTo(tokens.length);
            assertThatThrownBy(() -> sequence.forward(tokens, 0, 1, logits))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("do not fit");
        }
    }

    @Test
    void aLongerContextThanTheFirstBuildsTheModelAnew() {
        int[] tokens = goldenIds(8);
        float[] logits = new float[graph.config().vocabularySize()];
        float[] longer = new float[graph.config().vocabularySize()];
        try (Decoder decoder = new JlamaBackend().compile(graph, OPTIONS);
                DecoderSequence first = decoder.newSequence(8);
                DecoderSequence second = decoder.newSequence(9000)) {
            first.forward(tokens, 0, 8, logits);
            second.forward(tokens, 0, 8, longer);
        }
        assertThat(largestDifference(longer, logits)).isLessThan(TOLERANCE);
    }

    @Test
    void itIsTheVectorApiPathAndIsNeverChosenByItself() {
        try (Decoder decoder = new JlamaBackend().compile(graph, OPTIONS)) {
            assertThat(decoder.cacheBytesPerToken()).isPositive();
        }
        assertThat(JlamaRuntime.kernels()).contains("Panama");
        assertThat(new JlamaBackend().suitability(graph, Stage.DECODE)).isEqualTo(new Suitability.Suitable(0));
    }

    @Test
    void anotherNumberOfThreadsIsRefused() {
        new JlamaBackend().compile(graph, OPTIONS).close();
        DecoderOptions other = new DecoderOptions(JlamaTests.THREADS == 1 ? 2 : 1, KvCacheType.F32, 4);
        assertThatThrownBy(() -> new JlamaBackend().compile(graph, other)).isInstanceOf(BackendException.class)
                .hasMessageContaining("threads");
    }
}
