package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.engine.backend.cpu.Scratch;
import io.github.jnpu.engine.backend.cpu.WeightMatrix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Objects;

/**
 * A weight matrix as it lies in the file. Decode multiplies straight from the blocks, by type; prefill dequantises a band of rows
 * once and sweeps it over all tokens.
 */
abstract class VectorMatrix implements WeightMatrix {
    /** Rows that decode multiplies ROWS. */
    static final int ROWS = 4;
    private static final int L = Lanes.FLOAT.length();
    /**
     * Times {@link #ROWS} whose lanes are summed later, all at once: additions between two rows are in the way of the loads of the
     * next.
     */
    private static final int BATCH = 64;
    /** Floats at the start of scratch that hold the sums. */
    static final int SUMS = BATCH * ROWS * L;

    final ModelTensor tensor;
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
    void dequantize(int row, int from, int count, float[] target, int offset) {
        Dequantizer.dequantize(tensor.type(), data, row * rowBytes + tensor.type().byteSize(from), target, offset,
                count);
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
    public int scratchFloats(int tokens) {
        return Math.max(SUMS + columns, PrefillTile.scratchFloats(tokens));
    }

    @Override
    public final void copyRow(int row, float[] target, int offset) {
        dequantize(row, 0, columns, target, offset);
    }

    /**
     * Decode. Four rows that lie far apart are multiplied ROWS: a row alone leaves the memory idle, because the processor looks
     * only some five hundred operations ahead, and neighbours share a page, in which it fetches ahead for one reader only. Q4_0 from
     * memory, one core: 10 billion multiply-adds a second with one row, 9 with four neighbours, 16 with four distant ones.
     */
    @Override
    public final void multiplyOne(float[] input, float[] output, int outputOffset, int fromRow, int toRow,
            Scratch scratch) {
        Objects.checkFromToIndex(fromRow, toRow, rows);
        prepare(input, scratch);
        float[] sums = scratch.floats();
        int distance = (toRow - fromRow + ROWS - 1) / ROWS;
        for (int first = 0; first < distance; first += BATCH) {
            int end = Math.min(distance, first + BATCH);
            for (int r = first; r < end; r++) {
                int row = fromRow + r;
                int last = (toRow - 1 - row) / distance;
                // A row that is not there is another one's double.
                multiplyFour(input, scratch, (r - first) * ROWS * L, address(row),
                        address(row + Math.min(1, last) * distance), address(row + Math.min(2, last) * distance),
                        address(row + Math.min(3, last) * distance));
            }
            for (int r = first; r < end; r++) {
                for (int k = 0; k < ROWS && fromRow + r + k * distance < toRow; k++) {
                    output[outputOffset + fromRow + r + k * distance] = Lanes.sum(sums,
                            ((r - first) * ROWS + k) * L);
                }
            }
        }
        Reference.reachabilityFence(data);
    }

    /** What the rows share, such as rounded activations; the first {@link #SUMS} floats of scratch belong to the sums. */
    void prepare(float[] input, Scratch scratch) {}

    private long address(int row) {
        return data.address() + row * rowBytes;
    }

    /** Leaves four vectors of sums at an index of scratch, for the rows at four addresses. */
    abstract void multiplyFour(float[] input, Scratch scratch, int at, long row0, long row1, long row2, long row3);

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
