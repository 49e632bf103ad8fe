package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;

import java.lang.foreign.Arena;
import java.util.Arrays;

/** Types without a kernel of their own: each row is copied and dequantised first, so it is slow and allocates. */
final class DequantizedMatrix extends VectorMatrix {

    DequantizedMatrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
    }

    @Override
    void multiplyFour(float[] input, Scratch scratch, long row0, long row1, long row2, long row3) {
        multiplyRow(input, scratch, row0, 0);
        multiplyRow(input, scratch, row1, 1);
        multiplyRow(input, scratch, row2, 2);
        multiplyRow(input, scratch, row3, 3);
    }

    private void multiplyRow(float[] input, Scratch scratch, long address, int index) {
        int row = Math.toIntExact((address - data.address()) / rowBytes);
        dequantize(row, 0, columns, scratch.floats(), SUMS);
        Arrays.fill(scratch.floats(), index * Lanes.FLOAT.length(), (index + 1) * Lanes.FLOAT.length(), 0);
        scratch.floats()[index * Lanes.FLOAT.length()] = FloatProduct.dot(scratch.floats(), SUMS, input, 0, columns);
    }
}
