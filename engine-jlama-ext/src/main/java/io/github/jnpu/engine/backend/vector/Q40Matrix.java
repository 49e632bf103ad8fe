package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Q4_0: blocks of 32 weights, an F16 scale and 16 bytes; weight i is nibble {@code (i % 16, i / 16)} minus 8.
 *
 * <p>A nibble becomes a float without a conversion: put under the exponent of a float whose last bit counts 1 (2^23) or,
 * for the high nibble, whose last bit but four does (2^19), it only takes a subtraction, which also takes the 8 away.
 */
final class Q40Matrix extends MappedMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    private static final float[] HALVES = HalfTable.FLOATS;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);
    /** Whether the bytes of a load fill two float vectors: there is no vector of four bytes. */
    private static final boolean TWO_PARTS = B.length() > F.length();
    private static final boolean WIDE = F.length() == 16;
    private static final int BLOCK = 32;
    private static final int BLOCK_BYTES = 18;
    private static final int HALF_BLOCK = BLOCK / 2;
    private static final float LOW = 0x1p23f;
    private static final float HIGH = 0x1p19f;
    private static final int LOW_BITS = Float.floatToRawIntBits(LOW);
    private static final int HIGH_BITS = Float.floatToRawIntBits(HIGH);

    Q40Matrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
    }

    @Override
    void multiplyFour(float[] input, Scratch scratch, int at, long row0, long row1, long row2, long row3) {
        if (WIDE) {
            multiplyTwo(input, scratch.floats(), at, columns, row0, row1);
            multiplyTwo(input, scratch.floats(), at + 2 * F.length(), columns, row2, row3);
        } else {
            multiplyNarrow(input, scratch.floats(), at, columns, row0);
            multiplyNarrow(input, scratch.floats(), at + F.length(), columns, row1);
            multiplyNarrow(input, scratch.floats(), at + 2 * F.length(), columns, row2);
            multiplyNarrow(input, scratch.floats(), at + 3 * F.length(), columns, row3);
        }
    }

    /** A vector holds half a block. Four rows would be more than C2 compiles in one piece, see {@link PackedProduct}. */
    private static void multiplyTwo(float[] input, float[] sums, int first, int columns, long row0, long row1) {
        IntVector lowMask = IntVector.broadcast(I, 0x0f);
        IntVector highMask = IntVector.broadcast(I, 0xf0);
        IntVector lowBits = IntVector.broadcast(I, LOW_BITS);
        IntVector highBits = IntVector.broadcast(I, HIGH_BITS);
        FloatVector lowZero = FloatVector.broadcast(F, LOW + 8);
        FloatVector highZero = FloatVector.broadcast(F, HIGH + 8);
        FloatVector t0 = FloatVector.zero(F);
        FloatVector t1 = t0;
        for (int x = 0; x < columns; x += BLOCK) {
            FloatVector low = FloatVector.fromArray(F, input, x);
            FloatVector high = FloatVector.fromArray(F, input, x + HALF_BLOCK);
            IntVector p0 = (IntVector) ByteVector.fromMemorySegment(B, MEMORY, row0 + 2, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
            FloatVector s0 = p0.and(lowMask).or(lowBits).reinterpretAsFloats().sub(lowZero).mul(low);
            s0 = p0.and(highMask).or(highBits).reinterpretAsFloats().sub(highZero).fma(high, s0);
            t0 = s0.fma(FloatVector.broadcast(F, HALVES[MEMORY.get(HALF, row0) & 0xffff]), t0);
            row0 += BLOCK_BYTES;
            IntVector p1 = (IntVector) ByteVector.fromMemorySegment(B, MEMORY, row1 + 2, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
            FloatVector s1 = p1.and(lowMask).or(lowBits).reinterpretAsFloats().sub(lowZero).mul(low);
            s1 = p1.and(highMask).or(highBits).reinterpretAsFloats().sub(highZero).fma(high, s1);
            t1 = s1.fma(FloatVector.broadcast(F, HALVES[MEMORY.get(HALF, row1) & 0xffff]), t1);
            row1 += BLOCK_BYTES;
        }
        t0.intoArray(sums, first);
        t1.intoArray(sums, first + F.length());
    }

    /** One row: a block takes several vectors, see {@link PackedProduct}. */
    private static void multiplyNarrow(float[] input, float[] sums, int first, int columns, long row0) {
        IntVector lowMask = IntVector.broadcast(I, 0x0f);
        IntVector highMask = IntVector.broadcast(I, 0xf0);
        IntVector lowBits = IntVector.broadcast(I, LOW_BITS);
        IntVector highBits = IntVector.broadcast(I, HIGH_BITS);
        FloatVector lowZero = FloatVector.broadcast(F, LOW + 8);
        FloatVector highZero = FloatVector.broadcast(F, HIGH + 8);
        FloatVector t0 = FloatVector.zero(F);
        for (int x = 0; x < columns; x += BLOCK) {
            FloatVector s0 = FloatVector.zero(F);
            for (int i = 0; i < HALF_BLOCK; i += F.length()) {
                FloatVector low = FloatVector.fromArray(F, input, x + i);
                FloatVector high = FloatVector.fromArray(F, input, x + HALF_BLOCK + i);
                int at = 2 + i / B.length() * B.length();
                int part = i % B.length() / F.length();
                IntVector p0 = (IntVector) ByteVector.fromMemorySegment(B, MEMORY, row0 + at, ORDER)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                s0 = p0.and(lowMask).or(lowBits).reinterpretAsFloats().sub(lowZero).fma(low, s0);
                s0 = p0.and(highMask).or(highBits).reinterpretAsFloats().sub(highZero).fma(high, s0);
            }
            t0 = s0.fma(FloatVector.broadcast(F, HALVES[MEMORY.get(HALF, row0) & 0xffff]), t0);
            row0 += BLOCK_BYTES;
        }
        t0.intoArray(sums, first);
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        long at = row * rowBytes + from / BLOCK * BLOCK_BYTES;
        for (int y = offset; y < offset + count; y += BLOCK) {
            FloatVector scale = FloatVector.broadcast(F, HalfTable.get(data, at));
            for (int i = 0; i < HALF_BLOCK; i += B.length()) {
                ByteVector bytes = ByteVector.fromMemorySegment(B, data, at + 2 + i, ORDER);
                IntVector pairs = (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
                pairs.and(0x0f).or(LOW_BITS).reinterpretAsFloats().sub(LOW + 8).mul(scale).intoArray(target, y + i);
                pairs.and(0xf0).or(HIGH_BITS).reinterpretAsFloats().sub(HIGH + 8).mul(scale)
                        .intoArray(target, y + HALF_BLOCK + i);
                if (TWO_PARTS) {
                    pairs = (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 1);
                    pairs.and(0x0f).or(LOW_BITS).reinterpretAsFloats().sub(LOW + 8).mul(scale)
                            .intoArray(target, y + i + F.length());
                    pairs.and(0xf0).or(HIGH_BITS).reinterpretAsFloats().sub(HIGH + 8).mul(scale)
                            .intoArray(target, y + HALF_BLOCK + i + F.length());
                }
            }
            at += BLOCK_BYTES;
        }
    }
}
