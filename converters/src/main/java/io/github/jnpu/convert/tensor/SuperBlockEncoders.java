package io.github.jnpu.convert.tensor;

import io.github.jnpu.convert.tensor.ScaleSearch.Affine;

/**
 * Writes the formats that {@link SuperBlockDecoders} reads: finds each sub-block's scale, writes the scales in few bits,
 * then rounds the values for the scales as the reader will see them.
 */
final class SuperBlockEncoders {
    private static final int BLOCK = 256;

    private SuperBlockEncoders() {}

    static void q6k(float[] x, int from, byte[] p, int at) {
        float[] scales = symmetricScales(x, from, 32);
        float d = extreme(scales) / -128;
        Packed.putFloat16(p, at + 208, d);
        float stored = Packed.float16(p, at + 208);
        for (int sub = 0; sub < 16; sub++) {
            int s = ratio(scales[sub], stored, -128, 127);
            p[at + 192 + sub] = (byte) s;
            float scale = stored * s;
            int half = sub / 8;
            int quarter = sub / 2 % 4;
            for (int i = 0; i < 16; i++) {
                int q = ratio(x[from + sub * 16 + i], scale, -32, 31) + 32;
                int column = sub % 2 * 16 + i;
                p[at + half * 64 + quarter % 2 * 32 + column] |= (byte) ((q & 15) << quarter / 2 * 4);
                p[at + 128 + half * 32 + column] |= (byte) (q >> 4 << quarter * 2);
            }
        }
    }

    static void q3k(float[] x, int from, byte[] p, int at) {
        float[] scales = symmetricScales(x, from, 4);
        float d = extreme(scales) / -32;
        Packed.putFloat16(p, at + 108, d);
        float stored = Packed.float16(p, at + 108);
        for (int sub = 0; sub < 16; sub++) {
            int s = ratio(scales[sub], stored, -32, 31);
            p[at + 96 + sub % 8] |= (byte) ((s + 32 & 15) << sub / 8 * 4);
            p[at + 104 + sub % 4] |= (byte) (s + 32 >> 4 << sub / 4 * 2);
            float scale = stored * s;
            for (int i = 0; i < 16; i++) {
                int q = ratio(x[from + sub * 16 + i], scale, -4, 3) + 4;
                int column = sub % 2 * 16 + i;
                p[at + 32 + sub / 8 * 32 + column] |= (byte) ((q & 3) << sub / 2 % 4 * 2);
                p[at + column] |= (byte) (q >> 2 << sub / 2);
            }
        }
    }

    static void q2k(float[] x, int from, byte[] p, int at) {
        Affine[] scales = affineScales(x, from, 16, 3);
        putSuperScales(scales, 15, p, at + 80);
        float d = Packed.float16(p, at + 80);
        float dmin = Packed.float16(p, at + 82);
        for (int sub = 0; sub < 16; sub++) {
            int s = ratio(scales[sub].scale(), d, 0, 15);
            int m = ratio(scales[sub].min(), dmin, 0, 15);
            p[at + sub] = (byte) (s | m << 4);
            for (int i = 0; i < 16; i++) {
                int q = ratio(x[from + sub * 16 + i] + dmin * m, d * s, 0, 3);
                p[at + 16 + sub / 8 * 32 + sub % 2 * 16 + i] |= (byte) (q << sub / 2 % 4 * 2);
            }
        }
    }

    static void q4k(float[] x, int from, byte[] p, int at) {
        Affine[] scales = affineScales(x, from, 32, 15);
        putSuperScales(scales, 63, p, at);
        float d = Packed.float16(p, at);
        float dmin = Packed.float16(p, at + 2);
        for (int sub = 0; sub < 8; sub++) {
            int s = ratio(scales[sub].scale(), d, 0, 63);
            int m = ratio(scales[sub].min(), dmin, 0, 63);
            Packed.putScaleAndMin6(p, at + 4, sub, s, m);
            for (int i = 0; i < 32; i++) {
                int q = ratio(x[from + sub * 32 + i] + dmin * m, d * s, 0, 15);
                p[at + 16 + sub / 2 * 32 + i] |= (byte) (q << sub % 2 * 4);
            }
        }
    }

    static void q5k(float[] x, int from, byte[] p, int at) {
        Affine[] scales = affineScales(x, from, 32, 31);
        putSuperScales(scales, 63, p, at);
        float d = Packed.float16(p, at);
        float dmin = Packed.float16(p, at + 2);
        for (int sub = 0; sub < 8; sub++) {
            int s = ratio(scales[sub].scale(), d, 0, 63);
            int m = ratio(scales[sub].min(), dmin, 0, 63);
            Packed.putScaleAndMin6(p, at + 4, sub, s, m);
            for (int i = 0; i < 32; i++) {
                int q = ratio(x[from + sub * 32 + i] + dmin * m, d * s, 0, 31);
                p[at + 48 + sub / 2 * 32 + i] |= (byte) ((q & 15) << sub % 2 * 4);
                p[at + 16 + i] |= (byte) (q >> 4 << sub);
            }
        }
    }

    private static float[] symmetricScales(float[] x, int from, int limit) {
        float[] scales = new float[16];
        for (int sub = 0; sub < 16; sub++) {
            scales[sub] = ScaleSearch.symmetric(x, from + sub * 16, 16, limit);
        }
        return scales;
    }

    private static Affine[] affineScales(float[] x, int from, int subSize, int top) {
        Affine[] scales = new Affine[BLOCK / subSize];
        for (int sub = 0; sub < scales.length; sub++) {
            scales[sub] = ScaleSearch.affine(x, from + sub * subSize, subSize, top);
        }
        return scales;
    }

    private static float extreme(float[] values) {
        float extreme = 0;
        for (float value : values) {
            if (Math.abs(value) > Math.abs(extreme)) {
                extreme = value;
            }
        }
        return extreme;
    }

    /** Writes d and dmin such that the largest scale and minimum become {@code top}. */
    private static void putSuperScales(Affine[] scales, int top, byte[] p, int at) {
        float maxScale = 0;
        float maxMin = 0;
        for (Affine affine : scales) {
            maxScale = Math.max(maxScale, affine.scale());
            maxMin = Math.max(maxMin, affine.min());
        }
        Packed.putFloat16(p, at, maxScale / top);
        Packed.putFloat16(p, at + 2, maxMin / top);
    }

    /** value / unit, rounded and clamped; 0, or the bound next to it, where the unit is 0. */
    private static int ratio(float value, float unit, int min, int max) {
        return unit == 0 ? Math.clamp(0, min, max) : Math.clamp((long) Math.rint(value / unit), min, max);
    }
}
