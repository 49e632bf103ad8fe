package io.github.jnpu.convert.gguf;

import io.github.jnpu.convert.model.MetadataArray;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class GgufRoundTripTest {
    @TempDir
    Path folder;

    @Test
    void keepsEveryMetadataType() throws IOException {
        Path path = folder.resolve("metadata.gguf");
        MetadataArray nested = new MetadataArray(List.of(new MetadataArray(new int[]{1, -2}, false),
                new MetadataArray(List.of("a", "\u00e9\ud83d\ude00"), false)), false);
        new GgufWriter().put("uint8", GgufValueType.UINT8, (short) 255).put("int8", (byte) -1)
                .put("uint16", GgufValueType.UINT16, 65_535).put("int16", (short) -2)
                .putUnsigned("uint32", 0xffff_ffffL).put("int32", -3).put("uint64", GgufValueType.UINT64, 7L)
                .put("huge", new BigInteger("18446744073709551615")).put("int64", -4L).put("float32", 1.5f)
                .put("float64", 2.5).put("true", true).put("false", false).put("text", "line\nbreak \u2581")
                .put("empty", "").putStrings("texts", List.of("", "x")).put("nested", nested)
                .put("bytes", new MetadataArray(new byte[]{-1, 2}, true))
                .put("shorts", new MetadataArray(new short[]{-1, 2}, true))
                .put("ints", new MetadataArray(new int[]{-1, 2}, true))
                .put("longs", new MetadataArray(new long[]{-1, 2}, false))
                .put("floats", new MetadataArray(new float[]{0.5f, -0f}, false))
                .put("doubles", new MetadataArray(new double[]{0.25}, false))
                .put("booleans", new MetadataArray(new boolean[]{true, false}, false)).write(path);

        try (GgufFile file = GgufFile.open(path)) {
            assertThat(file.metadata().values()).containsEntry("uint8", (short) 255).containsEntry("int8", (byte) -1)
                    .containsEntry("uint16", 65_535).containsEntry("int16", (short) -2)
                    .containsEntry("uint32", 0xffff_ffffL).containsEntry("int32", -3).containsEntry("uint64", 7L)
                    .containsEntry("huge", new BigInteger("18446744073709551615")).containsEntry("int64", -4L)
                    .containsEntry("float32", 1.5f).containsEntry("float64", 2.5).containsEntry("true", true)
                    .containsEntry("false", false).containsEntry("text", "line\nbreak \u2581")
                    .containsEntry("empty", "");
            assertThat(file.metadata().values().keySet()).startsWith("uint8", "int8").endsWith("doubles", "booleans");
            assertThat(file.metadata().strings("texts")).containsExactly("", "x");
            assertThat(array(file, "bytes").integers("bytes")).containsExactly(255, 2);
            assertThat(array(file, "shorts").integers("shorts")).containsExactly(65_535, 2);
            assertThat(array(file, "ints").integers("ints")).containsExactly(-1, 2);
            assertThat(array(file, "ints").unsigned()).isTrue();
            assertThat((long[]) array(file, "longs").elements()).containsExactly(-1, 2);
            assertThat(array(file, "floats").floats("floats")).containsExactly(0.5f, -0f);
            assertThat(array(file, "doubles").floats("doubles")).containsExactly(0.25f);
            assertThat((boolean[]) array(file, "booleans").elements()).containsExactly(true, false);
            List<?> inner = (List<?>) array(file, "nested").elements();
            assertThat(((MetadataArray) inner.get(0)).integers("nested")).containsExactly(1, -2);
            assertThat(((MetadataArray) inner.get(1)).strings("nested")).containsExactly("a", "\u00e9\ud83d\ude00");
            assertThatThrownBy(() -> file.metadata().integer("huge")).hasMessageContaining("huge");
        }
    }

    private static MetadataArray array(GgufFile file, String key) {
        return file.metadata().array(key).orElseThrow();
    }

    @Test
    void keepsTensorsInRowMajorShape() throws IOException {
        Path path = folder.resolve("tensors.gguf");
        byte[] odd = {1, 2, 3, 4, 5};
        byte[] blocks = new byte[18 * 2 * 3];
        Arrays.setAll(new Object[blocks.length], i -> blocks[i] = (byte) i);
        new GgufWriter().put("general.architecture", "llama")
                .tensor("odd", TensorType.I8, new long[]{5}, MemorySegment.ofArray(odd))
                .tensor("matrix", TensorType.Q4_0, new long[]{3, 64}, MemorySegment.ofArray(blocks))
                .tensor("cube", TensorType.I8, new long[]{1, 2, 3, 4}, output -> {
                    for (byte i = 0; i < 24; i++) {
                        output.write(new byte[]{i}, 0, 1);
                    }
                }).write(path);

        try (GgufFile file = GgufFile.open(path)) {
            assertThat(file.tensors()).extracting(ModelTensor::name).containsExactly("odd", "matrix", "cube");
            ModelTensor matrix = file.requireTensor("matrix");
            assertThat(matrix.shape()).containsExactly(3, 64);
            assertThat(matrix.rows()).isEqualTo(3);
            assertThat(matrix.rowBytes()).isEqualTo(36);
            assertThat(matrix.data().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(blocks);
            assertThat(matrix.data().isReadOnly()).isTrue();
            assertThat(matrix.data().address() % 32).isZero();
            assertThat(file.requireTensor("odd").data().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(odd);
            assertThat(file.requireTensor("cube").shape()).containsExactly(1, 2, 3, 4);
            assertThat(file.byteSize()).isEqualTo(Files.size(path)).isEqualTo(Files.size(path) / 32 * 32);
        }
    }

    @Test
    void readsTensorsBeyondTwoGibibytes() throws IOException {
        // Sparse: the header goes in front, a file of 5 GiB takes a few blocks on disk.
        Path path = folder.resolve("large.gguf");
        long columns = 1L << 10;
        long rows = 3L << 20;
        GgufBytes bytes = new GgufBytes().header(3, 2, 0).tensor("large", 0, 0, columns, rows / 4)
                .tensor("second", 24, 3L << 30, columns, rows).align(32);
        Files.write(path, bytes.toByteArray());
        long dataStart = bytes.size();
        long end = dataStart + (3L << 30) + columns * rows;
        try (java.nio.channels.FileChannel channel = java.nio.channels.FileChannel.open(path,
                java.nio.file.StandardOpenOption.WRITE)) {
            channel.write(java.nio.ByteBuffer.wrap(new byte[]{77}), end - 1);
        }
        try (GgufFile file = GgufFile.open(path)) {
            ModelTensor second = file.requireTensor("second");
            assertThat(second.data().byteSize()).isEqualTo(3L << 30);
            assertThat(second.data().get(ValueLayout.JAVA_BYTE, (3L << 30) - 1)).isEqualTo((byte) 77);
            assertThat(file.requireTensor("large").data().byteSize()).isEqualTo(3L << 30);
        }
    }

    @Test
    void leavesNothingBehindWhenATensorIsTooShortOrTooLong() throws IOException {
        Path path = folder.resolve("model.gguf");
        Files.writeString(path, "old");
        for (int length : new int[]{31, 33}) {
            GgufWriter writer = new GgufWriter().tensor("weight", TensorType.I8, new long[]{32},
                    output -> output.write(new byte[length], 0, length));
            assertThatThrownBy(() -> writer.write(path)).isInstanceOf(IOException.class)
                    .hasMessageContaining("tensor 'weight'");
        }
        assertThat(path).hasContent("old");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(path);
        }
    }

    @Test
    void refusesToDescribeWhatNoReaderWouldTake() {
        GgufWriter writer = new GgufWriter().put("key", 1);
        writer.tensor("weight", TensorType.F32, new long[]{1}, MemorySegment.ofArray(new byte[4]));
        assertThatThrownBy(() -> writer.put("key", 2)).hasMessageContaining("'key' is there already");
        assertThatThrownBy(() -> writer.put("other", new Object())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> writer.putUnsigned("other", -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> writer.tensor("weight", TensorType.F32, new long[]{1}, _ -> {}))
                .hasMessageContaining("'weight' is there already");
        assertThatThrownBy(() -> writer.tensor("short", TensorType.F32, new long[]{2},
                MemorySegment.ofArray(new byte[4]))).hasMessageContaining("needs 8 bytes, got 4");
        assertThatThrownBy(() -> writer.tensor("ragged", TensorType.Q4_0, new long[]{32, 8}, _ -> {}))
                .hasMessageContaining("rows of 8 values");
        assertThatThrownBy(() -> writer.tensor("none", TensorType.F32, new long[]{0}, _ -> {}))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
