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
 * Q5_0: blocks of 32 weights, an F16 scale, 32 fifth bits and 16 bytes; weight i is nibble {@code (i % 16, i / 16)} with bit i on
 * top, minus 16. They become floats as in {@link Q40Matrix}. A lane's fifth bit is shifted on top of the nibble where that lies.
 */
final class Q50Matrix extends MappedMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    private static final float[] HALVES = HalfTable.FLOATS;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);
    private static final int BLOCK = 32;
    private static final int BLOCK_BYTES = 22;
    private static final int HALF_BLOCK = BLOCK / 2;
    /** Where 32 bits are whose byte 1 begins with bit 0 of the fifth bits; the byte before them does no harm. */
    private static final int LOW_FIFTHS_AT = 1;
    /** The same for bit 16. */
    private static final int HIGH_FIFTHS_AT = 3;
    private static final int NIBBLES_AT = 6;
    private static final float LOW = 0x1p23f;
    private static final float HIGH = 0x1p19f;
    private static final int LOW_BITS = Float.floatToRawIntBits(LOW);
    private static final int HIGH_BITS = Float.floatToRawIntBits(HIGH);
    /** From where {@link #LOW_FIFTHS_AT} has a lane's bit to bit 4, on top of a low nibble. */
    private static final IntVector LOW_SHIFTS = IntVector.broadcast(I, 4).addIndex(1);
    /** From where {@link #HIGH_FIFTHS_AT} has a lane's bit to bit 8, on top of a high nibble. */
    private static final IntVector HIGH_SHIFTS = IntVector.zero(I).addIndex(1);

    Q50Matrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        long start = row * rowBytes + from / BLOCK * BLOCK_BYTES;
        Objects.checkFromIndexSize(start, (long) count / BLOCK * BLOCK_BYTES, data.byteSize());
        long row0 = data.address() + start;
        IntVector lowShifts = LOW_SHIFTS;
        IntVector highShifts = HIGH_SHIFTS;
        for (int y = offset; y < offset + count; y += BLOCK) {
            FloatVector scale = FloatVector.broadcast(F, HALVES[MEMORY.get(HALF, row0) & 0xffff]);
            int lowFifths = MEMORY.get(INT, row0 + LOW_FIFTHS_AT);
            int highFifths = MEMORY.get(INT, row0 + HIGH_FIFTHS_AT);
            for (int i = 0; i < HALF_BLOCK; i += F.length()) {
                int at = NIBBLES_AT + i / B.length() * B.length();
                int part = i % B.length() / F.length();
                IntVector pairs = (IntVector) ByteVector.fromMemorySegment(B, MEMORY, row0 + at, ORDER)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                pairs.and(0x0f)
                        .or(IntVector.broadcast(I, lowFifths >>> i).lanewise(VectorOperators.LSHR, lowShifts).and(0x10))
                        .or(LOW_BITS).reinterpretAsFloats().sub(LOW + 16).mul(scale).intoArray(target, y + i);
                pairs.and(0xf0)
                        .or(IntVector.broadcast(I, highFifths >>> i).lanewise(VectorOperators.LSHR, highShifts)
                                .and(0x100))
                        .or(HIGH_BITS).reinterpretAsFloats().sub(HIGH + 16).mul(scale)
                        .intoArray(target, y + HALF_BLOCK + i);
            }
            row0 += BLOCK_BYTES;
        }
        Reference.reachabilityFence(data);
    }
}
