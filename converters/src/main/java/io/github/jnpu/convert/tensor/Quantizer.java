package io.github.jnpu.convert.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;

/**
 * Packs floats as stored tensor values.
 *
 * <p>F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0 come out bit for bit as from ggml's {@code quantize_row_*_ref}. The
 * others have the same layout and an error of the same size, but the search for the scales is jnpu's own. Thread-safe.
 */
public final class Quantizer {
    private static final int CHUNK_BYTES = 8 << 10;

    private Quantizer() {}

    /** Whether there is code for this type. */
    public static boolean supports(TensorType type) {
        return encoder(type) != null;
    }

    /**
     * Packs {@code count} values.
     *
     * @param count
     *            a multiple of the type's block size
     * @param target
     *            little-endian bytes of any alignment, on the heap or not
     * @param byteOffset
     *            where in {@code target} the first block goes
     * @throws UnsupportedTensorTypeException
     *             if there is no code for this type
     * @throws IllegalArgumentException
     *             if {@code count} is negative or does not fill whole blocks, or a value is not finite and the type is
     *             one of blocks
     * @throws IndexOutOfBoundsException
     *             if source or target are too small
     */
    public static void quantize(TensorType type, float[] source, int sourceOffset, int count, MemorySegment target,
            long byteOffset) {
        BlockEncoder encoder = encoder(type);
        if (encoder == null) {
            throw new UnsupportedTensorTypeException(type, "writes");
        }
        long byteSize = type.byteSize(count);
        Objects.checkFromIndexSize(sourceOffset, count, source.length);
        Objects.checkFromIndexSize(byteOffset, byteSize, target.byteSize());
        if (type.isQuantized()) {
            requireFinite(source, sourceOffset, count);
        }
        int blockBytes = type.bytesPerBlock();
        int blockSize = type.blockSize();
        byte[] packed = new byte[(int) Math.min(byteSize, CHUNK_BYTES / blockBytes * blockBytes)];
        int from = sourceOffset;
        for (long done = 0; done < byteSize;) {
            int length = (int) Math.min(packed.length, byteSize - done);
            Arrays.fill(packed, (byte) 0);
            for (int at = 0; at < length; at += blockBytes, from += blockSize) {
                encoder.encode(source, from, packed, at);
            }
            MemorySegment.copy(packed, 0, target, ValueLayout.JAVA_BYTE, byteOffset + done, length);
            done += length;
        }
    }

    private static void requireFinite(float[] values, int offset, int count) {
        for (int i = offset; i < offset + count; i++) {
            if (!Float.isFinite(values[i])) {
                throw new IllegalArgumentException("value %d is %s; blocks hold finite values only"
                        .formatted(i - offset, values[i]));
            }
        }
    }

    private static BlockEncoder encoder(TensorType type) {
        return switch (type) {
            case F32 -> (x, from, p, at) -> Packed.putInt32(p, at, Float.floatToRawIntBits(x[from]));
            case F16 -> (x, from, p, at) -> Packed.putFloat16(p, at, x[from]);
            case BF16 -> (x, from, p, at) -> Packed.putInt16(p, at, Packed.bfloat16(x[from]));
            case Q4_0 -> BlockEncoders::q4_0;
            case Q4_1 -> BlockEncoders::q4_1;
            case Q5_0 -> BlockEncoders::q5_0;
            case Q5_1 -> BlockEncoders::q5_1;
            case Q8_0 -> BlockEncoders::q8_0;
            case MXFP4 -> BlockEncoders::mxfp4;
            case IQ4_NL -> BlockEncoders::iq4nl;
            case Q2_K -> SuperBlockEncoders::q2k;
            case Q3_K -> SuperBlockEncoders::q3k;
            case Q4_K -> SuperBlockEncoders::q4k;
            case Q5_K -> SuperBlockEncoders::q5k;
            case Q6_K -> SuperBlockEncoders::q6k;
            default -> null;
        };
    }
}
