package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** BF16 weights: the upper half of a float. */
final class BFloat16Matrix extends MappedMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final VectorSpecies<Short> S = Lanes.SHORT;
    private static final ValueLayout.OfShort SHORT_LE = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    private static final int BYTES = 2;

    BFloat16Matrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
    }

    @Override
    void multiplyFour(float[] input, Scratch scratch, int at, long row0, long row1, long row2, long row3) {
        FloatVector t0 = FloatVector.zero(F);
        FloatVector t1 = t0;
        FloatVector t2 = t0;
        FloatVector t3 = t0;
        int end = F.loopBound(columns);
        for (int i = 0; i < end; i += F.length()) {
            FloatVector x = FloatVector.fromArray(F, input, i);
            t0 = ((IntVector) ShortVector
                    .fromMemorySegment(S, MEMORY, row0 + (long) BYTES * i, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, I, 0))
                    .lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(x, t0);
            t1 = ((IntVector) ShortVector
                    .fromMemorySegment(S, MEMORY, row1 + (long) BYTES * i, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, I, 0))
                    .lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(x, t1);
            t2 = ((IntVector) ShortVector
                    .fromMemorySegment(S, MEMORY, row2 + (long) BYTES * i, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, I, 0))
                    .lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(x, t2);
            t3 = ((IntVector) ShortVector
                    .fromMemorySegment(S, MEMORY, row3 + (long) BYTES * i, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.S2I, I, 0))
                    .lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(x, t3);
        }
        float[] sums = scratch.floats();
        t0.intoArray(sums, at);
        t1.intoArray(sums, at + F.length());
        t2.intoArray(sums, at + 2 * F.length());
        t3.intoArray(sums, at + 3 * F.length());
        for (int i = end; i < columns; i++) {
            sums[at + 0 * F.length()] += Float.intBitsToFloat(MEMORY.get(SHORT_LE, row0 + (long) BYTES * i) << 16)
                    * input[i];
            sums[at + 1 * F.length()] += Float.intBitsToFloat(MEMORY.get(SHORT_LE, row1 + (long) BYTES * i) << 16)
                    * input[i];
            sums[at + 2 * F.length()] += Float.intBitsToFloat(MEMORY.get(SHORT_LE, row2 + (long) BYTES * i) << 16)
                    * input[i];
            sums[at + 3 * F.length()] += Float.intBitsToFloat(MEMORY.get(SHORT_LE, row3 + (long) BYTES * i) << 16)
                    * input[i];
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
            bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(target, offset + i);
        }
        for (int i = end; i < count; i++) {
            target[offset + i] = Float.intBitsToFloat(data.get(SHORT_LE, at + (long) BYTES * i) << 16);
        }
    }
}
