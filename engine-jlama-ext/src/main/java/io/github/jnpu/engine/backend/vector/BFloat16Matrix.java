package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** BF16 weights: the upper half of a float. */
final class BFloat16Matrix extends VectorMatrix {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final VectorSpecies<Short> S = Lanes.SHORT;
    private static final ValueLayout.OfShort SHORT_LE = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int BYTES = 2;

    BFloat16Matrix(ModelTensor tensor) {
        super(tensor);
    }

    @Override
    public void multiplyOne(float[] input, float[] output, int outputOffset, int fromRow, int toRow, Scratch scratch) {
        int end = F.loopBound(columns);
        for (int row = fromRow; row < toRow; row++) {
            long at = row * rowBytes;
            FloatVector sum = FloatVector.zero(F);
            for (int i = 0; i < end; i += F.length()) {
                IntVector bits = (IntVector) ShortVector
                        .fromMemorySegment(S, data, at + (long) BYTES * i, ByteOrder.LITTLE_ENDIAN).castShape(I, 0);
                sum = bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats()
                        .fma(FloatVector.fromArray(F, input, i), sum);
            }
            float total = Lanes.sum(sum);
            if (end < columns) {
                dequantize(row, 0, columns, scratch.floats(), 0);
                for (int i = end; i < columns; i++) {
                    total += scratch.floats()[i] * input[i];
                }
            }
            output[outputOffset + row] = total;
        }
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        int end = F.loopBound(count);
        long at = row * rowBytes + (long) BYTES * from;
        for (int i = 0; i < end; i += F.length()) {
            IntVector bits = (IntVector) ShortVector
                    .fromMemorySegment(S, data, at + (long) BYTES * i, ByteOrder.LITTLE_ENDIAN).castShape(I, 0);
            bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(target, offset + i);
        }
        for (int i = end; i < count; i++) {
            target[offset + i] = Float.intBitsToFloat(data.get(SHORT_LE, at + (long) BYTES * i) << 16);
        }
    }
}
