package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** F16 weights. */
final class HalfFloatMatrix extends MappedMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final VectorSpecies<Short> S = Lanes.SHORT;
    private static final ValueLayout.OfShort SHORT_LE = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int BYTES = 2;
    /** Columns that are converted together: four rows of them stay in the first-level cache. */
    private static final int CHUNK = 512;
    /** Moves the exponent from half's bias of 15 to float's 127. */
    static final float BIAS = 0x1p112f;

    HalfFloatMatrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
    }

    @Override
    void multiplyFour(float[] input, Scratch scratch, int at, long row0, long row1, long row2, long row3) {
        FloatVector t0 = FloatVector.zero(F);
        FloatVector t1 = t0;
        FloatVector t2 = t0;
        FloatVector t3 = t0;
        float[] sums = scratch.floats();
        for (int from = 0; from < columns; from += CHUNK) {
            int count = Math.min(CHUNK, columns - from);
            HalfTable.convert(row0 + (long) BYTES * from, count, sums, SUMS + 0 * CHUNK);
            HalfTable.convert(row1 + (long) BYTES * from, count, sums, SUMS + 1 * CHUNK);
            HalfTable.convert(row2 + (long) BYTES * from, count, sums, SUMS + 2 * CHUNK);
            HalfTable.convert(row3 + (long) BYTES * from, count, sums, SUMS + 3 * CHUNK);
            int end = F.loopBound(count);
            for (int i = 0; i < end; i += F.length()) {
                FloatVector x = FloatVector.fromArray(F, input, from + i);
                t0 = FloatVector.fromArray(F, sums, SUMS + 0 * CHUNK + i).fma(x, t0);
                t1 = FloatVector.fromArray(F, sums, SUMS + 1 * CHUNK + i).fma(x, t1);
                t2 = FloatVector.fromArray(F, sums, SUMS + 2 * CHUNK + i).fma(x, t2);
                t3 = FloatVector.fromArray(F, sums, SUMS + 3 * CHUNK + i).fma(x, t3);
            }
        }
        t0.intoArray(sums, at);
        t1.intoArray(sums, at + F.length());
        t2.intoArray(sums, at + 2 * F.length());
        t3.intoArray(sums, at + 3 * F.length());
        int tail = columns % F.length();
        int last = SUMS + (columns - 1) % CHUNK + 1 - tail;
        for (int i = 0; i < tail; i++) {
            sums[at + 0 * F.length()] += sums[last + 0 * CHUNK + i] * input[columns - tail + i];
            sums[at + 1 * F.length()] += sums[last + 1 * CHUNK + i] * input[columns - tail + i];
            sums[at + 2 * F.length()] += sums[last + 2 * CHUNK + i] * input[columns - tail + i];
            sums[at + 3 * F.length()] += sums[last + 3 * CHUNK + i] * input[columns - tail + i];
        }
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        int end = F.loopBound(count);
        long at = row * rowBytes + (long) BYTES * from;
        for (int i = 0; i < end; i += F.length()) {
            IntVector bits = (IntVector) ShortVector
                    .fromMemorySegment(S, data, at + (long) BYTES * i, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, I, 0);
            bits.and(0x7fff).lanewise(VectorOperators.LSHL, 13)
                    .or(bits.and(0x8000).lanewise(VectorOperators.LSHL, 16)).reinterpretAsFloats().mul(BIAS)
                    .intoArray(target, offset + i);
        }
        for (int i = end; i < count; i++) {
            target[offset + i] = Float.float16ToFloat(data.get(SHORT_LE, at + (long) BYTES * i));
        }
    }
}
