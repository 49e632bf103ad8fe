package io.github.jnpu.engine.backend.onnxruntime;

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
import io.github.jnpu.engine.backend.Placement;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.backend.reference.ReferenceBackend;
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

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"llama, Q8_0, false, false", "llama, F32, true, false", "qwen3, Q4_K_M, true, true",
            "qwen2, Q4_0, false, true"})
    void partsOneAfterTheOtherAreTheWhole(String architecture, FileType type, boolean halves, boolean mixed)
            throws IOException {
        Path path = folder.resolve("random.gguf");
        new RandomModel(architecture, ModelSize.Preset.TINY.size(), type, false, 1).write(path);
        try (GgufFile file = GgufFile.open(path)) {
            DecoderGraph whole = DecoderGraph.of(file);
            ComputeBackend onnx = new OnnxRuntimeBackend(OnnxOptions.EXACT);
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
