package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
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
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.backend.reference.ReferenceBackend;
import io.github.jnpu.engine.placement.Placement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/** Parts of a network one after the other, all on ONNX Runtime or in turn with the Vector backend, against the whole on the scalar loops. */
class OnnxPartsTest {
    /** Two batches and a piece of a third. */
    private static final int PROMPT = 75;
    private static final int STEPS = 4;
    private static final int LENGTH = PROMPT + STEPS - 1;
    /** More than caches hold at first. */
    private static final int MOVED = 200;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"llama, Q8_0, false, false, EXACT", "llama, F32, true, false, EXACT",
            "qwen3, Q4_K_M, true, true, EXACT",
            "qwen2, Q4_0, false, true, EXACT", "llama, F32, true, false, OPEN", "qwen3, Q4_K_M, false, true, OPEN",
            "llama, Q8_0, true, false, FIXED", "qwen2, F32, true, true, FIXED"})
    void partsOneAfterTheOtherAreTheWhole(String architecture, FileType type, boolean halves, boolean mixed,
            String form) throws IOException {
        Path path = folder.resolve("random.gguf");
        new RandomModel(architecture, ModelSize.Preset.TINY.size(), type, false, 1).write(path);
        try (GgufFile file = GgufFile.open(path)) {
            DecoderGraph whole = DecoderGraph.of(file);
            OnnxOptions open = OnnxOptions.EXACT.standard(Weights.BLOCKS);
            ComputeBackend onnx = new OnnxRuntimeBackend(switch (form) {
                case "OPEN" -> open;
                case "FIXED" -> open.withShape(16, LENGTH);
                default -> OnnxOptions.EXACT;
            });
            ComputeBackend vector = Placement.find(whole, Optional.of("vector")).backend();
            float[][] expected = logits(whole, List.of(whole), List.of(new ReferenceBackend()));
            DecoderGraph cuttable = halves ? whole.halves() : whole;
            List<DecoderGraph> parts = new ArrayList<>();
            List<ComputeBackend> backends = new ArrayList<>();
            for (int i = 0; i < cuttable.layers().size(); i++) {
                parts.add(cuttable.part(i, i + 1));
                backends.add(mixed && i % 2 == 0 ? vector : onnx);
            }
            assertThat(parts).hasSizeGreaterThan(1);
            float[][] actual = logits(whole, parts, backends);
            for (int step = 0; step < STEPS; step++) {
                for (int i = 0; i < expected[step].length; i++) {
                    assertThat(actual[step][i]).as("logit %d of step %d", i, step).isCloseTo(expected[step][i],
                            within(1e-3f));
                }
            }
        }
    }

    /** The one cache is a text's on the scalar loops and goes on here, and the other way round. */
    @Test
    void aCacheMovesToStandardOperatorsAndBack() throws IOException {
        Path path = folder.resolve("random.gguf");
        new RandomModel("llama", ModelSize.Preset.TINY.size(), FileType.F32, false, 1).write(path);
        try (GgufFile file = GgufFile.open(path)) {
            DecoderGraph graph = DecoderGraph.of(file);
            int[] tokens = new SplittableRandom(1).ints(MOVED + 1, 3, graph.config().vocabularySize()).toArray();
            DecoderOptions options = new DecoderOptions(2, KvCacheType.F32, 32);
            try (Decoder scalar = new ReferenceBackend().compile(graph, options);
                    Decoder onnx = new OnnxRuntimeBackend(OnnxOptions.EXACT.standard(Weights.FLOAT)).compile(graph,
                            options)) {
                assertThat(moved(graph, tokens, scalar, onnx)).containsExactly(
                        moved(graph, tokens, scalar, scalar), within(1e-3f));
                assertThat(moved(graph, tokens, onnx, scalar)).containsExactly(
                        moved(graph, tokens, scalar, scalar), within(1e-3f));
            }
        }
    }

    private static float[] moved(DecoderGraph graph, int[] tokens, Decoder from, Decoder to) {
        float[] logits = new float[graph.config().vocabularySize()];
        try (DecoderSequence old = from.newSequence(MOVED + 1); DecoderSequence next = to.newSequence(MOVED + 1)) {
            old.forward(tokens, 0, MOVED, null);
            // The second layer makes the cache grow while the first has some of its positions only.
            move(graph, old, next, 0, 0, 60);
            move(graph, old, next, 1, 0, MOVED);
            move(graph, old, next, 0, 60, MOVED);
            next.advance(MOVED);
            next.forward(tokens, MOVED, 1, logits);
        }
        return logits;
    }

    private static void move(DecoderGraph graph, DecoderSequence old, DecoderSequence next, int layer, int from,
            int to) {
        int rows = graph.config().keyValueHeads() * graph.config().keyLength();
        float[] keys = new float[(to - from) * rows];
        float[] values = new float[(to - from) * rows];
        old.readCache(layer, from, to - from, keys, values);
        next.writeCache(layer, from, to - from, keys, values);
    }

    /** After the prompt, and after each token of decode. */
    private static float[][] logits(DecoderGraph whole, List<DecoderGraph> parts, List<ComputeBackend> backends) {
        int[] tokens = new SplittableRandom(1).ints(LENGTH, 3, whole.config().vocabularySize()).toArray();
        float[][] logits = new float[STEPS][whole.config().vocabularySize()];
        float[] stream = new float[PROMPT * whole.config().embeddingLength()];
        List<Decoder> decoders = new ArrayList<>();
        List<DecoderSequence> sequences = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            Decoder decoder = backends.get(i).compile(parts.get(i), new DecoderOptions(2, KvCacheType.F32, 32));
            decoders.add(decoder);
            sequences.add(decoder.newSequence(LENGTH));
        }
        for (int step = 0; step < STEPS; step++) {
            for (DecoderSequence sequence : sequences) {
                sequence.forward(step == 0 ? Stage.PREFILL : Stage.DECODE, tokens, step == 0 ? 0 : PROMPT + step - 1,
                        step == 0 ? PROMPT : 1, stream, sequence == sequences.getLast() ? logits[step] : null);
            }
        }
        sequences.forEach(DecoderSequence::close);
        decoders.forEach(Decoder::close);
        return logits;
    }
}
