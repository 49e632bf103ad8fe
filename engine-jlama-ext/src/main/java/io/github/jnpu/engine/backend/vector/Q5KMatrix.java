package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Q5_K: super-blocks of 256 weights with F16 scales for 8 six-bit scales and 8 six-bit minimums, one of each for 32 weights, 32
 * bytes of fifth bits and 128 of nibbles; {@code weight = d * scale * q - dmin * minimum}. 64 weights share 32 bytes: the low
 * nibbles are the first half. Byte i of the fifth bits is for weight i of all 8 sub-blocks. Bits become floats as in
 * {@link Q40Matrix}.
 */
final class Q5KMatrix extends MappedMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    private static final float[] HALVES = HalfTable.FLOATS;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);
    /** Whether the bytes of a load fill two float vectors: there is no vector of four bytes. */
    private static final boolean TWO_PARTS = B.length() > F.length();
    private static final int BLOCK = 256;
    private static final int BLOCK_BYTES = 176;
    private static final int SUB_BLOCK = 32;
    private static final int SUB_BLOCKS = BLOCK / SUB_BLOCK;
    private static final int PAIRS = SUB_BLOCKS / 2;
    private static final int MINIMUM_AT = 2;
    private static final int SCALES_AT = 4;
    private static final int FIFTHS_AT = 16;
    private static final int NIBBLES_AT = 48;
    /** Shifts the fifth bits of the first pair, to the left: the one of the high nibble comes to bit 8, on top of it. */
    private static final int HIGH_SHIFT = 7;
    /** Shifts them back: the one of the low nibble comes to bit 4. */
    private static final int LOW_SHIFT = 3;
    private static final float LOW = 0x1p23f;
    private static final float HIGH = 0x1p19f;
    private static final int LOW_BITS = Float.floatToRawIntBits(LOW);
    private static final int HIGH_BITS = Float.floatToRawIntBits(HIGH);

    Q5KMatrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
    }

    // Scales and minimums 0 to 3 are the low six bits of their bytes; of 4 to 7 the low four bits are in bytes 8 to 11 and the
    // high two on top of bytes 0 to 3 and 4 to 7.

    /** A block's eight scales, a byte each. */
    private static long scales(long block) {
        int first = MEMORY.get(INT, block + SCALES_AT);
        int low = MEMORY.get(INT, block + SCALES_AT + 8);
        return first & 0x3f3f3f3f | (long) (low & 0x0f0f0f0f | first >>> 2 & 0x30303030) << 32;
    }

    /** A block's eight minimums, a byte each. */
    private static long minimums(long block) {
        int first = MEMORY.get(INT, block + SCALES_AT + 4);
        int low = MEMORY.get(INT, block + SCALES_AT + 8);
        return first & 0x3f3f3f3f | (long) (low >>> 4 & 0x0f0f0f0f | first >>> 2 & 0x30303030) << 32;
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        long start = row * rowBytes + from / BLOCK * BLOCK_BYTES;
        Objects.checkFromIndexSize(start, (long) count / BLOCK * BLOCK_BYTES, data.byteSize());
        long block = data.address() + start;
        for (int y = offset; y < offset + count; y += BLOCK) {
            float d = HALVES[MEMORY.get(HALF, block) & 0xffff];
            float dmin = HALVES[MEMORY.get(HALF, block + MINIMUM_AT) & 0xffff];
            long scales = scales(block);
            long minimums = minimums(block);
            for (int pair = 0; pair < PAIRS; pair++) {
                int bit = 16 * pair;
                FloatVector lowScale = FloatVector.broadcast(F, d * (scales >>> bit & 63));
                FloatVector highScale = FloatVector.broadcast(F, d * (scales >>> bit + 8 & 63));
                FloatVector lowMinimum = FloatVector.broadcast(F, dmin * (minimums >>> bit & 63));
                FloatVector highMinimum = FloatVector.broadcast(F, dmin * (minimums >>> bit + 8 & 63));
                for (int i = 0; i < SUB_BLOCK; i += F.length()) {
                    int bytes = i / B.length() * B.length();
                    int part = TWO_PARTS ? i % B.length() / F.length() : 0;
                    IntVector fifths = ((IntVector) ByteVector
                            .fromMemorySegment(B, MEMORY, block + FIFTHS_AT + bytes, ORDER)
                            .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part))
                            .lanewise(VectorOperators.LSHL, HIGH_SHIFT - 2 * pair);
                    IntVector p = (IntVector) ByteVector
                            .fromMemorySegment(B, MEMORY, block + NIBBLES_AT + pair * SUB_BLOCK + bytes, ORDER)
                            .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                    int at = y + pair * 2 * SUB_BLOCK + i;
                    fifths.lanewise(VectorOperators.LSHR, LOW_SHIFT).and(0x10).or(p.and(0x0f)).or(LOW_BITS)
                            .reinterpretAsFloats().sub(LOW).mul(lowScale).sub(lowMinimum).intoArray(target, at);
                    fifths.and(0x100).or(p.and(0xf0)).or(HIGH_BITS).reinterpretAsFloats().sub(HIGH).mul(highScale)
                            .sub(highMinimum).intoArray(target, at + SUB_BLOCK);
                }
            }
            block += BLOCK_BYTES;
        }
        Reference.reachabilityFence(data);
    }
}
