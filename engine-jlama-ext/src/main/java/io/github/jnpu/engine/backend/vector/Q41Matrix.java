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
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Q4_1: blocks of 32 weights, an F16 scale, an F16 minimum and 16 bytes; weight i is nibble {@code (i % 16, i / 16)} times the
 * scale plus the minimum. Nibbles become floats as in {@link Q40Matrix}; the minimum multiplies the sum of the activations.
 */
final class Q41Matrix extends MappedMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    private static final float[] HALVES = HalfTable.FLOATS;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);
    private static final int BLOCK = 32;
    private static final int BLOCK_BYTES = 20;
    private static final int HALF_BLOCK = BLOCK / 2;
    private static final int MINIMUM_AT = 2;
    private static final int NIBBLES_AT = 4;
    private static final float LOW = 0x1p23f;
    private static final float HIGH = 0x1p19f;
    private static final int LOW_BITS = Float.floatToRawIntBits(LOW);
    private static final int HIGH_BITS = Float.floatToRawIntBits(HIGH);

    Q41Matrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
    }

    @Override
    void multiplyFour(float[] input, Scratch scratch, int at, long row0, long row1, long row2, long row3) {
        multiplyRow(input, scratch.floats(), at, columns, row0);
        multiplyRow(input, scratch.floats(), at + F.length(), columns, row1);
        multiplyRow(input, scratch.floats(), at + 2 * F.length(), columns, row2);
        multiplyRow(input, scratch.floats(), at + 3 * F.length(), columns, row3);
    }

    /** One row: two would be more than C2 compiles in one piece, see {@link PackedProduct}. */
    private static void multiplyRow(float[] input, float[] sums, int first, int columns, long row0) {
        IntVector lowMask = IntVector.broadcast(I, 0x0f);
        IntVector highMask = IntVector.broadcast(I, 0xf0);
        IntVector lowBits = IntVector.broadcast(I, LOW_BITS);
        IntVector highBits = IntVector.broadcast(I, HIGH_BITS);
        FloatVector lowZero = FloatVector.broadcast(F, LOW);
        FloatVector highZero = FloatVector.broadcast(F, HIGH);
        FloatVector t0 = FloatVector.zero(F);
        for (int x = 0; x < columns; x += BLOCK) {
            FloatVector s0 = FloatVector.zero(F);
            FloatVector both = FloatVector.zero(F);
            for (int i = 0; i < HALF_BLOCK; i += F.length()) {
                FloatVector low = FloatVector.fromArray(F, input, x + i);
                FloatVector high = FloatVector.fromArray(F, input, x + HALF_BLOCK + i);
                int at = NIBBLES_AT + i / B.length() * B.length();
                int part = i % B.length() / F.length();
                both = both.add(low.add(high));
                IntVector p0 = (IntVector) ByteVector.fromMemorySegment(B, MEMORY, row0 + at, ORDER)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                s0 = p0.and(lowMask).or(lowBits).reinterpretAsFloats().sub(lowZero).fma(low, s0);
                s0 = p0.and(highMask).or(highBits).reinterpretAsFloats().sub(highZero).fma(high, s0);
            }
            t0 = s0.fma(FloatVector.broadcast(F, HALVES[MEMORY.get(HALF, row0) & 0xffff]), t0);
            t0 = both.fma(FloatVector.broadcast(F, HALVES[MEMORY.get(HALF, row0 + MINIMUM_AT) & 0xffff]), t0);
            row0 += BLOCK_BYTES;
        }
        t0.intoArray(sums, first);
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        long start = row * rowBytes + from / BLOCK * BLOCK_BYTES;
        Objects.checkFromIndexSize(start, (long) count / BLOCK * BLOCK_BYTES, data.byteSize());
        long row0 = data.address() + start;
        for (int y = offset; y < offset + count; y += BLOCK) {
            FloatVector scale = FloatVector.broadcast(F, HALVES[MEMORY.get(HALF, row0) & 0xffff]);
            FloatVector minimum = FloatVector.broadcast(F, HALVES[MEMORY.get(HALF, row0 + MINIMUM_AT) & 0xffff]);
            for (int i = 0; i < HALF_BLOCK; i += F.length()) {
                int at = NIBBLES_AT + i / B.length() * B.length();
                int part = i % B.length() / F.length();
                IntVector pairs = (IntVector) ByteVector.fromMemorySegment(B, MEMORY, row0 + at, ORDER)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                pairs.and(0x0f).or(LOW_BITS).reinterpretAsFloats().sub(LOW).mul(scale).add(minimum).intoArray(target,
                        y + i);
                pairs.and(0xf0).or(HIGH_BITS).reinterpretAsFloats().sub(HIGH).mul(scale).add(minimum).intoArray(target,
                        y + HALF_BLOCK + i);
            }
            row0 += BLOCK_BYTES;
        }
        Reference.reachabilityFence(data);
    }
}
