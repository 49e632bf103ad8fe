package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** F32 weights. */
final class Float32Matrix extends VectorMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final ValueLayout.OfFloat FLOAT_LE = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int BYTES = 4;

    Float32Matrix(ModelTensor tensor) {
        super(tensor);
    }

    @Override
    public void multiplyOne(float[] input, float[] output, int outputOffset, int fromRow, int toRow, Scratch scratch) {
        int end = columns - columns % (2 * F.length());
        for (int row = fromRow; row < toRow; row++) {
            long at = row * rowBytes;
            FloatVector s0 = FloatVector.zero(F);
            FloatVector s1 = s0;
            for (int i = 0; i < end; i += 2 * F.length()) {
                s0 = FloatVector.fromMemorySegment(F, data, at + (long) BYTES * i, ByteOrder.LITTLE_ENDIAN)
                        .fma(FloatVector.fromArray(F, input, i), s0);
                s1 = FloatVector
                        .fromMemorySegment(F, data, at + (long) BYTES * (i + F.length()), ByteOrder.LITTLE_ENDIAN)
                        .fma(FloatVector.fromArray(F, input, i + F.length()), s1);
            }
            float sum = Lanes.sum(s0.add(s1));
            if (end < columns) {
                dequantize(row, 0, columns, scratch.floats(), 0);
                for (int i = end; i < columns; i++) {
                    sum += scratch.floats()[i] * input[i];
                }
            }
            output[outputOffset + row] = sum;
        }
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        MemorySegment.copy(data, FLOAT_LE, row * rowBytes + (long) BYTES * from, target, offset, count);
    }
}
