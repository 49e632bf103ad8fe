package io.github.jnpu.engine.backend;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.engine.placement.Placement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

/** Parts of a network one after the other are the network, to the last bit; and a cache that moves is the same cache. */
class GraphPartsTest {
    private static final int PROMPT = 75;
    private static final int LENGTH = PROMPT + 3;

    @TempDir
    Path folder;

    private GgufFile model(String architecture) throws IOException {
        Path file = folder.resolve("random.gguf");
        new RandomModel(architecture, ModelSize.Preset.TINY.size(), FileType.Q8_0, false, 1).write(file);
        return GgufFile.open(file);
    }

    @ParameterizedTest
    @CsvSource({"llama, vector, false", "llama, reference, false", "qwen3, vector, false", "qwen3, vector, true",
            "llama, reference, true"})
    void partsOneAfterTheOtherAreTheWhole(String architecture, String backend, boolean halves) throws IOException {
        try (GgufFile file = model(architecture)) {
            DecoderGraph whole = DecoderGraph.of(file);
            int[] tokens = tokens(whole);
            float[][] expected = new float[4][];
            try (Decoder decoder = compile(whole, backend, KvCacheType.F32);
                    DecoderSequence sequence = decoder.newSequence(LENGTH)) {
                for (int i = 0; i < expected.length; i++) {
                    expected[i] = new float[whole.config().vocabularySize()];
                    if (i == 0) {
                        sequence.forward(tokens, 0, PROMPT, expected[i]);
                    } else {
                        sequence.forward(tokens, PROMPT + i - 1, 1, expected[i]);
                    }
                }
            }
            DecoderGraph cuttable = halves ? whole.halves() : whole;
            List<Decoder> decoders = new ArrayList<>();
            List<DecoderSequence> sequences = new ArrayList<>();
            for (int i = 0; i < cuttable.layers().size(); i++) {
                Decoder decoder = compile(cuttable.part(i, i + 1), backend, KvCacheType.F32);
                decoders.add(decoder);
                sequences.add(decoder.newSequence(LENGTH));
            }
            assertThat(sequences).hasSizeGreaterThan(1);
            float[] stream = new float[PROMPT * whole.config().embeddingLength()];
            for (int i = 0; i < expected.length; i++) {
                float[] logits = new float[whole.config().vocabularySize()];
                int from = i == 0 ? 0 : PROMPT + i - 1;
                for (DecoderSequence sequence : sequences) {
                    boolean last = sequence == sequences.getLast();
                    sequence.forward(i == 0 ? Stage.PREFILL : Stage.DECODE, tokens, from, i == 0 ? PROMPT : 1, stream,
                            last ? logits : null);
                }
                assertThat(logits).as("step %d", i).containsExactly(expected[i]);
            }
            sequences.forEach(DecoderSequence::close);
            decoders.forEach(Decoder::close);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"F32", "F16", "Q8_0"})
    void aCacheThatMovesIsTheSameCache(KvCacheType type) throws IOException {
        try (GgufFile file = model("llama")) {
            DecoderGraph graph = DecoderGraph.of(file);
            int[] tokens = tokens(graph);
            float[] expected = new float[graph.config().vocabularySize()];
            float[] actual = new float[graph.config().vocabularySize()];
            try (Decoder from = compile(graph, "reference", type);
                    Decoder to = compile(graph, "reference", KvCacheType.F32);
                    DecoderSequence old = from.newSequence(LENGTH);
                    DecoderSequence moved = to.newSequence(LENGTH)) {
                old.forward(tokens, 0, PROMPT, null);
                int rows = graph.config().keyValueHeads() * graph.config().keyLength();
                for (int layer = 0; layer < graph.config().layers(); layer++) {
                    // Across the border of a page, in two pieces.
                    for (int at : new int[]{0, 60}) {
                        int count = at == 0 ? 60 : PROMPT - 60;
                        float[] keys = new float[count * rows];
                        float[] values = new float[count * rows];
                        old.readCache(layer, at, count, keys, values);
                        moved.writeCache(layer, at, count, keys, values);
                    }
                }
                moved.advance(PROMPT);
                old.forward(tokens, PROMPT, 1, expected);
                moved.forward(tokens, PROMPT, 1, actual);
            }
            // The token's own key and value are rounded in the one cache and not in the other.
            assertThat(actual).containsExactly(expected, within(type == KvCacheType.F32 ? 0f : 0.05f));
        }
    }

    @Test
    void whatDoesNotFitIsRefused() throws IOException {
        try (GgufFile file = model("llama")) {
            DecoderGraph graph = DecoderGraph.of(file);
            assertThatThrownBy(() -> graph.part(1, 1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> graph.part(0, 99)).isInstanceOf(IllegalArgumentException.class);
            try (Decoder decoder = compile(graph.part(0, 1), "reference", KvCacheType.F32);
                    DecoderSequence sequence = decoder.newSequence(8)) {
                assertThatThrownBy(() -> sequence.forward(new int[]{1}, 0, 1, null))
                        .hasMessageContaining("needs a stream");
                float[] stream = new float[graph.config().embeddingLength()];
                assertThatThrownBy(() -> sequence.forward(Stage.PREFILL, new int[]{1}, 0, 1, stream,
                        new float[graph.config().vocabularySize()])).hasMessageContaining("without a head");
                assertThatThrownBy(() -> sequence.readCache(0, 0, 1, stream, stream)).hasMessageContaining("of 0");
                assertThatThrownBy(() -> sequence.advance(9)).hasMessageContaining("cannot advance");
            }
        }
    }

    private static int[] tokens(DecoderGraph graph) {
        return new SplittableRandom(1).ints(LENGTH, 3, graph.config().vocabularySize()).toArray();
    }

    private static Decoder compile(DecoderGraph graph, String backend, KvCacheType type) {
        return Placement.find(graph, Optional.of(backend)).backend().compile(graph, new DecoderOptions(2, type, 32));
    }
}
