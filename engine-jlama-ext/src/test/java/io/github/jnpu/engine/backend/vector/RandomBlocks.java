package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.tensor.TensorType;

import java.util.SplittableRandom;

/**
 * Weights as bytes that a file may hold, whether a quantiser would write them or not: random quants, and scales of a chosen kind.
 * Positions are those of the block structures in ggml's {@code ggml-common.h}.
 */
final class RandomBlocks {
    /** What the F16 scales of a block are; for types without blocks, what the weights are. */
    enum Scales {
        /** Between 2^-8 and 2^-4, as real models have them, of both signs. */
        ORDINARY,
        /** All of them 0: the weights are 0, or the minimums are. */
        ZERO,
        NEGATIVE,
        /** The largest F16, 65504. */
        LARGEST,
        /** Below 2^-14, where an F16's exponent bits are all 0. */
        SUBNORMAL
    }

    private static final int LARGEST_F16 = 0x7bff;
    private static final int SIGN_F16 = 0x8000;

    private final TensorType type;
    private final SplittableRandom random;

    RandomBlocks(TensorType type, SplittableRandom random) {
        this.type = type;
        this.random = random;
    }

    /** The bytes of {@code count} weights. */
    byte[] bytes(int count, Scales scales) {
        byte[] bytes = new byte[(int) type.byteSize(count)];
        random.nextBytes(bytes);
        int size = type.bytesPerBlock();
        for (int at = 0; at < bytes.length; at += size) {
            switch (type) {
                case F32 -> putInt(bytes, at, 4, Float.floatToRawIntBits(Float.float16ToFloat(float16(scales))));
                case BF16 ->
                    putInt(bytes, at, 2, Float.floatToRawIntBits(Float.float16ToFloat(float16(scales))) >>> 16);
                case MXFP4 -> bytes[at] = (byte) exponent(scales);
                default -> {
                    for (int offset : scaleOffsets()) {
                        putInt(bytes, at + offset, 2, float16(scales));
                    }
                }
            }
        }
        return bytes;
    }

    /**
     * The same blocks with all quants 0: where a type stores {@code scale * (quant - offset)} or {@code scale * quant - minimum},
     * the weights that are left are its offsets.
     */
    byte[] offsets(byte[] bytes) {
        byte[] offsets = bytes.clone();
        int from = quantsFrom();
        int to = quantsTo();
        for (int at = 0; at < offsets.length; at += type.bytesPerBlock()) {
            for (int i = from; i < to; i++) {
                offsets[at + i] = 0;
            }
        }
        return offsets;
    }

    private int[] scaleOffsets() {
        return switch (type) {
            case F16, Q4_0, Q5_0, Q8_0, IQ4_NL -> new int[]{0};
            case Q4_1, Q5_1, Q4_K, Q5_K -> new int[]{0, 2};
            case Q2_K -> new int[]{80, 82};
            case Q3_K -> new int[]{108};
            case Q6_K -> new int[]{208};
            default -> throw new IllegalArgumentException("where are the scales of " + type + "?");
        };
    }

    private int quantsFrom() {
        return switch (type) {
            case F32, F16, BF16, Q3_K, Q6_K -> 0;
            case MXFP4 -> 1;
            case Q4_0, Q5_0, Q8_0, IQ4_NL -> 2;
            case Q4_1, Q5_1 -> 4;
            case Q2_K, Q4_K, Q5_K -> 16;
            default -> throw new IllegalArgumentException("where are the quants of " + type + "?");
        };
    }

    private int quantsTo() {
        return switch (type) {
            case Q2_K -> 80;
            case Q3_K -> 96;
            case Q6_K -> 192;
            default -> type.bytesPerBlock();
        };
    }

    private short float16(Scales scales) {
        int sign = random.nextBoolean() ? SIGN_F16 : 0;
        return (short) switch (scales) {
            case ORDINARY -> sign | random.nextInt(0x1c00, 0x2c00);
            case ZERO -> sign;
            case NEGATIVE -> SIGN_F16 | random.nextInt(0x1c00, 0x2c00);
            case LARGEST -> sign | LARGEST_F16;
            case SUBNORMAL -> sign | random.nextInt(1, 0x400);
        };
    }

    /** MXFP4's scale is a power of two without a sign, as its exponent plus 127. */
    private int exponent(Scales scales) {
        return switch (scales) {
            case ORDINARY, NEGATIVE -> random.nextInt(116, 124);
            // 2^-127 and 2^-126: no normal float is as small as the first, which is as near to 0 as it gets.
            case ZERO, SUBNORMAL -> random.nextInt(2);
            // 2^97: the sums stay below the largest float.
            case LARGEST -> 224;
        };
    }

    private static void putInt(byte[] bytes, int at, int count, int value) {
        for (int i = 0; i < count; i++) {
            bytes[at + i] = (byte) (value >>> 8 * i);
        }
    }
}
