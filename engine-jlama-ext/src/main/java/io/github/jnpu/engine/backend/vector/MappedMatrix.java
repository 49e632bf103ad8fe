package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.engine.backend.cpu.Scratch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.ref.Reference;
import java.util.Objects;

/** A weight matrix as it lies in the file: decode multiplies straight from the blocks, by type. */
abstract class MappedMatrix extends VectorMatrix {
    /** Rows whose turn it is in decode. */
    static final int ROWS = 4;
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final int L = F.length();
    /**
     * Times {@link #ROWS} whose lanes are summed later, all at once: additions between two rows are in the way of the loads of the
     * next.
     */
    private static final int BATCH = 64;
    /** Floats at the start of scratch that hold the sums. */
    static final int SUMS = BATCH * ROWS * L;

    MappedMatrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
    }

    @Override
    void dequantize(int row, int from, int count, float[] target, int offset) {
        Dequantizer.dequantize(tensor.type(), data, row * rowBytes + tensor.type().byteSize(from), target, offset,
                count);
    }

    @Override
    public int scratchFloats(int tokens) {
        return Math.max(SUMS + columns, super.scratchFloats(tokens));
    }

    /**
     * Decode. Four rows that lie far apart are multiplied by turns, or together where a kernel for them is small enough: a row alone
     * leaves the memory idle, because the processor looks only some five hundred operations ahead, and neighbours share a page, in
     * which it fetches ahead for one reader only. Q4_0 from memory, one core: 10 billion multiply-adds a second with one row, 14 with
     * two distant ones together as now; a kernel for four did 16, four neighbours 9.
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

    /** What the rows share, such as sums of the input; the first {@link #SUMS} floats of scratch belong to the sums. */
    void prepare(float[] input, Scratch scratch) {}

    private long address(int row) {
        return data.address() + row * rowBytes;
    }

    /**
     * Leaves four vectors of sums at an index of scratch, for the rows at four addresses. Here rows are dequantised first: that is
     * no slower than a kernel that takes a row's fields apart, where C2 cannot compile one for several rows in one piece.
     */
    void multiplyFour(float[] input, Scratch scratch, int at, long row0, long row1, long row2, long row3) {
        multiplyDequantized(input, scratch.floats(), at, row0);
        multiplyDequantized(input, scratch.floats(), at + L, row1);
        multiplyDequantized(input, scratch.floats(), at + 2 * L, row2);
        multiplyDequantized(input, scratch.floats(), at + 3 * L, row3);
    }

    private void multiplyDequantized(float[] input, float[] floats, int at, long address) {
        dequantize((int) ((address - data.address()) / rowBytes), 0, columns, floats, SUMS);
        multiply(floats, input, columns, at);
    }

    /** Leaves a vector of sums of products with the row behind {@link #SUMS}. */
    private static void multiply(float[] floats, float[] input, int columns, int at) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        int i = 0;
        for (; i + 4 * L <= columns; i += 4 * L) {
            s0 = FloatVector.fromArray(F, floats, SUMS + i).fma(FloatVector.fromArray(F, input, i), s0);
            s1 = FloatVector.fromArray(F, floats, SUMS + i + L).fma(FloatVector.fromArray(F, input, i + L), s1);
            s2 = FloatVector.fromArray(F, floats, SUMS + i + 2 * L)
                    .fma(FloatVector.fromArray(F, input, i + 2 * L), s2);
            s3 = FloatVector.fromArray(F, floats, SUMS + i + 3 * L)
                    .fma(FloatVector.fromArray(F, input, i + 3 * L), s3);
        }
        for (; i + L <= columns; i += L) {
            s0 = FloatVector.fromArray(F, floats, SUMS + i).fma(FloatVector.fromArray(F, input, i), s0);
        }
        s0.add(s1).add(s2.add(s3)).intoArray(floats, at);
        for (; i < columns; i++) {
            floats[at] += floats[SUMS + i] * input[i];
        }
    }
}
