package io.github.jnpu.convert.tensor;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

class QuantizationTest {

    private static float[] read(TensorType type, String hex, int count) {
        float[] values = new float[count];
        Dequantizer.dequantize(type, MemorySegment.ofArray(HexFormat.of().parseHex(hex)), 0, values, 0, count);
        return values;
    }

    private static float[] readBack(TensorType type, float[] values) {
        MemorySegment packed = MemorySegment.ofArray(new byte[(int) type.byteSize(values.length)]);
        Quantizer.quantize(type, values, 0, values.length, packed, 0);
        float[] back = new float[values.length];
        Dequantizer.dequantize(type, packed, 0, back, 0, values.length);
        return back;
    }

    @Test
    void readsPlainNumbers() {
        assertThat(read(TensorType.F32, "0000803f000000c0", 2)).containsExactly(1, -2);
        assertThat(read(TensorType.F16, "003c00c0ff7b0100", 4)).containsExactly(1, -2, 65504, 0x1p-24f);
        assertThat(read(TensorType.BF16, "803f00c0", 2)).containsExactly(1, -2);
        assertThat(read(TensorType.F64, "000000000000f03f", 1)).containsExactly(1);
        assertThat(read(TensorType.I8, "ff7f", 2)).containsExactly(-1, 127);
        assertThat(read(TensorType.I16, "feff", 1)).containsExactly(-2);
        assertThat(read(TensorType.I32, "fdffffff", 1)).containsExactly(-3);
        assertThat(read(TensorType.I64, "fcffffffffffffff", 1)).containsExactly(-4);
    }

    /** By hand from the layout: the scale 1.0 is f16 3c00, the first byte's halves are values 0 and 16. */
    @Test
    void readsBlocksWrittenByHand() {
        float[] q4 = read(TensorType.Q4_0, "003c" + "f0" + "88".repeat(15), 32);
        assertThat(q4[0]).isEqualTo(-8);
        assertThat(q4[16]).isEqualTo(7);
        assertThat(q4[1]).isZero();

        float[] q5 = read(TensorType.Q5_0, "003c" + "01000080" + "00".repeat(15) + "f0", 32);
        assertThat(q5[0]).isZero();
        assertThat(q5[1]).isEqualTo(-16);
        assertThat(q5[31]).isEqualTo(15);

        float[] q8 = read(TensorType.Q8_0, "0038" + "80" + "7f" + "00".repeat(30), 32);
        assertThat(q8).startsWith(-64, 63.5f, 0);

        float[] mxfp4 = read(TensorType.MXFP4, "80" + "71" + "00".repeat(15), 32);
        assertThat(mxfp4[0]).isEqualTo(1);
        assertThat(mxfp4[16]).isEqualTo(12);

        // d = 1, dmin = 1; scales 2 in sub-block 0 and 33 in 4, minimums 3 and 17; all nibbles 0x51.
        String scales = "82000000" + "43000000" + "11000000";
        float[] q4k = read(TensorType.Q4_K, "003c003c" + scales + "51".repeat(128), 256);
        assertThat(q4k[0]).isEqualTo(2 * 1 - 3);
        assertThat(q4k[32]).isZero();
        assertThat(q4k[128]).isEqualTo(33 * 1 - 17);

        // Low nibbles 5, high bits 2: 5 + 32 - 32 = 5, times scale -3.
        float[] q6k = read(TensorType.Q6_K, "55".repeat(128) + "aa".repeat(64) + "fd".repeat(16) + "003c", 256);
        assertThat(q6k).containsOnly(-15);
    }

    static Stream<TensorType> writable() {
        return Arrays.stream(TensorType.values()).filter(Quantizer::supports);
    }

    @ParameterizedTest
    @MethodSource("writable")
    void readsBackWhatItWroteWithinTheTypesPrecision(TensorType type) {
        // Largest error, relative to the largest value of a block; scales far below 0.1 would be subnormal in f16.
        double bound = switch (type) {
            case F32 -> 0;
            case F16 -> 0x1p-11;
            case BF16 -> 0x1p-8;
            case Q8_0 -> 0.005;
            case Q6_K -> 0.035;
            case Q5_0, Q5_1, Q5_K -> 0.07;
            case Q4_0, Q4_1, Q4_K -> 0.14;
            case IQ4_NL -> 0.14;
            case Q3_K, MXFP4 -> 0.27;
            case Q2_K -> 0.45;
            default -> throw new AssertionError(type);
        };
        SplittableRandom random = new SplittableRandom(1);
        for (int trial = 0; trial < 200; trial++) {
            float magnitude = (float) Math.pow(10, random.nextInt(-1, 4));
            float[] values = new float[256];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (random.nextDouble(-1, 1) * magnitude);
            }
            float[] back = readBack(type, values);
            for (int i = 0; i < values.length; i++) {
                assertThat((double) back[i]).as("value %d of trial %d", i, trial)
                        .isCloseTo(values[i], within(bound * magnitude));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("writable")
    void keepsZerosAndConstants(TensorType type) {
        assertThat(readBack(type, new float[256])).usingComparatorWithPrecision(0f).containsOnly(0);
        float[] constant = new float[256];
        Arrays.fill(constant, -2);
        assertThat(readBack(type, constant)).usingComparatorWithPrecision(0.26f).containsOnly(-2);
        Arrays.fill(constant, 2);
        assertThat(readBack(type, constant)).usingComparatorWithPrecision(0.26f).containsOnly(2);
    }

    @ParameterizedTest
    @MethodSource("writable")
    void writesAnyFiniteValueWithoutFailing(TensorType type) {
        SplittableRandom random = new SplittableRandom(2);
        for (int trial = 0; trial < 300; trial++) {
            float[] values = new float[256];
            for (int i = 0; i < values.length; i++) {
                float value = Float.intBitsToFloat(random.nextInt());
                values[i] = Float.isFinite(value) ? value : 0;
            }
            readBack(type, values);
        }
    }

    @Test
    void roundsHalfFloatsToEven() {
        assertThat(readBack(TensorType.F16, new float[]{2049, 2051})).containsExactly(2048, 2052);
        assertThat(readBack(TensorType.BF16, new float[]{257, 259, Float.NaN, Float.POSITIVE_INFINITY}))
                .containsExactly(256, 260, Float.NaN, Float.POSITIVE_INFINITY);
    }

    @Test
    void readsAndWritesAtOffsetsAcrossChunks() {
        int count = 32 * 1000;
        float[] values = new float[count + 7];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 37 % 255 - 127) * 0.5f;
        }
        byte[] bytes = new byte[(int) TensorType.Q8_0.byteSize(count) + 5];
        Arrays.fill(bytes, (byte) 99);
        Quantizer.quantize(TensorType.Q8_0, values, 7, count, MemorySegment.ofArray(bytes), 3);
        assertThat(bytes).startsWith(99, 99, 99).endsWith(99, 99);
        float[] back = new float[count + 9];
        Arrays.fill(back, 99);
        Dequantizer.dequantize(TensorType.Q8_0, MemorySegment.ofArray(bytes), 3, back, 4, count);
        assertThat(back).startsWith(99, 99, 99, 99).endsWith(99, 99, 99, 99, 99);
        for (int i = 0; i < count; i++) {
            assertThat(back[4 + i]).as("value %d", i).isCloseTo(values[7 + i], within(0.26f));
        }
    }

    @ParameterizedTest
    @EnumSource(TensorType.class)
    void refusesTypesWithoutCodeByName(TensorType type) {
        int count = type.blockSize();
        MemorySegment bytes = MemorySegment.ofArray(new byte[type.bytesPerBlock()]);
        if (Dequantizer.supports(type)) {
            Dequantizer.dequantize(type, bytes, 0, new float[count], 0, count);
        } else {
            assertThatThrownBy(() -> Dequantizer.dequantize(type, bytes, 0, new float[count], 0, count))
                    .isInstanceOf(UnsupportedTensorTypeException.class).hasMessageContaining(type.name());
        }
        if (!Quantizer.supports(type)) {
            assertThatThrownBy(() -> Quantizer.quantize(type, new float[count], 0, count, bytes, 0))
                    .isInstanceOf(UnsupportedTensorTypeException.class).hasMessageContaining(type.name());
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        MemorySegment block = MemorySegment.ofArray(new byte[18]);
        assertThatThrownBy(() -> Dequantizer.dequantize(TensorType.Q4_0, block, 0, new float[32], 0, 31))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("Q4_0");
        assertThatThrownBy(() -> Dequantizer.dequantize(TensorType.Q4_0, block, 0, new float[64], 0, 64))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> Dequantizer.dequantize(TensorType.Q4_0, block, 0, new float[31], 0, 32))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> Dequantizer.dequantize(TensorType.Q4_0, block, Long.MAX_VALUE, new float[32], 0, 32))
                .isInstanceOf(IndexOutOfBoundsException.class);
        float[] notFinite = new float[32];
        notFinite[9] = Float.NaN;
        assertThatThrownBy(() -> Quantizer.quantize(TensorType.Q4_0, notFinite, 0, 32, block, 0))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("value 9 is NaN");
    }
}
