package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;
import io.github.jnpu.engine.backend.cpu.WeightMatrix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Objects;

/** What all weight matrices share: prefill dequantises a band of rows once and sweeps it over all tokens. */
abstract class VectorMatrix implements WeightMatrix {
    final ModelTensor tensor;
    /** As in the file, in native memory. */
    final MemorySegment data;
    final int rows;
    final int columns;
    final long rowBytes;

    VectorMatrix(ModelTensor tensor, Arena arena) {
        this.tensor = tensor;
        this.rows = tensor.rows();
        this.columns = tensor.columns();
        this.rowBytes = tensor.rowBytes();
        MemorySegment source = tensor.data();
        Objects.checkFromIndexSize(0, rows * rowBytes, source.byteSize());
        if (!source.isNative()) {
            source = arena.allocate(rows * rowBytes, 64).copyFrom(source.asSlice(0, rows * rowBytes));
        }
        this.data = source;
    }

    /** Dequantises {@code count} columns of a row; {@code from} and {@code count} are whole blocks. */
    abstract void dequantize(int row, int from, int count, float[] target, int offset);

    @Override
    public final int rows() {
        return rows;
    }

    @Override
    public final int columns() {
        return columns;
    }

    @Override
    public final long fileBytes() {
        return rows * rowBytes;
    }

    @Override
    public int scratchFloats(int tokens) {
        return PrefillTile.scratchFloats(tokens);
    }

    @Override
    public final void copyRow(int row, float[] target, int offset) {
        dequantize(row, 0, columns, target, offset);
        Reference.reachabilityFence(this);
    }

    @Override
    public final void multiply(float[] input, MemorySegment panels, int tokens, float[] output, int outputOffset,
            int fromRow, int toRow, Scratch scratch) {
        float[] memory = scratch.floats();
        for (int row = fromRow; row < toRow; row += PrefillTile.BAND) {
            int band = Math.min(PrefillTile.BAND, toRow - row);
            PrefillTile.clear(memory, tokens);
            for (int from = 0; from < columns; from += PrefillTile.PANEL) {
                int count = Math.min(PrefillTile.PANEL, columns - from);
                for (int r = 0; r < band; r++) {
                    dequantize(row + r, from, count, memory, r * PrefillTile.STRIDE);
                }
                PrefillTile.multiplyAdd(memory, band, panels, tokens, columns, from, count);
            }
            PrefillTile.store(memory, band, tokens, output, outputOffset + row, rows);
        }
    }
}
