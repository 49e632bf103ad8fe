package io.github.jnpu.engine.backend.reference;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.engine.backend.cpu.Scratch;
import io.github.jnpu.engine.backend.cpu.WeightMatrix;

import java.lang.foreign.MemorySegment;

/** Any tensor type: a row is dequantised, then multiplied with every token. */
final class ScalarMatrix implements WeightMatrix {
    private final ModelTensor tensor;
    private final int rows;
    private final int columns;

    ScalarMatrix(ModelTensor tensor) {
        this.tensor = tensor;
        this.rows = tensor.rows();
        this.columns = tensor.columns();
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }

    @Override
    public int scratchFloats(int tokens) {
        return columns;
    }

    @Override
    public void multiply(float[] input, MemorySegment panels, int tokens, float[] output, int outputOffset, int fromRow,
            int toRow,
            Scratch scratch) {
        for (int row = fromRow; row < toRow; row++) {
            copyRow(row, scratch.floats(), 0);
            for (int t = 0; t < tokens; t++) {
                output[outputOffset + t * rows + row] = dot(scratch.floats(), input, t * columns);
            }
        }
    }

    @Override
    public void multiplyOne(float[] input, float[] output, int outputOffset, int fromRow, int toRow, Scratch scratch) {
        multiply(input, MemorySegment.NULL, 1, output, outputOffset, fromRow, toRow, scratch);
    }

    private float dot(float[] weights, float[] input, int offset) {
        // Double, so that the order of summation does not matter to whoever compares with it.
        double even = 0;
        double odd = 0;
        int i = 0;
        for (; i + 1 < columns; i += 2) {
            even += (double) weights[i] * input[offset + i];
            odd += (double) weights[i + 1] * input[offset + i + 1];
        }
        if (i < columns) {
            even += (double) weights[i] * input[offset + i];
        }
        return (float) (even + odd);
    }

    @Override
    public void copyRow(int row, float[] target, int offset) {
        Dequantizer.dequantize(tensor.type(), tensor.data(), row * tensor.rowBytes(), target, offset, columns);
    }
}
