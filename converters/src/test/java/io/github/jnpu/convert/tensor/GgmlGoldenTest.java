package io.github.jnpu.convert.tensor;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.zip.CRC32;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The same bits as ggml's reference code. The checksums and errors are those of ggml's own {@code dequantize_row_*} and
 * {@code quantize_row_*_ref} at commit d99724f (gcc -O2 -ffp-contract=off) over the blocks and values that this class makes.
 */
class GgmlGoldenTest {
    private static final int VALUES = 64 * 256;

    private long state;

    private int nextRandom() {
        state = state * 6364136223846793005L + 1442695040888963407L;
        return (int) (state >>> 32);
    }

    @ParameterizedTest
    @CsvSource({
            "Q1_0, 0, 0, 85100221", "Q2_0, 0, 0, b7496ebc", "Q4_0, 0, 0, 7bcbdc0a", "Q4_1, 0, 2, 05aae496",
            "Q5_0, 0, 0, 97ac2ff5", "Q5_1, 0, 2, 243bf3b5", "Q8_0, 0, 0, 50fd310a", "MXFP4, -9, -9, 3687d794",
            "IQ4_NL, 0, 0, 3ac340a3", "IQ4_XS, 0, 0, 3d541bb3", "Q2_K, 80, 82, 0ea7dfb6", "Q3_K, 108, 108, a1716ac9",
            "Q4_K, 0, 2, 0d384b05", "Q5_K, 0, 2, 7163934b", "Q6_K, 208, 208, f416d62d", "TQ2_0, 64, 64, 4d9123ad"})
    void readsBlocksAsGgmlDoes(TensorType type, int half1, int half2, String checksum) {
        state = 1;
        byte[] blocks = new byte[(int) type.byteSize(VALUES)];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = (byte) (nextRandom() >>> 24);
            int at = i % type.bytesPerBlock();
            if (at == half1 + 1 || at == half2 + 1) {
                blocks[i] &= (byte) 0xbf;
            }
        }
        float[] values = new float[VALUES];
        Dequantizer.dequantize(type, MemorySegment.ofArray(blocks), 0, values, 0, VALUES);
        assertThat(crc32(bytesOf(values))).isEqualTo(checksum);
    }

    @ParameterizedTest
    @CsvSource({"Q4_0, ccbc12e0", "Q4_1, 4ead1a32", "Q5_0, a3d633c0", "Q5_1, 4ea462de", "Q8_0, 30ceb6c1",
            "MXFP4, 0c7c7a86"})
    void writesBlocksAsGgmlDoes(TensorType type, String checksum) {
        state = 2;
        float[] values = new float[VALUES];
        for (int i = 0; i < VALUES; i++) {
            int block = i / 32;
            float value = nextRandom() * 0x1p-31f;
            values[i] = switch (block % 8) {
                case 4 -> 0;
                case 5 -> -0.75f;
                case 6 -> (i % 32 - 16) * 0.5f;
                case 7 -> value * value * value;
                default -> value * (1 << block % 16);
            };
        }
        byte[] blocks = new byte[(int) type.byteSize(VALUES)];
        Quantizer.quantize(type, values, 0, VALUES, MemorySegment.ofArray(blocks), 0);
        assertThat(crc32(blocks)).isEqualTo(checksum);
    }

    /** Where the search is our own: the relative squared error over normally distributed values is no worse. */
    @ParameterizedTest
    @CsvSource({"IQ4_NL, 0.006033", "Q2_K, 0.084946", "Q3_K, 0.022254", "Q4_K, 0.004980", "Q5_K, 0.001261",
            "Q6_K, 0.000309"})
    void searchesScalesAsWellAsGgmlDoes(TensorType type, double ggmlError) {
        state = 3;
        float[] values = new float[VALUES];
        for (int i = 0; i < VALUES; i++) {
            double sum = 0;
            for (int j = 0; j < 12; j++) {
                sum += Integer.toUnsignedLong(nextRandom()) * 0x1p-32;
            }
            values[i] = (float) (sum - 6);
        }
        MemorySegment blocks = MemorySegment.ofArray(new byte[(int) type.byteSize(VALUES)]);
        Quantizer.quantize(type, values, 0, VALUES, blocks, 0);
        float[] back = new float[VALUES];
        Dequantizer.dequantize(type, blocks, 0, back, 0, VALUES);
        double squares = 0;
        double errors = 0;
        for (int i = 0; i < VALUES; i++) {
            squares += (double) values[i] * values[i];
            errors += ((double) values[i] - back[i]) * ((double) values[i] - back[i]);
        }
        assertThat(errors / squares).isLessThan(ggmlError * 1.05);
    }

    private static byte[] bytesOf(float[] values) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[values.length * Float.BYTES]);
        ValueLayout.OfFloat layout = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        MemorySegment.copy(MemorySegment.ofArray(values), ValueLayout.JAVA_FLOAT, 0, bytes, layout, 0, values.length);
        return bytes.toArray(ValueLayout.JAVA_BYTE);
    }

    private static String crc32(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return "%08x".formatted(crc.getValue());
    }
}
