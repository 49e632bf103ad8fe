package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;

import java.lang.foreign.Arena;
import java.util.Arrays;

/** Types without a kernel of their own: each row is copied and dequantised first, so it is slow and allocates. */
final class DequantizedMatrix extends MappedMatrix {

    DequantizedMatrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
    }

    @Override
    void multiplyFour(float[] input, Scratch scratch, int at, long row0, long row1, long row2, long row3) {
        multiplyRow(input, scratch, row0, at);
        multiplyRow(input, scratch, row1, at + Lanes.FLOAT.length());
        multiplyRow(input, scratch, row2, at + 2 * Lanes.FLOAT.length());
        multiplyRow(input, scratch, row3, at + 3 * Lanes.FLOAT.length());
    }

    private void multiplyRow(float[] input, Scratch scratch, long address, int at) {
        int row = Math.toIntExact((address - data.address()) / rowBytes);
        dequantize(row, 0, columns, scratch.floats(), SUMS);
        Arrays.fill(scratch.floats(), at, at + Lanes.FLOAT.length(), 0);
        scratch.floats()[at] = FloatProduct.dot(scratch.floats(), SUMS, input, 0, columns);
    }
}
