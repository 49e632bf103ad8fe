package io.github.jnpu.convert.tensor;

import java.util.Optional;

/**
 * How a quantised type falls apart into numbers that runtimes multiply by themselves: a weight is {@code scale * code + offset}, the code a
 * small whole number around zero, scale and offset shared by a block. Scale times code is what the type's own definition has;
 * where there are offsets, they are rounded once more to a float.
 *
 * @param bits
 *            4 for codes from -8 to 7, 8 for -128 to 127
 * @param blockLength
 *            codes that share a scale; a power of two that divides the type's own block
 * @param hasOffsets
 *            whether there are offsets; they are zero otherwise
 */
public record BlockSplit(int bits, int blockLength, boolean hasOffsets, Reader reader) {

    /** Takes one of the type's own blocks apart. */
    @FunctionalInterface
    public interface Reader {
        /**
         * @param packed
         *            holds the block from {@code at} on
         * @param codes
         *            receives the codes from {@code to} on
         * @param scales
         *            receives the scales from {@code to / blockLength} on
         * @param offsets
         *            receives the offsets from there on; untouched where there are none
         */
        void read(byte[] packed, int at, byte[] codes, int to, float[] scales, float[] offsets);
    }

    /** The split of a type, if there is code for it. */
    public static Optional<BlockSplit> of(TensorType type) {
        return switch (type) {
            case Q4_0 -> Optional.of(new BlockSplit(4, 32, false, BlockSplit::q4_0));
            case Q4_1 -> Optional.of(new BlockSplit(4, 32, true, BlockSplit::q4_1));
            case Q5_0 -> Optional.of(new BlockSplit(8, 32, false, BlockSplit::q5_0));
            case Q8_0 -> Optional.of(new BlockSplit(8, 32, false, BlockSplit::q8_0));
            case Q4_K -> Optional.of(new BlockSplit(4, 32, true, BlockSplit::q4k));
            case Q5_K -> Optional.of(new BlockSplit(8, 32, true, BlockSplit::q5k));
            case Q6_K -> Optional.of(new BlockSplit(8, 16, false, BlockSplit::q6k));
            case IQ4_NL -> Optional.of(new BlockSplit(8, 32, false, BlockSplit::iq4nl));
            default -> Optional.empty();
        };
    }

    /** d * (q - 8). */
    private static void q4_0(byte[] p, int at, byte[] codes, int to, float[] scales, float[] offsets) {
        scales[to / 32] = Packed.float16(p, at);
        nibbles(p, at + 2, codes, to);
    }

    /** d * q + m. */
    private static void q4_1(byte[] p, int at, byte[] codes, int to, float[] scales, float[] offsets) {
        float d = Packed.float16(p, at);
        scales[to / 32] = d;
        offsets[to / 32] = 8 * d + Packed.float16(p, at + 2);
        nibbles(p, at + 4, codes, to);
    }

    /** A block's first half in the low nibbles, the second in the high ones. */
    private static void nibbles(byte[] p, int at, byte[] codes, int to) {
        for (int i = 0; i < 16; i++) {
            int pair = p[at + i];
            codes[to + i] = (byte) ((pair & 15) - 8);
            codes[to + 16 + i] = (byte) ((pair >> 4 & 15) - 8);
        }
    }

    /** d * (q - 16), the fifth bits in a word of their own. */
    private static void q5_0(byte[] p, int at, byte[] codes, int to, float[] scales, float[] offsets) {
        scales[to / 32] = Packed.float16(p, at);
        int high = Packed.int32(p, at + 2);
        for (int i = 0; i < 16; i++) {
            int pair = p[at + 6 + i];
            codes[to + i] = (byte) ((pair & 15 | (high >> i & 1) << 4) - 16);
            codes[to + 16 + i] = (byte) ((pair >> 4 & 15 | (high >> i + 16 & 1) << 4) - 16);
        }
    }

    /** d * q. */
    private static void q8_0(byte[] p, int at, byte[] codes, int to, float[] scales, float[] offsets) {
        scales[to / 32] = Packed.float16(p, at);
        System.arraycopy(p, at + 2, codes, to, 32);
    }

    /** (d * s) * q - dmin * m, 32 values a sub-block. */
    private static void q4k(byte[] p, int at, byte[] codes, int to, float[] scales, float[] offsets) {
        for (int sub = 0; sub < 8; sub++) {
            subBlock(p, at, sub, 8, to, scales, offsets);
            int quants = at + 16 + sub / 2 * 32;
            for (int i = 0; i < 32; i++) {
                codes[to + sub * 32 + i] = (byte) ((p[quants + i] >> sub % 2 * 4 & 15) - 8);
            }
        }
    }

    /** As Q4_K with a fifth bit. */
    private static void q5k(byte[] p, int at, byte[] codes, int to, float[] scales, float[] offsets) {
        for (int sub = 0; sub < 8; sub++) {
            subBlock(p, at, sub, 16, to, scales, offsets);
            int quants = at + 48 + sub / 2 * 32;
            for (int i = 0; i < 32; i++) {
                int q = p[quants + i] >> sub % 2 * 4 & 15 | (p[at + 16 + i] >> sub & 1) << 4;
                codes[to + sub * 32 + i] = (byte) (q - 16);
            }
        }
    }

    /** Codes are moved by {@code middle} to lie around zero; what that takes from the products the offset gives back. */
    private static void subBlock(byte[] p, int at, int sub, int middle, int to, float[] scales, float[] offsets) {
        float scale = Packed.float16(p, at) * Packed.scale6(p, at + 4, sub);
        scales[to / 32 + sub] = scale;
        offsets[to / 32 + sub] = middle * scale - Packed.float16(p, at + 2) * Packed.min6(p, at + 4, sub);
    }

    /** (d * s) * (q - 32), 16 values a sub-block: 11 bits times 8 fit a float, so the scale is exact. */
    private static void q6k(byte[] p, int at, byte[] codes, int to, float[] scales, float[] offsets) {
        float d = Packed.float16(p, at + 208);
        for (int sub = 0; sub < 16; sub++) {
            scales[to / 16 + sub] = d * p[at + 192 + sub];
            // 128 values each: four runs of 32, whose low nibbles share 64 bytes and whose high pairs share 32.
            int run = sub / 2 % 4;
            int low = at + sub / 8 * 64 + run % 2 * 32 + sub % 2 * 16;
            int high = at + 128 + sub / 8 * 32 + sub % 2 * 16;
            for (int i = 0; i < 16; i++) {
                int q = p[low + i] >> run / 2 * 4 & 15 | (p[high + i] >> run * 2 & 3) << 4;
                codes[to + sub * 16 + i] = (byte) (q - 32);
            }
        }
    }

    /** d times an entry of a table of whole numbers. */
    private static void iq4nl(byte[] p, int at, byte[] codes, int to, float[] scales, float[] offsets) {
        scales[to / 32] = Packed.float16(p, at);
        for (int i = 0; i < 16; i++) {
            int pair = p[at + 2 + i];
            codes[to + i] = Packed.IQ4_VALUES[pair & 15];
            codes[to + 16 + i] = Packed.IQ4_VALUES[pair >> 4 & 15];
        }
    }
}
