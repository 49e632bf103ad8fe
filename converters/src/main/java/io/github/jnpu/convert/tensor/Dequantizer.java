package io.github.jnpu.convert.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * Turns stored tensor values into floats, one block after the other, without vector instructions.
 *
 * <p>The layouts and the order of the float operations are those of {@code dequantize_row_*} in ggml's
 * {@code ggml-quants.c} without contraction to fused multiply-add, so the results are the same bit for bit. It is the
 * oracle for the vector kernels, and it reads embedding rows at run time. Thread-safe.
 */
public final class Dequantizer {
    /** Bytes copied to the heap at a time: fits the first-level cache beside the floats, and holds any block. */
    private static final int CHUNK_BYTES = 8 << 10;

    private Dequantizer() {}

    /** Whether there is code for this type. */
    public static boolean supports(TensorType type) {
        return decoder(type) != null;
    }

    /**
     * Reads {@code count} values that start at a block's first byte.
     *
     * @param source
     *            little-endian bytes of any alignment, on the heap or not
     * @param byteOffset
     *            where in {@code source} the first block starts
     * @param count
     *            values to read, a multiple of the type's block size
     * @throws UnsupportedTensorTypeException
     *             if there is no code for this type
     * @throws IllegalArgumentException
     *             if {@code count} is negative or does not fill whole blocks
     * @throws IndexOutOfBoundsException
     *             if source or target are too small
     */
    public static void dequantize(TensorType type, MemorySegment source, long byteOffset, float[] target,
            int targetOffset, int count) {
        BlockDecoder decoder = decoder(type);
        if (decoder == null) {
            throw new UnsupportedTensorTypeException(type, "reads");
        }
        long byteSize = type.byteSize(count);
        Objects.checkFromIndexSize(byteOffset, byteSize, source.byteSize());
        Objects.checkFromIndexSize(targetOffset, count, target.length);
        int blockBytes = type.bytesPerBlock();
        int blockSize = type.blockSize();
        byte[] packed = new byte[(int) Math.min(byteSize, CHUNK_BYTES / blockBytes * blockBytes)];
        int to = targetOffset;
        for (long done = 0; done < byteSize;) {
            int length = (int) Math.min(packed.length, byteSize - done);
            MemorySegment.copy(source, ValueLayout.JAVA_BYTE, byteOffset + done, packed, 0, length);
            for (int at = 0; at < length; at += blockBytes, to += blockSize) {
                decoder.decode(packed, at, target, to);
            }
            done += length;
        }
    }

    private static BlockDecoder decoder(TensorType type) {
        return switch (type) {
            case F32 -> (p, at, y, to) -> y[to] = Float.intBitsToFloat(Packed.int32(p, at));
            case F16 -> (p, at, y, to) -> y[to] = Packed.float16(p, at);
            case BF16 -> (p, at, y, to) -> y[to] = Float.intBitsToFloat(Packed.uint16(p, at) << 16);
            case F64 -> (p, at, y, to) -> y[to] = (float) Double.longBitsToDouble(Packed.int64(p, at));
            case I8 -> (p, at, y, to) -> y[to] = p[at];
            case I16 -> (p, at, y, to) -> y[to] = (short) Packed.uint16(p, at);
            case I32 -> (p, at, y, to) -> y[to] = Packed.int32(p, at);
            case I64 -> (p, at, y, to) -> y[to] = Packed.int64(p, at);
            case Q1_0 -> BlockDecoders::q1_0;
            case Q2_0 -> BlockDecoders::q2_0;
            case Q4_0 -> BlockDecoders::q4_0;
            case Q4_1 -> BlockDecoders::q4_1;
            case Q5_0 -> BlockDecoders::q5_0;
            case Q5_1 -> BlockDecoders::q5_1;
            case Q8_0 -> BlockDecoders::q8_0;
            case MXFP4 -> BlockDecoders::mxfp4;
            case IQ4_NL -> BlockDecoders::iq4nl;
            case IQ4_XS -> SuperBlockDecoders::iq4xs;
            case Q2_K -> SuperBlockDecoders::q2k;
            case Q3_K -> SuperBlockDecoders::q3k;
            case Q4_K -> SuperBlockDecoders::q4k;
            case Q5_K -> SuperBlockDecoders::q5k;
            case Q6_K -> SuperBlockDecoders::q6k;
            case TQ2_0 -> SuperBlockDecoders::tq2_0;
            // Q8_1 and Q8_K hold activations between two operations, never weights of a file. The others index tables
            // of hundreds of vectors.
            case Q8_1, Q8_K, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ1_S, IQ1_M, TQ1_0, NVFP4 -> null;
        };
    }
}
