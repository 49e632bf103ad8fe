package io.github.jnpu.convert.tensor;

/**
 * The block formats with one scale: a block of 32 puts value j and value j+16 into the low and high half of byte j.
 *
 * <p>d is the scale (f16), m a minimum (f16), q the stored whole number.
 */
final class BlockDecoders {
    private static final int HALF = 16;

    private BlockDecoders() {}

    /** One bit a value: d or -d. Bytes: d, 16 x bits from the lowest up. */
    static void q1_0(byte[] p, int at, float[] y, int to) {
        float d = Packed.float16(p, at);
        for (int j = 0; j < 128; j++) {
            y[to + j] = (p[at + 2 + j / 8] >> j % 8 & 1) != 0 ? d : -d;
        }
    }

    /** d * (q - 1). Bytes: d, 16 x four values from the lowest bits up. */
    static void q2_0(byte[] p, int at, float[] y, int to) {
        float d = Packed.float16(p, at);
        for (int j = 0; j < 64; j++) {
            y[to + j] = ((p[at + 2 + j / 4] >> j % 4 * 2 & 3) - 1) * d;
        }
    }

    /** d * (q - 8). Bytes: d, 16 x nibbles. */
    static void q4_0(byte[] p, int at, float[] y, int to) {
        float d = Packed.float16(p, at);
        for (int j = 0; j < HALF; j++) {
            int q = p[at + 2 + j];
            y[to + j] = ((q & 15) - 8) * d;
            y[to + HALF + j] = ((q >> 4 & 15) - 8) * d;
        }
    }

    /** d * q + m. Bytes: d, m, 16 x nibbles. */
    static void q4_1(byte[] p, int at, float[] y, int to) {
        float d = Packed.float16(p, at);
        float m = Packed.float16(p, at + 2);
        for (int j = 0; j < HALF; j++) {
            int q = p[at + 4 + j];
            y[to + j] = (q & 15) * d + m;
            y[to + HALF + j] = (q >> 4 & 15) * d + m;
        }
    }

    /** d * (q - 16). Bytes: d, 32 fifth bits, 16 x nibbles. */
    static void q5_0(byte[] p, int at, float[] y, int to) {
        float d = Packed.float16(p, at);
        int high = Packed.int32(p, at + 2);
        for (int j = 0; j < HALF; j++) {
            int q = p[at + 6 + j];
            y[to + j] = ((q & 15 | (high >>> j & 1) << 4) - 16) * d;
            y[to + HALF + j] = ((q >> 4 & 15 | (high >>> j + HALF & 1) << 4) - 16) * d;
        }
    }

    /** d * q + m. Bytes: d, m, 32 fifth bits, 16 x nibbles. */
    static void q5_1(byte[] p, int at, float[] y, int to) {
        float d = Packed.float16(p, at);
        float m = Packed.float16(p, at + 2);
        int high = Packed.int32(p, at + 4);
        for (int j = 0; j < HALF; j++) {
            int q = p[at + 8 + j];
            y[to + j] = (q & 15 | (high >>> j & 1) << 4) * d + m;
            y[to + HALF + j] = (q >> 4 & 15 | (high >>> j + HALF & 1) << 4) * d + m;
        }
    }

    /** d * q. Bytes: d, 32 x signed bytes. */
    static void q8_0(byte[] p, int at, float[] y, int to) {
        float d = Packed.float16(p, at);
        for (int j = 0; j < 32; j++) {
            y[to + j] = p[at + 2 + j] * d;
        }
    }

    /** 2^e times a 4-bit float. Bytes: e, 16 x nibbles. */
    static void mxfp4(byte[] p, int at, float[] y, int to) {
        float d = Packed.halfE8m0(p[at] & 0xff);
        for (int j = 0; j < HALF; j++) {
            int q = p[at + 1 + j];
            y[to + j] = Packed.E2M1_DOUBLED[q & 15] * d;
            y[to + HALF + j] = Packed.E2M1_DOUBLED[q >> 4 & 15] * d;
        }
    }

    /** d times an entry of a table of 16. Bytes: d, 16 x nibbles. */
    static void iq4nl(byte[] p, int at, float[] y, int to) {
        float d = Packed.float16(p, at);
        for (int j = 0; j < HALF; j++) {
            int q = p[at + 2 + j];
            y[to + j] = d * Packed.IQ4_VALUES[q & 15];
            y[to + HALF + j] = d * Packed.IQ4_VALUES[q >> 4 & 15];
        }
    }
}
