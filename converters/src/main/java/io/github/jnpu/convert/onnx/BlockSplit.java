package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.tensor.TensorType;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * How a quantised type falls apart into what MatMulNBits multiplies: whole numbers around zero and one factor for each block of a
 * power of two of them. The products are those of the type's own definition, without a rounding that it does not have.
 *
 * @param bits
 *            4 for numbers from -8 to 7, 8 for -128 to 127
 * @param blockLength
 *            numbers that share a factor
 */
record BlockSplit(int bits, int blockLength, Reader reader) {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    /** Takes one of the type's blocks apart. */
    @FunctionalInterface
    interface Reader {
        /**
         * @param packed
         *            a row; {@code at} is where the block begins
         * @param codes
         *            receives the numbers from {@code to} on
         * @param scales
         *            receives the factors from {@code to / blockLength} on
         */
        void read(byte[] packed, int at, byte[] codes, int to, float[] scales);
    }

    /** The split of a type, if it has one. */
    static Optional<BlockSplit> of(TensorType type) {
        return switch (type) {
            case Q4_0 -> Optional.of(new BlockSplit(4, 32, BlockSplit::q4_0));
            case Q8_0 -> Optional.of(new BlockSplit(8, 32, BlockSplit::q8_0));
            case Q6_K -> Optional.of(new BlockSplit(8, 16, BlockSplit::q6k));
            default -> Optional.empty();
        };
    }

    /** d * (q - 8): a block's first half in the low nibbles, the second in the high ones. */
    private static void q4_0(byte[] packed, int at, byte[] codes, int to, float[] scales) {
        scales[to / 32] = float16(packed, at);
        for (int i = 0; i < 16; i++) {
            int pair = packed[at + 2 + i];
            codes[to + i] = (byte) ((pair & 15) - 8);
            codes[to + 16 + i] = (byte) ((pair >> 4 & 15) - 8);
        }
    }

    /** d * q. */
    private static void q8_0(byte[] packed, int at, byte[] codes, int to, float[] scales) {
        scales[to / 32] = float16(packed, at);
        System.arraycopy(packed, at + 2, codes, to, 32);
    }

    /** (d * s) * (q - 32): 11 bits times 8 fit a float, so the factor is exact. */
    private static void q6k(byte[] packed, int at, byte[] codes, int to, float[] scales) {
        float d = float16(packed, at + 208);
        for (int sub = 0; sub < 16; sub++) {
            scales[to / 16 + sub] = d * packed[at + 192 + sub];
            // 128 values each: four runs of 32, whose low nibbles share 64 bytes and whose high pairs share 32.
            int run = sub / 2 % 4;
            int low = at + sub / 8 * 64 + run % 2 * 32 + sub % 2 * 16;
            int high = at + 128 + sub / 8 * 32 + sub % 2 * 16;
            for (int i = 0; i < 16; i++) {
                int code = packed[low + i] >> run / 2 * 4 & 15 | (packed[high + i] >> run * 2 & 3) << 4;
                codes[to + sub * 16 + i] = (byte) (code - 32);
            }
        }
    }

    private static float float16(byte[] packed, int at) {
        return Float.float16ToFloat((short) SHORT.get(packed, at));
    }
}
