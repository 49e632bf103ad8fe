package io.github.jnpu.convert.graph;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.gguf.GgufWriter;
import io.github.jnpu.convert.graph.DecoderGraph.Layer;
import io.github.jnpu.convert.graph.Operation.Projection;
import io.github.jnpu.convert.graph.Operation.Rope;
import io.github.jnpu.convert.graph.Operation.RopeLayout;
import io.github.jnpu.convert.model.ModelConfig.RopeConfig;
import io.github.jnpu.convert.model.ModelConfig.RopeScaling;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

class DecoderGraphTest {
    @TempDir
    Path folder;
    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("model.gguf");
    }

    private GgufFile random(String architecture, boolean tied) throws IOException {
        new RandomModel(architecture, ModelSize.Preset.TINY.size(), FileType.F32, tied, 1).write(file);
        return GgufFile.open(file);
    }

    /** A copy of a random llama with some metadata replaced, without one tensor and with the columns of another halved. */
    private GgufFile changed(Map<String, Object> changes, String without, String halved) throws IOException {
        Path copy = folder.resolve("changed.gguf");
        try (GgufFile original = random("llama", false)) {
            GgufWriter writer = new GgufWriter();
            original.metadata().values().forEach((key, value) -> put(writer, key, changes.getOrDefault(key, value)));
            changes.forEach((key, value) -> {
                if (!original.metadata().contains(key)) {
                    put(writer, key, value);
                }
            });
            for (ModelTensor tensor : original.tensors()) {
                long[] shape = tensor.shape();
                if (tensor.name().equals(halved)) {
                    writer.tensor(tensor.name(), tensor.type(), new long[]{shape[0] / 2, shape[1]},
                            tensor.data().asSlice(0, tensor.data().byteSize() / 2));
                } else if (!tensor.name().equals(without)) {
                    writer.tensor(tensor.name(), tensor.type(), shape, tensor.data());
                }
            }
            writer.write(copy);
        }
        return GgufFile.open(copy);
    }

    private static void put(GgufWriter writer, String key, Object value) {
        if (value instanceof Long number) {
            writer.putUnsigned(key, number);
        } else {
            writer.put(key, value);
        }
    }

    @Test
    void valuesAreNumberedWithoutGapsAndMadeBeforeTheyAreRead() throws IOException {
        try (GgufFile model = random("qwen3", true)) {
            DecoderGraph graph = DecoderGraph.of(model);
            Set<Value> made = new HashSet<>();
            for (Operation operation : graph.operations()) {
                assertThat(made).containsAll(operation.inputs());
                assertThat(operation.output().id()).isEqualTo(made.size());
                made.add(operation.output());
            }
            assertThat(graph.valueCount()).isEqualTo(made.size());
        }
    }

    @Test
    void onlyTheResidualStreamFlowsBetweenLayers() throws IOException {
        try (GgufFile model = random("llama", false)) {
            DecoderGraph graph = DecoderGraph.of(model);
            Value stream = graph.entry().output();
            for (Layer layer : graph.layers()) {
                assertThat(layer.input()).isEqualTo(stream);
                Set<Value> known = new HashSet<>(Set.of(stream));
                for (Operation operation : layer.operations()) {
                    assertThat(known).containsAll(operation.inputs());
                    known.add(operation.output());
                }
                stream = layer.output();
            }
            assertThat(graph.head().orElseThrow().input()).isEqualTo(stream);
        }
    }

    @Test
    void tiedModelsProjectWithTheEmbeddingTable() throws IOException {
        try (GgufFile model = random("qwen2", true)) {
            Projection output = (Projection) DecoderGraph.of(model).head().orElseThrow().operations().getLast();
            assertThat(output.weight().name()).isEqualTo("token_embd.weight");
        }
        try (GgufFile model = random("qwen2", false)) {
            Projection output = (Projection) DecoderGraph.of(model).head().orElseThrow().operations().getLast();
            assertThat(output.weight().name()).isEqualTo("output.weight");
        }
    }

    @Test
    void familiesDifferInRopeBiasesAndHeadNorms() throws IOException {
        List<String> seen = new ArrayList<>();
        for (String architecture : List.of("llama", "qwen2", "qwen3")) {
            try (GgufFile model = random(architecture, false)) {
                List<Operation> layer = DecoderGraph.of(model).layers().getFirst().operations();
                boolean halves = layer.stream()
                        .anyMatch(operation -> operation instanceof Rope rope && rope.layout() == RopeLayout.HALVES);
                long biases = layer.stream()
                        .filter(operation -> operation instanceof Projection projection
                                && projection.bias().isPresent())
                        .count();
                long norms = layer.stream().filter(Operation.RmsNorm.class::isInstance).count();
                seen.add("%s %b %d %d".formatted(architecture, halves, biases, norms));
            }
        }
        assertThat(seen).containsExactly("llama false 0 2", "qwen2 true 3 2", "qwen3 true 0 4");
    }

    @Test
    void whatCannotBeBuiltIsNamed() throws IOException {
        assertRefused(changed(Map.of("general.architecture", "mamba"), null, null),
                "architecture 'mamba' is not supported; known are llama, qwen2, qwen3");
        assertRefused(changed(Map.of("llama.expert_count", 8L), null, null), "mixture-of-experts");
        assertRefused(changed(Map.of(), "blk.1.ffn_up.weight", null), "tensor 'blk.1.ffn_up.weight' is missing");
        assertRefused(changed(Map.of(), null, "blk.0.attn_k.weight"),
                "tensor 'blk.0.attn_k.weight' has shape [64, 256], expected [128, 256]");
    }

    private static void assertRefused(GgufFile model, String message) {
        try (model) {
            assertThatThrownBy(() -> DecoderGraph.of(model)).isInstanceOf(ModelFormatException.class)
                    .hasMessageContaining(message).hasMessageContaining("changed.gguf");
        }
    }

    @Test
    void frequenciesFollowTheScalingRules() {
        RopeConfig plain = new RopeConfig(8, 10_000, RopeScaling.NONE);
        assertThat(RopeFrequencies.of(plain, new float[0]).inverse()).containsExactly(
                new float[]{1, 0.1f, 0.01f, 0.001f},
                within(1e-7f));
        assertThat(RopeFrequencies.of(plain, new float[]{1, 1, 2, 4}).inverse())
                .containsExactly(new float[]{1, 0.1f, 0.005f, 0.00025f}, within(1e-7f));
        RopeConfig linear = new RopeConfig(8, 10_000, new RopeScaling(RopeScaling.Kind.LINEAR, 4, 0, 1));
        assertThat(RopeFrequencies.of(linear, new float[0]).inverse())
                .containsExactly(new float[]{0.25f, 0.025f, 0.0025f, 0.00025f}, within(1e-7f));
        // 512 positions: the first pair turns 81 times and stays, the last never turns once and is stretched fourfold.
        RopeConfig yarn = new RopeConfig(8, 10_000, new RopeScaling(RopeScaling.Kind.YARN, 4, 512, 1));
        RopeFrequencies stretched = RopeFrequencies.of(yarn, new float[0]);
        assertThat(stretched.inverse()[0]).isEqualTo(1);
        assertThat(stretched.inverse()[3]).isCloseTo(0.00025f, within(1e-7f));
        assertThat(stretched.magnitude()).isCloseTo(1.1386294f, within(1e-6f));
        assertThatThrownBy(() -> RopeFrequencies.of(plain, new float[3]))
                .hasMessageContaining("3 rope factors for 4 pairs");
    }
}
