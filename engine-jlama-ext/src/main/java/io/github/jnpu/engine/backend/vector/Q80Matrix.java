package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Q8_0: blocks of 32 weights, an F16 scale and 32 signed bytes. */
final class Q80Matrix extends MappedMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Byte> B = Lanes.BYTE;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Whether the bytes of a load fill two float vectors: there is no vector of four bytes. */
    private static final boolean TWO_PARTS = B.length() > F.length();
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    private static final float[] HALVES = HalfTable.FLOATS;
    private static final boolean WIDE = F.length() == 16;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final int BLOCK = 32;
    private static final int BLOCK_BYTES = 34;

    Q80Matrix(ModelTensor tensor, Arena arena) {
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
        FloatVector t0 = FloatVector.zero(F);
        FloatVector t1 = t0;
        for (int x = 0; x < columns; x += BLOCK) {
            FloatVector x0 = FloatVector.fromArray(F, input, x);
            FloatVector x1 = FloatVector.fromArray(F, input, x + BLOCK / 2);
            FloatVector s0 = ((FloatVector) ByteVector.fromMemorySegment(B, MEMORY, row0 + 2, ORDER)
                    .convertShape(VectorOperators.B2F, F, 0))
                    .mul(x0);
            s0 = ((FloatVector) ByteVector.fromMemorySegment(B, MEMORY, row0 + 2 + BLOCK / 2, ORDER)
                    .convertShape(VectorOperators.B2F, F, 0))
                    .fma(x1, s0);
            t0 = s0.fma(FloatVector.broadcast(F, HALVES[MEMORY.get(HALF, row0) & 0xffff]), t0);
            row0 += BLOCK_BYTES;
            FloatVector s1 = ((FloatVector) ByteVector.fromMemorySegment(B, MEMORY, row1 + 2, ORDER)
                    .convertShape(VectorOperators.B2F, F, 0))
                    .mul(x0);
            s1 = ((FloatVector) ByteVector.fromMemorySegment(B, MEMORY, row1 + 2 + BLOCK / 2, ORDER)
                    .convertShape(VectorOperators.B2F, F, 0))
                    .fma(x1, s1);
            t1 = s1.fma(FloatVector.broadcast(F, HALVES[MEMORY.get(HALF, row1) & 0xffff]), t1);
            row1 += BLOCK_BYTES;
        }
        t0.intoArray(sums, first);
        t1.intoArray(sums, first + F.length());
    }

    /** One row: a block takes several vectors, see {@link PackedProduct}. */
    private static void multiplyNarrow(float[] input, float[] sums, int first, int columns, long row0) {
        FloatVector t0 = FloatVector.zero(F);
        int end = columns;
        for (int x = 0; x < end; x += BLOCK) {
            FloatVector s0 = FloatVector.zero(F);
            for (int i = 0; i < BLOCK; i += F.length()) {
                FloatVector v = FloatVector.fromArray(F, input, x + i);
                int at = 2 + i / B.length() * B.length();
                int part = i % B.length() / F.length();
                s0 = ((FloatVector) ByteVector.fromMemorySegment(B, MEMORY, row0 + at, ORDER)
                        .convertShape(VectorOperators.B2F, F, part)).fma(v, s0);
            }
            t0 = s0.fma(FloatVector.broadcast(F, HALVES[MEMORY.get(HALF, row0) & 0xffff]), t0);
            row0 += BLOCK_BYTES;
        }
        t0.intoArray(sums, first);
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        int blocks = count / BLOCK;
        long at = row * rowBytes + from / BLOCK * BLOCK_BYTES;
        for (int block = 0; block < blocks; block++) {
            FloatVector scale = FloatVector.broadcast(F, Float.float16ToFloat(data.get(HALF, at)));
            int y = offset + block * BLOCK;
            for (int i = 0; i < BLOCK; i += B.length()) {
                ByteVector weights = ByteVector.fromMemorySegment(B, data, at + 2 + i, ORDER);
                ((FloatVector) weights.convertShape(VectorOperators.B2F, F, 0)).mul(scale).intoArray(target, y + i);
                if (TWO_PARTS) {
                    ((FloatVector) weights.convertShape(VectorOperators.B2F, F, 1)).mul(scale).intoArray(target,
                            y + i + F.length());
                }
            }
            at += BLOCK_BYTES;
        }
    }
}
