package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.onnx.Initializer.Computed;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

class StandardDialectTest {
    /** What QNN, CoreML and VitisAI have in common is smaller than ONNX. */
    private static final List<String> PLAIN_OPERATORS = List.of("Add", "Sub", "Mul", "Div", "Sqrt", "ReduceMean",
            "ReduceSum", "MatMul", "Softmax", "Sigmoid", "Reshape", "Transpose", "Concat", "Slice",
            "DequantizeLinear");

    @TempDir
    Path folder;

    private GgufFile random(String architecture, FileType type) throws IOException {
        Path file = folder.resolve(architecture + type + ".gguf");
        new RandomModel(architecture, ModelSize.Preset.TINY.size(), type, false, 1).write(file);
        return GgufFile.open(file);
    }

    private static ParsedMessage graph(OnnxModel model) {
        return ParsedMessage.of(model.proto()).messages(7).getFirst();
    }

    @Test
    void everyOperatorIsOnnxsOwnAndPlain() throws IOException {
        for (String architecture : RandomModel.ARCHITECTURES) {
            for (FileType type : List.of(FileType.F16, FileType.Q4_K_M)) {
                for (Weights weights : Weights.values()) {
                    try (GgufFile file = random(architecture, type)) {
                        OnnxOptions open = OnnxOptions.EXACT.standard(weights);
                        for (OnnxOptions options : List.of(open, open.withShape(8, 32))) {
                            OnnxModel model = OnnxWriter.write(DecoderGraph.of(file), options);
                            assertThat(ParsedMessage.of(model.proto()).messages(8)).singleElement()
                                    .matches(version -> version.text(1).isEmpty() && version.number(2) == 21);
                            List<String> allowed = new ArrayList<>(PLAIN_OPERATORS);
                            if (options.shape().isEmpty()) {
                                allowed.add("Shape");
                            }
                            for (ParsedMessage node : graph(model).messages(1)) {
                                assertThat(node.text(7)).isEmpty();
                                assertThat(allowed).contains(node.text(4));
                            }
                        }
                    }
                }
            }
        }
    }

    @Test
    void fixedSizesStandInTheGraph() throws IOException {
        try (GgufFile file = random("llama", FileType.F32)) {
            DecoderGraph decoder = DecoderGraph.of(file);
            OnnxOptions options = OnnxOptions.EXACT.standard(Weights.FLOAT);
            OnnxModel prefill = OnnxWriter.write(decoder, options.withShape(8, 32));
            OnnxModel decode = OnnxWriter.write(decoder, options.withShape(1, 32));
            ParsedMessage graph = graph(prefill);
            assertThat(dims(graph, 11)).isEqualTo(Map.of("inputs_embeds", List.of(1L, 8L, 256L), "rope_cos.0",
                    List.of(8L, 32L), "rope_sin.0", List.of(8L, 32L), "attention_mask", List.of(1L, 1L, 8L, 40L),
                    "logits_rows", List.of(1L, 1L, 8L),
                    "past_key_values.0.key", List.of(1L, 2L, 32L, 64L), "past_key_values.0.value",
                    List.of(1L, 2L, 32L, 64L), "past_key_values.1.key", List.of(1L, 2L, 32L, 64L),
                    "past_key_values.1.value", List.of(1L, 2L, 32L, 64L)));
            assertThat(dims(graph, 12)).containsEntry("logits", List.of(1L, 1L, 512L)).containsEntry("present.1.key",
                    List.of(1L, 2L, 8L, 64L));
            // No shape is left to be worked out.
            for (ParsedMessage constant : graph.messages(5)) {
                if (constant.text(8).startsWith("shape.")) {
                    assertThat(constant.all(7)).allMatch(size -> (long) size > 0);
                }
            }
            assertThat(prefill.positions()).isEqualTo(32);
            assertThat(prefill.initializers()).extracting(Initializer::toString)
                    .isEqualTo(decode.initializers().stream().map(Initializer::toString).toList());
        }
    }

    private static Map<String, List<Long>> dims(ParsedMessage graph, int field) {
        return graph.messages(field).stream().collect(Collectors.toMap(value -> value.text(1),
                value -> value.messages(2).getFirst().messages(1).getFirst().messages(2).getFirst().messages(1).stream()
                        .map(dim -> dim.number(1)).toList()));
    }

    @Test
    void fixedSizesAreForThisDialect() {
        assertThatThrownBy(() -> OnnxOptions.FAST.withShape(1, 2)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> OnnxOptions.FAST.standard(Weights.FLOAT).withShape(3, 2))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("3 tokens in a cache of 2");
    }

    /** As DequantizeLinear will see them, against the definition of the type. */
    @ParameterizedTest
    @EnumSource(value = FileType.class, names = {"Q4_0", "Q4_1", "Q5_0", "Q8_0", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL"})
    void blocksKeepWhatTheySay(FileType type) throws IOException {
        try (GgufFile file = random("llama", type); Arena arena = Arena.ofConfined()) {
            Map<String, Initializer> initializers = initializers(file, Weights.BLOCKS);
            ModelTensor tensor = file.requireTensor("blk.0.ffn_gate.weight");
            Initializer codes = initializers.get(tensor.name() + ".transposed_codes");
            Initializer scales = initializers.get(tensor.name() + ".transposed_scales");
            Optional<Initializer> offsets = Optional.ofNullable(
                    initializers.get(tensor.name() + ".transposed_offsets"));
            MemorySegment packed = filled(codes, arena);
            MemorySegment factors = filled(scales, arena);
            Optional<MemorySegment> shifts = offsets.map(initializer -> filled(initializer, arena));
            int columns = tensor.columns();
            int rows = tensor.rows();
            assertThat(codes.dims()).containsExactly(columns, rows);
            int block = (int) (columns / scales.dims()[0]);
            float[] expected = new float[columns];
            for (int row = 0; row < rows; row++) {
                Dequantizer.dequantize(tensor.type(), tensor.data(), row * tensor.rowBytes(), expected, 0, columns);
                for (int i = 0; i < columns; i++) {
                    long at = (long) i * rows + row;
                    int code = codes.type() == ElementType.INT8
                            ? packed.get(ValueLayout.JAVA_BYTE, at)
                            : packed.get(ValueLayout.JAVA_BYTE, at / 2) << (at % 2 == 0 ? 28 : 24) >> 28;
                    long ofBlock = (long) (i / block) * rows + row;
                    float scaled = code * factors.getAtIndex(ValueLayout.JAVA_FLOAT, ofBlock);
                    float shift = shifts.map(all -> all.getAtIndex(ValueLayout.JAVA_FLOAT, ofBlock)).orElse(0f);
                    assertThat(scaled + shift).as("weight %d, %d", row, i).isCloseTo(expected[i],
                            within((Math.abs(scaled) + Math.abs(shift)) * 0x1p-23f * (shifts.isPresent() ? 1 : 0)));
                }
            }
        }
    }

    @Test
    void channelsAreRoundedToOnePartIn254OfTheirLargest() throws IOException {
        try (GgufFile file = random("llama", FileType.F16); Arena arena = Arena.ofConfined()) {
            Map<String, Initializer> initializers = initializers(file, Weights.CHANNELS);
            ModelTensor tensor = file.requireTensor("blk.1.attn_k.weight");
            MemorySegment codes = filled(initializers.get(tensor.name() + ".channel_codes"), arena);
            MemorySegment scales = filled(initializers.get(tensor.name() + ".channel_scales"), arena);
            float[] expected = new float[tensor.columns()];
            for (int row = 0; row < tensor.rows(); row++) {
                Dequantizer.dequantize(tensor.type(), tensor.data(), row * tensor.rowBytes(), expected, 0,
                        expected.length);
                float scale = scales.getAtIndex(ValueLayout.JAVA_FLOAT, row);
                int largest = 0;
                for (int i = 0; i < expected.length; i++) {
                    int code = codes.get(ValueLayout.JAVA_BYTE, (long) i * tensor.rows() + row);
                    largest = Math.max(largest, Math.abs(code));
                    assertThat(code * scale).isCloseTo(expected[i], within(scale * 0.501f));
                }
                assertThat(largest).isEqualTo(127);
            }
        }
    }

    private static Map<String, Initializer> initializers(GgufFile file, Weights weights) {
        return OnnxWriter.write(DecoderGraph.of(file), OnnxOptions.EXACT.standard(weights)).initializers().stream()
                .collect(Collectors.toMap(Initializer::name, Function.identity()));
    }

    private static MemorySegment filled(Initializer initializer, Arena arena) {
        MemorySegment memory = arena.allocate(initializer.byteSize());
        ((Computed) initializer.content()).fill(memory);
        return memory;
    }
}
