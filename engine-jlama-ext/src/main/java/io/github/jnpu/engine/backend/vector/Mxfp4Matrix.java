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
 * MXFP4: blocks of 32 weights, a power of two as a biased exponent (E8M0) and 16 bytes; weight i is the four-bit float (E2M1) in
 * nibble {@code (i % 16, i / 16)} times that power. See the OCP microscaling formats 1.0.
 */
final class Mxfp4Matrix extends MappedMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    /** A block's nibbles, and a table of values: at every width. */
    private static final VectorSpecies<Byte> B = ByteVector.SPECIES_128;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    /** Half of the power of two that a block's first byte stands for. */
    private static final float[] HALF_POWERS = new float[256];
    private static final boolean WIDE = F.length() == 16;
    private static final int BLOCK = 32;
    private static final int BLOCK_BYTES = 17;
    private static final int HALF_BLOCK = BLOCK / 2;
    private static final int NIBBLES_AT = 1;
    /** Vectors of floats that the low or high nibbles of a block fill. */
    private static final int PARTS = HALF_BLOCK / F.length();
    /** Twice the sixteen E2M1 floats, which are whole numbers then. */
    private static final byte[] VALUES = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
    private static final int[] VALUE_BITS = new int[VALUES.length];

    static {
        for (int i = 0; i < VALUES.length; i++) {
            VALUE_BITS[i] = Float.floatToRawIntBits(VALUES[i]);
        }
        for (int i = 0; i < HALF_POWERS.length; i++) {
            // 2^-128 and 2^-127 are subnormal floats.
            HALF_POWERS[i] = Float.intBitsToFloat(i < 2 ? 0x0020_0000 << i : i - 1 << 23);
        }
    }

    Mxfp4Matrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
    }

    @Override
    void multiplyFour(float[] input, Scratch scratch, int at, long row0, long row1, long row2, long row3) {
        if (WIDE) {
            multiplyTwo(input, scratch.floats(), at, columns, row0, row1);
            multiplyTwo(input, scratch.floats(), at + 2 * F.length(), columns, row2, row3);
        } else {
            super.multiplyFour(input, scratch, at, row0, row1, row2, row3);
        }
    }

    /** A vector holds half a block and the whole table as floats, which a nibble's lane selects from. */
    private static void multiplyTwo(float[] input, float[] sums, int first, int columns, long row0, long row1) {
        IntVector values = IntVector.fromArray(I, VALUE_BITS, 0);
        FloatVector t0 = FloatVector.zero(F);
        FloatVector t1 = t0;
        for (int x = 0; x < columns; x += BLOCK) {
            FloatVector low = FloatVector.fromArray(F, input, x);
            FloatVector high = FloatVector.fromArray(F, input, x + HALF_BLOCK);
            IntVector p0 = (IntVector) ByteVector.fromMemorySegment(B, MEMORY, row0 + NIBBLES_AT, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
            FloatVector s0 = p0.selectFrom(values).reinterpretAsFloats().mul(low);
            s0 = p0.lanewise(VectorOperators.LSHR, 4).selectFrom(values).reinterpretAsFloats().fma(high, s0);
            t0 = s0.fma(FloatVector.broadcast(F, HALF_POWERS[MEMORY.get(ValueLayout.JAVA_BYTE, row0) & 0xff]), t0);
            row0 += BLOCK_BYTES;
            IntVector p1 = (IntVector) ByteVector.fromMemorySegment(B, MEMORY, row1 + NIBBLES_AT, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
            FloatVector s1 = p1.selectFrom(values).reinterpretAsFloats().mul(low);
            s1 = p1.lanewise(VectorOperators.LSHR, 4).selectFrom(values).reinterpretAsFloats().fma(high, s1);
            t1 = s1.fma(FloatVector.broadcast(F, HALF_POWERS[MEMORY.get(ValueLayout.JAVA_BYTE, row1) & 0xff]), t1);
            row1 += BLOCK_BYTES;
        }
        t0.intoArray(sums, first);
        t1.intoArray(sums, first + F.length());
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        long start = row * rowBytes + from / BLOCK * BLOCK_BYTES;
        Objects.checkFromIndexSize(start, (long) count / BLOCK * BLOCK_BYTES, data.byteSize());
        dequantize(data.address() + start, target, offset, offset + count);
        Reference.reachabilityFence(data);
    }

    private static void dequantize(long row0, float[] target, int from, int to) {
        ByteVector values = ByteVector.fromArray(B, VALUES, 0);
        for (int y = from; y < to; y += BLOCK) {
            FloatVector scale = FloatVector.broadcast(F, HALF_POWERS[MEMORY.get(ValueLayout.JAVA_BYTE, row0) & 0xff]);
            ByteVector pairs = ByteVector.fromMemorySegment(B, MEMORY, row0 + NIBBLES_AT, ORDER);
            ByteVector low = pairs.and((byte) 15).selectFrom(values);
            ByteVector high = pairs.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes()
                    .and((byte) 15).selectFrom(values);
            ((FloatVector) low.castShape(F, 0)).mul(scale).intoArray(target, y);
            ((FloatVector) high.castShape(F, 0)).mul(scale).intoArray(target, y + HALF_BLOCK);
            if (PARTS >= 2) {
                ((FloatVector) low.castShape(F, 1)).mul(scale).intoArray(target, y + F.length());
                ((FloatVector) high.castShape(F, 1)).mul(scale).intoArray(target, y + HALF_BLOCK + F.length());
            }
            if (PARTS == 4) {
                ((FloatVector) low.castShape(F, 2)).mul(scale).intoArray(target, y + 2 * F.length());
                ((FloatVector) high.castShape(F, 2)).mul(scale).intoArray(target, y + HALF_BLOCK + 2 * F.length());
                ((FloatVector) low.castShape(F, 3)).mul(scale).intoArray(target, y + 3 * F.length());
                ((FloatVector) high.castShape(F, 3)).mul(scale).intoArray(target, y + HALF_BLOCK + 3 * F.length());
            }
            row0 += BLOCK_BYTES;
        }
    }
}
