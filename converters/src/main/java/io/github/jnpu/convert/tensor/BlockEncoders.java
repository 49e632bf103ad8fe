package io.github.jnpu.convert.tensor;

/** Writes the formats that {@link BlockDecoders} reads. */
final class BlockEncoders {
    private static final int HALF = 16;
    private static final int BLOCK = 32;

    private BlockEncoders() {}

    /** The value that is farthest from zero, the first of several, with its sign. */
    private static float extreme(float[] x, int from) {
        float extreme = 0;
        for (int i = 0; i < BLOCK; i++) {
            if (Math.abs(x[from + i]) > Math.abs(extreme)) {
                extreme = x[from + i];
            }
        }
        return extreme;
    }

    private static float inverse(float scale) {
        return scale == 0 ? 0 : 1 / scale;
    }

    /** The extreme value becomes -8: the two's complement range reaches one further down than up. */
    static void q4_0(float[] x, int from, byte[] p, int at) {
        float d = extreme(x, from) / -8;
        float inverse = inverse(d);
        Packed.putFloat16(p, at, d);
        for (int j = 0; j < HALF; j++) {
            int low = Math.min(15, (int) (x[from + j] * inverse + 8.5f));
            int high = Math.min(15, (int) (x[from + HALF + j] * inverse + 8.5f));
            p[at + 2 + j] = (byte) (low | high << 4);
        }
    }

    static void q5_0(float[] x, int from, byte[] p, int at) {
        float d = extreme(x, from) / -16;
        float inverse = inverse(d);
        Packed.putFloat16(p, at, d);
        int fifthBits = 0;
        for (int j = 0; j < HALF; j++) {
            int low = Math.min(31, (int) (x[from + j] * inverse + 16.5f));
            int high = Math.min(31, (int) (x[from + HALF + j] * inverse + 16.5f));
            p[at + 6 + j] = (byte) (low & 15 | (high & 15) << 4);
            fifthBits |= low >> 4 << j | high >> 4 << j + HALF;
        }
        Packed.putInt32(p, at + 2, fifthBits);
    }

    static void q4_1(float[] x, int from, byte[] p, int at) {
        float min = minimum(x, from);
        float d = (maximum(x, from) - min) / 15;
        float inverse = inverse(d);
        Packed.putFloat16(p, at, d);
        Packed.putFloat16(p, at + 2, min);
        for (int j = 0; j < HALF; j++) {
            int low = Math.min(15, (int) ((x[from + j] - min) * inverse + 0.5f));
            int high = Math.min(15, (int) ((x[from + HALF + j] - min) * inverse + 0.5f));
            p[at + 4 + j] = (byte) (low | high << 4);
        }
    }

    static void q5_1(float[] x, int from, byte[] p, int at) {
        float min = minimum(x, from);
        float d = (maximum(x, from) - min) / 31;
        float inverse = inverse(d);
        Packed.putFloat16(p, at, d);
        Packed.putFloat16(p, at + 2, min);
        int fifthBits = 0;
        for (int j = 0; j < HALF; j++) {
            // No clamp in ggml either: 31.5 is the most that rounding can make of the maximum.
            int low = (int) ((x[from + j] - min) * inverse + 0.5f);
            int high = (int) ((x[from + HALF + j] - min) * inverse + 0.5f);
            p[at + 8 + j] = (byte) (low & 15 | (high & 15) << 4);
            fifthBits |= (low >> 4 & 1) << j | (high >> 4 & 1) << j + HALF;
        }
        Packed.putInt32(p, at + 4, fifthBits);
    }

    private static float minimum(float[] x, int from) {
        float min = x[from];
        for (int i = 1; i < BLOCK; i++) {
            // Not Math.min: it would order -0 before 0, ggml keeps the first.
            if (x[from + i] < min) {
                min = x[from + i];
            }
        }
        return min;
    }

    private static float maximum(float[] x, int from) {
        float max = x[from];
        for (int i = 1; i < BLOCK; i++) {
            if (x[from + i] > max) {
                max = x[from + i];
            }
        }
        return max;
    }

    static void q8_0(float[] x, int from, byte[] p, int at) {
        float d = Math.abs(extreme(x, from)) / 127;
        float inverse = inverse(d);
        Packed.putFloat16(p, at, d);
        for (int j = 0; j < BLOCK; j++) {
            p[at + 2 + j] = (byte) roundHalfAway(x[from + j] * inverse);
        }
    }

    /** C's {@code roundf}; adding a half first would round 0.49999997 up. */
    private static int roundHalfAway(float value) {
        int whole = (int) value;
        float rest = value - whole;
        return rest >= 0.5f ? whole + 1 : rest <= -0.5f ? whole - 1 : whole;
    }

    /** The shared exponent is the largest value's, less the 2 that the format's largest number 6 has. */
    static void mxfp4(float[] x, int from, byte[] p, int at) {
        float max = Math.abs(extreme(x, from));
        int exponent = max == 0 ? 0 : Math.clamp(Math.getExponent(max) - 2 + 127, 0, 254);
        float d = Packed.halfE8m0(exponent);
        p[at] = (byte) exponent;
        for (int j = 0; j < HALF; j++) {
            int low = nearest(Packed.E2M1_DOUBLED, x[from + j], d);
            int high = nearest(Packed.E2M1_DOUBLED, x[from + HALF + j], d);
            p[at + 1 + j] = (byte) (low | high << 4);
        }
    }

    static void iq4nl(float[] x, int from, byte[] p, int at) {
        float d = tableScale(x, from);
        Packed.putFloat16(p, at, d);
        // Choose the entries for the scale that the reader will see.
        float stored = Packed.float16(p, at);
        for (int j = 0; j < HALF; j++) {
            int low = nearest(Packed.IQ4_VALUES, x[from + j], stored);
            int high = nearest(Packed.IQ4_VALUES, x[from + HALF + j], stored);
            p[at + 2 + j] = (byte) (low | high << 4);
        }
    }

    /** Tries scales around the one that maps the extreme value to the table's end and keeps the least squared error. */
    private static float tableScale(float[] x, int from) {
        float extreme = extreme(x, from);
        if (extreme == 0) {
            return 0;
        }
        float best = 0;
        double bestError = Double.POSITIVE_INFINITY;
        for (int end = -143; end <= 129; end++) {
            // Both ends of the table, 113 up and -127 down, and some clipping or slack beyond each.
            if (end > -111 && end < 97) {
                continue;
            }
            float d = extreme / end;
            double products = 0;
            double squares = 0;
            for (int j = 0; j < BLOCK; j++) {
                double q = Packed.IQ4_VALUES[nearest(Packed.IQ4_VALUES, x[from + j], d)];
                products += q * x[from + j];
                squares += q * q;
            }
            // The best scale for these entries; the error is sum(x^2) - products^2 / squares.
            double error = -products * products / squares;
            if (error < bestError) {
                bestError = error;
                best = (float) (products / squares);
            }
        }
        return best;
    }

    /** The index of the entry that, scaled, is nearest; the first of several. */
    private static int nearest(byte[] table, float value, float scale) {
        int best = 0;
        float bestDistance = Float.POSITIVE_INFINITY;
        for (int i = 0; i < table.length; i++) {
            float distance = Math.abs(table[i] * scale - value);
            if (distance < bestDistance) {
                bestDistance = distance;
                best = i;
            }
        }
        return best;
    }
}
