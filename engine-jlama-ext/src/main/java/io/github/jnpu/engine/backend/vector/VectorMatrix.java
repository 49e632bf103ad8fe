package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.engine.backend.cpu.Scratch;
import io.github.jnpu.engine.backend.cpu.WeightMatrix;

import java.lang.foreign.MemorySegment;

/**
 * A weight matrix as it lies in the file. Decode multiplies straight from the blocks, by type; prefill dequantises a band of rows
 * once and sweeps it over all tokens.
 */
abstract class VectorMatrix implements WeightMatrix {
    final ModelTensor tensor;
    final MemorySegment data;
    final int rows;
    final int columns;
    final long rowBytes;

    VectorMatrix(ModelTensor tensor) {
        this.tensor = tensor;
        this.data = tensor.data();
        this.rows = tensor.rows();
        this.columns = tensor.columns();
        this.rowBytes = tensor.rowBytes();
    }

    /** Dequantises a row. */
    void dequantize(int row, float[] target, int offset) {
        Dequantizer.dequantize(tensor.type(), data, row * rowBytes, target, offset, columns);
    }

    @Override
    public final int rows() {
        return rows;
    }

    @Override
    public final int columns() {
        return columns;
    }

    @Override
    public int scratchFloats() {
        return FloatTile.ROWS * columns + FloatTile.SUMS;
    }

    @Override
    public final void copyRow(int row, float[] target, int offset) {
        dequantize(row, target, offset);
    }

    @Override
    public void multiply(float[] input, int tokens, float[] output, int outputOffset, int fromRow, int toRow,
            Scratch scratch) {
        for (int row = fromRow; row < toRow; row += FloatTile.ROWS) {
            int band = Math.min(FloatTile.ROWS, toRow - row);
            for (int r = 0; r < band; r++) {
                dequantize(row + r, scratch.floats(), r * columns);
            }
            FloatTile.multiply(scratch.floats(), band, columns, input, tokens, output, outputOffset + row, rows);
        }
    }
}
