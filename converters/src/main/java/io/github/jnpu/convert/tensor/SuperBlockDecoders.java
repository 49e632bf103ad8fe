package io.github.jnpu.convert.tensor;

/**
 * The formats with blocks of 256 values, whose sub-blocks of 16 or 32 have small scales of their own.
 *
 * <p>d scales the sub-blocks' scales s, dmin their minimums m (both f16), q is the stored whole number.
 */
final class SuperBlockDecoders {
    private SuperBlockDecoders() {}

    /** d*s * q - dmin*m, 16 values a sub-block. Bytes: 16 x (s | m << 4), 64 x four q, d, dmin. */
    static void q2k(byte[] p, int at, float[] y, int to) {
        float d = Packed.float16(p, at + 80);
        float dmin = Packed.float16(p, at + 82);
        for (int sub = 0; sub < 16; sub++) {
            int scales = p[at + sub];
            float scale = d * (scales & 15);
            float min = dmin * (scales >> 4 & 15);
            // 128 values lie in 32 bytes: four layers of two bits, two sub-blocks in each.
            int quants = at + 16 + sub / 8 * 32 + sub % 2 * 16;
            int shift = sub / 2 % 4 * 2;
            for (int i = 0; i < 16; i++) {
                y[to + sub * 16 + i] = scale * (p[quants + i] >> shift & 3) - min;
            }
        }
    }

    /** d*(s - 32) * (q - 4), 16 values a sub-block. Bytes: 32 x high bits, 64 x four low q, 12 x packed s, d. */
    static void q3k(byte[] p, int at, float[] y, int to) {
        float d = Packed.float16(p, at + 108);
        for (int sub = 0; sub < 16; sub++) {
            // The low four bits of scales 0..7 and 8..15 share bytes 0..7; the high two bits fill bytes 8..11.
            int low = p[at + 96 + sub % 8] >> sub / 8 * 4 & 15;
            int high = p[at + 104 + sub % 4] >> sub / 4 * 2 & 3;
            float scale = d * ((low | high << 4) - 32);
            int quants = at + 32 + sub / 8 * 32 + sub % 2 * 16;
            int mask = at + sub % 2 * 16;
            int shift = sub / 2 % 4 * 2;
            int bit = sub / 2;
            for (int i = 0; i < 16; i++) {
                y[to + sub * 16 + i] = scale * ((p[quants + i] >> shift & 3) - ((p[mask + i] >> bit & 1) != 0 ? 0 : 4));
            }
        }
    }

    /** d*s * q - dmin*m, 32 values a sub-block. Bytes: d, dmin, 12 x packed s and m, 128 x nibbles. */
    static void q4k(byte[] p, int at, float[] y, int to) {
        float d = Packed.float16(p, at);
        float dmin = Packed.float16(p, at + 2);
        for (int sub = 0; sub < 8; sub++) {
            float scale = d * Packed.scale6(p, at + 4, sub);
            float min = dmin * Packed.min6(p, at + 4, sub);
            // Two sub-blocks share 32 bytes, one in the low and one in the high nibbles.
            int quants = at + 16 + sub / 2 * 32;
            int shift = sub % 2 * 4;
            for (int i = 0; i < 32; i++) {
                y[to + sub * 32 + i] = scale * (p[quants + i] >> shift & 15) - min;
            }
        }
    }

    /** As Q4_K with a fifth bit. Bytes: d, dmin, 12 x packed s and m, 32 x high bits, 128 x nibbles. */
    static void q5k(byte[] p, int at, float[] y, int to) {
        float d = Packed.float16(p, at);
        float dmin = Packed.float16(p, at + 2);
        for (int sub = 0; sub < 8; sub++) {
            float scale = d * Packed.scale6(p, at + 4, sub);
            float min = dmin * Packed.min6(p, at + 4, sub);
            int quants = at + 48 + sub / 2 * 32;
            int shift = sub % 2 * 4;
            for (int i = 0; i < 32; i++) {
                int q = p[quants + i] >> shift & 15 | (p[at + 16 + i] >> sub & 1) << 4;
                y[to + sub * 32 + i] = scale * q - min;
            }
        }
    }

    /** d*s * (q - 32), 16 values a sub-block. Bytes: 128 x low nibbles, 64 x four high bit pairs, 16 x s, d. */
    static void q6k(byte[] p, int at, float[] y, int to) {
        float d = Packed.float16(p, at + 208);
        for (int sub = 0; sub < 16; sub++) {
            float scale = d * p[at + 192 + sub];
            int half = sub / 8;
            int quarter = sub / 2 % 4;
            int first = sub % 2 * 16;
            // Of each 128 values, quarters 0 and 1 lie in the low nibbles of 64 bytes, 2 and 3 in the high ones.
            int low = at + half * 64 + quarter % 2 * 32 + first;
            int lowShift = quarter / 2 * 4;
            int high = at + 128 + half * 32 + first;
            int highShift = quarter * 2;
            for (int i = 0; i < 16; i++) {
                int q = p[low + i] >> lowShift & 15 | (p[high + i] >> highShift & 3) << 4;
                y[to + sub * 16 + i] = scale * (q - 32);
            }
        }
    }

    /** d*(s - 32) times an entry of a table of 16. Bytes: d, 8 x 2 high bits of s, 8 x 4 low bits, 128 x nibbles. */
    static void iq4xs(byte[] p, int at, float[] y, int to) {
        float d = Packed.float16(p, at);
        int scalesHigh = Packed.uint16(p, at + 2);
        for (int sub = 0; sub < 8; sub++) {
            int scale = p[at + 4 + sub / 2] >> sub % 2 * 4 & 15 | (scalesHigh >> sub * 2 & 3) << 4;
            float dl = d * (scale - 32);
            int quants = at + 8 + sub * 16;
            for (int i = 0; i < 16; i++) {
                int q = p[quants + i];
                y[to + sub * 32 + i] = dl * Packed.IQ4_VALUES[q & 15];
                y[to + sub * 32 + 16 + i] = dl * Packed.IQ4_VALUES[q >> 4 & 15];
            }
        }
    }

    /** d * (q - 1). Bytes: 64 x four q, d. */
    static void tq2_0(byte[] p, int at, float[] y, int to) {
        float d = Packed.float16(p, at + 64);
        for (int i = 0; i < 256; i++) {
            int q = p[at + i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3;
            y[to + i] = (q - 1) * d;
        }
    }
}
