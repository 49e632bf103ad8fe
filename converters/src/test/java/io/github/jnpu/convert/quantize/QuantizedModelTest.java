package io.github.jnpu.convert.quantize;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.gguf.GgufWriter;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.convert.tensor.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class QuantizedModelTest {
    @TempDir
    Path folder;

    private Path random(FileType type, ModelSize size) throws IOException {
        Path file = folder.resolve("source-" + type + ".gguf");
        new RandomModel("qwen3", size, type, false, 1).write(file);
        return file;
    }

    private GgufFile quantize(Path file, FileType type) throws IOException {
        Path target = folder.resolve("target.gguf");
        try (GgufFile source = GgufFile.open(file)) {
            new QuantizedModel(source, type).write(target, _ -> {});
        }
        return GgufFile.open(target);
    }

    /** The random model's writer has the mixtures too: what was F32 and is Q4_K_M now has the types of one made so. */
    @ParameterizedTest
    @CsvSource({"Q4_0", "Q8_0", "Q4_K_M", "Q6_K", "BF16", "MXFP4"})
    void tensorsGetTheTypesOfTheMixture(FileType type) throws IOException {
        Path made = random(type, ModelSize.Preset.TINY.size());
        try (GgufFile quantized = quantize(random(FileType.F32, ModelSize.Preset.TINY.size()), type);
                GgufFile expected = GgufFile.open(made)) {
            assertThat(types(quantized)).isEqualTo(types(expected));
        }
    }

    private static Map<String, TensorType> types(ModelSource source) {
        Map<String, TensorType> types = new HashMap<>();
        source.tensors().forEach(tensor -> types.put(tensor.name(), tensor.type()));
        return types;
    }

    @Test
    void metadataKeepsItsValuesAndTypes() throws IOException {
        Path source = random(FileType.F32, ModelSize.Preset.TINY.size());
        try (GgufFile before = GgufFile.open(source); GgufFile after = quantize(source, FileType.Q8_0)) {
            List<String> keys = new ArrayList<>(before.metadata().values().keySet());
            assertThat(after.metadata().values().keySet()).containsExactlyInAnyOrderElementsOf(keys);
            assertThat(after.metadata().integer("general.file_type")).contains(7L);
            keys.removeAll(List.of("general.file_type", "general.quantization_version"));
            // The bytes of all pairs: key, type and value. A uint32 that became an int64 would be longer.
            Path untouched = folder.resolve("untouched.gguf");
            new QuantizedModel(before, FileType.F32).write(untouched, _ -> {});
            assertThat(Files.size(untouched)).isEqualTo(Files.size(source));
            assertThat(after.metadata().string("general.name")).isEqualTo(before.metadata().string("general.name"));
            for (String key : List.of("qwen3.block_count", "qwen3.rope.freq_base", "tokenizer.ggml.model")) {
                assertThat(after.metadata().values().get(key)).isEqualTo(before.metadata().values().get(key));
            }
        }
    }

    @Test
    void unsignedNumbersStayUnsigned() throws IOException {
        Path target = folder.resolve("copy.gguf");
        try (GgufFile source = GgufFile.of(MemorySegment.ofArray(everyUnsignedType()), "bytes")) {
            GgufWriter writer = new GgufWriter();
            writer.copyMetadata(source.metadata(), Set.of());
            writer.write(target);
        }
        // Three pairs and no tensors; the writer fills up to a multiple of 32.
        byte[] copy = Files.readAllBytes(target);
        byte[] expected = everyUnsignedType();
        assertThat(Arrays.copyOf(copy, expected.length)).isEqualTo(expected);
    }

    private static byte[] everyUnsignedType() {
        ByteBuffer buffer = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(0x46554747).putInt(3).putLong(0).putLong(4);
        // uint8 0, uint16 2, uint32 4, uint64 10
        key(buffer, "a", 0).put((byte) 200);
        key(buffer, "b", 2).putShort((short) 60_000);
        key(buffer, "c", 4).putInt((int) 4_000_000_000L);
        key(buffer, "d", 10).putLong(5);
        return Arrays.copyOf(buffer.array(), buffer.position());
    }

    private static ByteBuffer key(ByteBuffer buffer, String key, int type) {
        return buffer.putLong(key.length()).put(key.getBytes(StandardCharsets.US_ASCII)).putInt(type);
    }

    @Test
    void weightsAreThoseOfTheSource() throws IOException {
        Path source = random(FileType.F32, ModelSize.Preset.TINY.size());
        try (GgufFile before = GgufFile.open(source); GgufFile after = quantize(source, FileType.Q8_0)) {
            for (ModelTensor tensor : after.tensors()) {
                float[] expected = floats(before.requireTensor(tensor.name()));
                float[] actual = floats(tensor);
                double largest = 0;
                double error = 0;
                for (int i = 0; i < expected.length; i++) {
                    largest = Math.max(largest, Math.abs(expected[i]));
                    error = Math.max(error, Math.abs(expected[i] - actual[i]));
                }
                // Half a step of 127.
                assertThat(error).as(tensor.name()).isLessThanOrEqualTo(largest / 250);
            }
        }
    }

    private static float[] floats(ModelTensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.elementCount())];
        Dequantizer.dequantize(tensor.type(), tensor.data(), 0, values, 0, values.length);
        return values;
    }

    /** As llama-quantize 0.7.0 does with rows of 64 and 172. */
    @ParameterizedTest
    @CsvSource({"Q2_K,Q4_0", "Q3_K,Q4_0", "Q4_K,Q5_0", "Q5_K,Q5_1", "Q6_K,Q8_0", "Q4_0,Q4_0", "IQ4_NL,IQ4_NL"})
    void rowsThatFillNoBlocksGetTheNextType(FileType type, TensorType expected) throws IOException {
        Path source = random(FileType.F32, new ModelSize(64, 1, 2, 1, 32, 96, 512, 64));
        try (GgufFile file = quantize(source, type)) {
            assertThat(file.requireTensor("blk.0.attn_q.weight").type()).isEqualTo(expected);
            assertThat(file.requireTensor("output.weight").type()).isEqualTo(TensorType.Q8_0);
            assertThat(file.requireTensor("blk.0.attn_norm.weight").type()).isEqualTo(TensorType.F32);
        }
    }

    @Test
    void quantizingTwiceIsSaid() throws IOException {
        try (GgufFile source = GgufFile.open(random(FileType.Q8_0, ModelSize.Preset.TINY.size()))) {
            assertThat(new QuantizedModel(source, FileType.Q4_0).weights())
                    .anyMatch(QuantizedModel.Weight::isRequantized);
            assertThat(new QuantizedModel(source, FileType.F16).weights())
                    .noneMatch(QuantizedModel.Weight::isRequantized);
            assertThat(new QuantizedModel(source, FileType.Q8_0).weights())
                    .noneMatch(QuantizedModel.Weight::isRequantized);
        }
    }

    @Test
    void anInfiniteWeightNamesItsTensor() throws IOException {
        Path file = random(FileType.F32, ModelSize.Preset.TINY.size());
        byte[] bytes = Files.readAllBytes(file);
        // The last tensor is the output matrix; its last value becomes an infinity.
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - 4, Float.POSITIVE_INFINITY);
        Files.write(file, bytes);
        assertThatThrownBy(() -> quantize(file, FileType.Q4_0)).isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("output.weight").hasMessageContaining("Infinity");
        assertThat(folder.resolve("target.gguf")).doesNotExist();
    }
}
