package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.DecoderGraph.Layer;
import io.github.jnpu.convert.graph.Operation;
import io.github.jnpu.convert.graph.Operation.Attention;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.onnx.Initializer.Computed;
import io.github.jnpu.convert.onnx.Initializer.Stored;
import io.github.jnpu.convert.onnx.OnnxOptions.Dialect;
import io.github.jnpu.convert.onnx.OnnxOptions.Weights;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.convert.tensor.Dequantizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

class OnnxWriterTest {
    @TempDir
    Path folder;

    private GgufFile random(String architecture, FileType type, boolean tied) throws IOException {
        Path file = folder.resolve("model.gguf");
        new RandomModel(architecture, ModelSize.Preset.TINY.size(), type, tied, 1).write(file);
        return GgufFile.open(file);
    }

    private static ParsedMessage graph(OnnxModel model) {
        return ParsedMessage.of(model.proto()).messages(7).getFirst();
    }

    private static Map<String, Long> operators(ParsedMessage graph) {
        return graph.messages(1).stream().collect(Collectors.groupingBy(node -> node.text(4), Collectors.counting()));
    }

    private static List<String> names(ParsedMessage graph, int field) {
        return graph.messages(field).stream().map(value -> value.text(1)).toList();
    }

    @Test
    void aLlamaIsPrintedWithOnnxRuntimesOperators() throws IOException {
        try (GgufFile file = random("llama", FileType.Q4_0, false)) {
            OnnxModel model = OnnxWriter.write(DecoderGraph.of(file), OnnxOptions.FAST);
            ParsedMessage proto = ParsedMessage.of(model.proto());
            assertThat(proto.messages(8)).extracting(version -> version.text(1) + version.number(2)).containsExactly(
                    "21",
                    "com.microsoft1");
            ParsedMessage graph = graph(model);
            assertThat(operators(graph)).isEqualTo(Map.of("SimplifiedLayerNormalization", 5L, "MatMulNBits", 15L,
                    "GroupQueryAttention", 2L, "Sigmoid", 2L, "Mul", 4L, "Add", 4L, "Slice", 1L));
            assertThat(names(graph, 11)).containsExactlyInAnyOrder("inputs_embeds", "seqlens_k",
                    "total_sequence_length",
                    "logits_start", "past_key_values.0.key", "past_key_values.0.value", "past_key_values.1.key",
                    "past_key_values.1.value");
            assertThat(names(graph, 12)).containsExactlyInAnyOrder("logits", "present.0.key", "present.0.value",
                    "present.1.key", "present.1.value");
            assertThat(model.outsideTable()).map(ModelTensor::name).contains("token_embd.weight");
            assertThat(model.takesPosition()).isFalse();
            assertThat(model.widened()).isEmpty();
        }
    }

    @Test
    void everyNodeReadsWhatIsThereBeforeIt() throws IOException {
        for (String architecture : RandomModel.ARCHITECTURES) {
            for (FileType type : List.of(FileType.F32, FileType.F16, FileType.Q4_K_M)) {
                try (GgufFile file = random(architecture, type, true)) {
                    ParsedMessage graph = graph(OnnxWriter.write(DecoderGraph.of(file), OnnxOptions.FAST));
                    List<String> known = new ArrayList<>(names(graph, 11));
                    graph.messages(5).forEach(constant -> known.add(constant.text(8)));
                    for (ParsedMessage node : graph.messages(1)) {
                        assertThat(known).containsAll(node.texts(1));
                        assertThat(known).doesNotContainAnyElementsOf(node.texts(2));
                        known.addAll(node.texts(2));
                    }
                    assertThat(known).containsAll(names(graph, 12)).doesNotHaveDuplicates();
                }
            }
        }
    }

    @Test
    void noWeightIsInTheModel() throws IOException {
        try (GgufFile file = random("qwen3", FileType.F32, true)) {
            OnnxModel model = OnnxWriter.write(DecoderGraph.of(file), OnnxOptions.FAST);
            assertThat(model.proto()).hasSizeLessThan(20_000);
            Map<String, ParsedMessage> placeholders = graph(model).messages(5).stream()
                    .filter(tensor -> tensor.fields().containsKey(14))
                    .collect(Collectors.toMap(tensor -> tensor.text(8), Function.identity()));
            assertThat(placeholders).hasSameSizeAs(model.initializers());
            for (Initializer initializer : model.initializers()) {
                ParsedMessage tensor = placeholders.get(initializer.name());
                assertThat(tensor.all(1)).isEqualTo(Arrays.stream(initializer.dims()).boxed().toList());
                assertThat(tensor.number(2)).isEqualTo(initializer.type().id());
                Map<String, String> place = tensor.messages(13).stream()
                        .collect(Collectors.toMap(entry -> entry.text(1), entry -> entry.text(2)));
                assertThat(place).containsEntry("location", "model.onnx.data").containsEntry("length",
                        Long.toString(initializer.byteSize()));
            }
            // Tied weights are one constant, which must stay because it is looked up in.
            assertThat(model.initializers()).filteredOn(initializer -> initializer.name().equals("token_embd.weight"))
                    .singleElement()
                    .matches(initializer -> !initializer.packable() && initializer.content() instanceof Stored);
        }
    }

    /** A part with attention and one without, each between others. */
    @Test
    void aPartReadsAndWritesTheStreamAndDeclaresWhatItNeeds() throws IOException {
        try (GgufFile file = random("llama", FileType.F32, false)) {
            DecoderGraph halves = DecoderGraph.of(file).halves();
            for (Dialect dialect : Dialect.values()) {
                OnnxOptions options = dialect == Dialect.STANDARD
                        ? OnnxOptions.EXACT.standard(Weights.FLOAT)
                        : OnnxOptions.EXACT;
                List<String> counts = dialect == Dialect.STANDARD
                        ? List.of("rope_cos.0", "rope_sin.0", "attention_mask")
                        : List.of("seqlens_k", "total_sequence_length");
                List<String> attention = new ArrayList<>(counts);
                attention.addAll(List.of("hidden_states", "past_key_values.0.key", "past_key_values.0.value"));
                requirePorts(OnnxWriter.write(halves.part(2, 3), options), attention,
                        List.of("hidden_states_out", "present.0.key", "present.0.value"));
                requirePorts(OnnxWriter.write(halves.part(1, 2), options), List.of("hidden_states"),
                        List.of("hidden_states_out"));
                requirePorts(OnnxWriter.write(halves.part(3, 4), options),
                        List.of("hidden_states", dialect == Dialect.STANDARD ? "logits_rows" : "logits_start"),
                        List.of("logits"));
            }
        }
    }

    private static void requirePorts(OnnxModel model, List<String> inputs, List<String> outputs) {
        assertThat(names(graph(model), 11)).containsExactlyInAnyOrderElementsOf(inputs)
                .containsExactlyInAnyOrderElementsOf(model.inputs());
        assertThat(names(graph(model), 12)).containsExactlyInAnyOrderElementsOf(outputs)
                .containsExactlyInAnyOrderElementsOf(model.outputs());
        assertThat(model.takesStream()).isEqualTo(inputs.contains("hidden_states"));
        assertThat(model.givesStream()).isEqualTo(outputs.contains("hidden_states_out"));
    }

    /** Each weight as MatMulNBits will see it, against the definition of its type. */
    @ParameterizedTest
    @EnumSource(value = FileType.class, names = {"Q4_0", "Q4_1", "Q5_0", "Q8_0", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL"})
    void quantisedWeightsKeepWhatTheySay(FileType type) throws IOException {
        try (GgufFile file = random("llama", type, false); Arena arena = Arena.ofConfined()) {
            OnnxModel model = OnnxWriter.write(DecoderGraph.of(file), OnnxOptions.FAST);
            Map<String, Initializer> initializers = model.initializers().stream()
                    .collect(Collectors.toMap(Initializer::name, Function.identity()));
            ModelTensor tensor = file.requireTensor("blk.0.ffn_gate.weight");
            Initializer codes = initializers.get(tensor.name() + ".codes");
            Initializer offsets = initializers.get(tensor.name() + ".offsets");
            MemorySegment packed = filled(codes, arena);
            MemorySegment scales = filled(initializers.get(tensor.name() + ".scales"), arena);
            MemorySegment shifts = offsets == null ? null : filled(offsets, arena);
            int block = (int) (tensor.columns() / codes.dims()[1]);
            int bits = (int) codes.dims()[2] * 8 / block;
            float[] expected = new float[tensor.rows() * tensor.columns()];
            Dequantizer.dequantize(tensor.type(), tensor.data(), 0, expected, 0, expected.length);
            for (int i = 0; i < expected.length; i++) {
                int code = bits == 8
                        ? (packed.get(ValueLayout.JAVA_BYTE, i) & 0xff) - 128
                        : (packed.get(ValueLayout.JAVA_BYTE, i / 2) >> i % 2 * 4 & 15) - 8;
                float scaled = code * scales.getAtIndex(ValueLayout.JAVA_FLOAT, i / block);
                float shift = shifts == null ? 0 : shifts.getAtIndex(ValueLayout.JAVA_FLOAT, i / block);
                // Zero has two signs; an offset is rounded once, and so is the sum.
                assertThat(scaled + shift).as("weight %d", i).isCloseTo(expected[i],
                        within((Math.abs(scaled) + Math.abs(shift)) * 0x1p-23f * (shifts == null ? 0 : 1)));
            }
        }
    }

    private static MemorySegment filled(Initializer initializer, Arena arena) {
        MemorySegment memory = arena.allocate(initializer.byteSize());
        ((Computed) initializer.content()).fill(memory);
        return memory;
    }

    @Test
    void whatCannotBePrintedIsRefusedByName() throws IOException {
        try (GgufFile file = random("llama", FileType.F32, false)) {
            DecoderGraph graph = DecoderGraph.of(file);
            assertThatThrownBy(() -> OnnxWriter.write(withWindow(graph, 16), OnnxOptions.FAST))
                    .isInstanceOf(UnwritableGraphException.class)
                    .hasMessage(
                            "Attention 'blk.0.attn' sees a sliding window of 16 positions: there is no ONNX form for that");
        }
    }

    private static DecoderGraph withWindow(DecoderGraph graph, int window) {
        List<Layer> layers = graph.layers().stream().map(layer -> new Layer(layer.index(), layer.input(),
                layer.operations().stream().<Operation>map(operation -> operation instanceof Attention attention
                        ? new Attention(attention.query(), attention.key(), attention.value(), attention.layer(),
                                attention.heads(), attention.keyValueHeads(), attention.keyWidth(),
                                attention.valueWidth(), attention.scale(), window, attention.output())
                        : operation).toList(),
                layer.output())).toList();
        return new DecoderGraph(graph.config(), graph.entry(), layers, graph.head(), graph.valueCount());
    }

    @Test
    void anglesAreThoseOfTheFrequencies() throws IOException {
        try (GgufFile file = random("llama", FileType.F32, false); Arena arena = Arena.ofConfined()) {
            OnnxModel model = OnnxWriter.write(DecoderGraph.of(file), new OnnxOptions(OnnxOptions.Accuracy.FLOAT, 100));
            assertThat(model.positions()).isEqualTo(100);
            Initializer cosines = model.initializers().stream()
                    .filter(initializer -> initializer.name().equals("cos_cache")).findFirst().orElseThrow();
            assertThat(cosines.dims()).containsExactly(100, 32);
            // Theta is 10,000 and 64 features turn.
            double expected = Math.cos(99 * Math.pow(10_000, -2.0 * 5 / 64));
            assertThat((double) filled(cosines, arena).getAtIndex(ValueLayout.JAVA_FLOAT, 99 * 32 + 5))
                    .isCloseTo(expected, within(1e-5));
        }
    }
}
