package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** F32 weights. */
final class Float32Matrix extends MappedMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final ValueLayout.OfFloat FLOAT_LE = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    private static final int BYTES = 4;

    Float32Matrix(ModelTensor tensor, Arena arena) {
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
            t0 = FloatVector.fromMemorySegment(F, MEMORY, row0 + (long) BYTES * i, ByteOrder.LITTLE_ENDIAN).fma(x, t0);
            t1 = FloatVector.fromMemorySegment(F, MEMORY, row1 + (long) BYTES * i, ByteOrder.LITTLE_ENDIAN).fma(x, t1);
            t2 = FloatVector.fromMemorySegment(F, MEMORY, row2 + (long) BYTES * i, ByteOrder.LITTLE_ENDIAN).fma(x, t2);
            t3 = FloatVector.fromMemorySegment(F, MEMORY, row3 + (long) BYTES * i, ByteOrder.LITTLE_ENDIAN).fma(x, t3);
        }
        float[] sums = scratch.floats();
        t0.intoArray(sums, at);
        t1.intoArray(sums, at + F.length());
        t2.intoArray(sums, at + 2 * F.length());
        t3.intoArray(sums, at + 3 * F.length());
        for (int i = end; i < columns; i++) {
            sums[at + 0 * F.length()] += MEMORY.get(FLOAT_LE, row0 + (long) BYTES * i) * input[i];
            sums[at + 1 * F.length()] += MEMORY.get(FLOAT_LE, row1 + (long) BYTES * i) * input[i];
            sums[at + 2 * F.length()] += MEMORY.get(FLOAT_LE, row2 + (long) BYTES * i) * input[i];
            sums[at + 3 * F.length()] += MEMORY.get(FLOAT_LE, row3 + (long) BYTES * i) * input[i];
        }
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        MemorySegment.copy(data, FLOAT_LE, row * rowBytes + (long) BYTES * from, target, offset, count);
    }
}
