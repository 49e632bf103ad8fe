package io.github.jnpu.convert.tensor;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Little-endian numbers inside a byte array, and the tables that block formats share. */
final class Packed {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** The 16 values of IQ4_NL and IQ4_XS, denser around zero ({@code kvalues_iq4nl}). */
    static final byte[] IQ4_VALUES = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    /** The 16 values of a 4-bit float with two exponent bits (E2M1, OCP microscaling formats 1.0), doubled. */
    static final byte[] E2M1_DOUBLED = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    private Packed() {}

    static int uint16(byte[] bytes, int at) {
        return (short) SHORT.get(bytes, at) & 0xffff;
    }

    static int int32(byte[] bytes, int at) {
        return (int) INT.get(bytes, at);
    }

    static long int64(byte[] bytes, int at) {
        return (long) LONG.get(bytes, at);
    }

    static float float16(byte[] bytes, int at) {
        return Float.float16ToFloat((short) SHORT.get(bytes, at));
    }

    static void putInt16(byte[] bytes, int at, int value) {
        SHORT.set(bytes, at, (short) value);
    }

    static void putInt32(byte[] bytes, int at, int value) {
        INT.set(bytes, at, value);
    }

    static void putFloat16(byte[] bytes, int at, float value) {
        SHORT.set(bytes, at, Float.floatToFloat16(value));
    }

    /** The upper half of a float, rounded to nearest, ties to even; a NaN stays one. */
    static int bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return bits >>> 16 | 0x40;
        }
        return bits + 0x7fff + (bits >>> 16 & 1) >>> 16;
    }

    /** Half of the power of two that an E8M0 exponent byte stands for: the E2M1 table holds doubled values. */
    static float halfE8m0(int exponent) {
        return Float.intBitsToFloat(exponent < 2 ? 0x0020_0000 << exponent : exponent - 1 << 23);
    }

    /** The 6-bit scale of sub-block {@code index} of 8, from the 12 bytes that Q4_K and Q5_K pack scales in. */
    static int scale6(byte[] bytes, int at, int index) {
        return index < 4
                ? bytes[at + index] & 63
                : bytes[at + index + 4] & 15 | (bytes[at + index - 4] & 0xc0) >> 2;
    }

    /** The 6-bit minimum of sub-block {@code index} of 8, from the same 12 bytes. */
    static int min6(byte[] bytes, int at, int index) {
        return index < 4
                ? bytes[at + index + 4] & 63
                : (bytes[at + index + 4] & 0xf0) >> 4 | (bytes[at + index] & 0xc0) >> 2;
    }

    /** Writes what {@link #scale6} and {@link #min6} read, into bytes that are zero before. */
    static void putScaleAndMin6(byte[] bytes, int at, int index, int scale, int min) {
        if (index < 4) {
            bytes[at + index] |= (byte) scale;
            bytes[at + index + 4] |= (byte) min;
        } else {
            bytes[at + index + 4] = (byte) (scale & 15 | min << 4);
            bytes[at + index - 4] |= (byte) (scale >> 4 << 6);
            bytes[at + index] |= (byte) (min >> 4 << 6);
        }
    }
}
