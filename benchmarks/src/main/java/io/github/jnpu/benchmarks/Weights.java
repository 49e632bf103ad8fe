package io.github.jnpu.benchmarks;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Quantizer;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.engine.backend.cpu.Kernels;
import io.github.jnpu.engine.backend.cpu.MemoryAdvice;
import io.github.jnpu.engine.backend.cpu.Scratch;
import io.github.jnpu.engine.backend.cpu.WeightMatrix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/** A random matrix of some size in memory, of which one share of rows after the other is multiplied. */
final class Weights implements AutoCloseable {
    /** Weights in a share: as many as 512 rows of 2048, one megabyte or less of most types. */
    private static final int SHARE_VALUES = 1 << 20;

    private final Arena arena = Arena.ofShared();
    private final WeightMatrix matrix;
    private final long rowBytes;
    private final int shareRows;
    private static final int MAX_TOKENS = 128;
    private final Kernels kernels;
    private final MemorySegment panels;
    private final Scratch scratch;
    private int nextRow;

    /**
     * @param megabytes
     *            how much memory all rows take; at least one share
     * @param repack
     *            whether the weights are laid out anew, if the kernels have a layout for the type
     */
    Weights(TensorType type, int columns, int megabytes, String bits, boolean repack) {
        SplittableRandom random = new SplittableRandom(1);
        rowBytes = type.byteSize(columns);
        shareRows = SHARE_VALUES / columns;
        int shares = (int) Math.max(1, ((long) megabytes << 20) / (rowBytes * shareRows));
        long shareBytes = rowBytes * shareRows;
        MemorySegment data = arena.allocate(shares * shareBytes, 64);
        Quantizer.quantize(type, gaussian(random, SHARE_VALUES, (float) (1 / Math.sqrt(columns))), 0, SHARE_VALUES,
                data,
                0);
        // The same weights in other memory cost the same.
        for (int share = 1; share < shares; share++) {
            MemorySegment.copy(data, 0, data, share * shareBytes, shareBytes);
        }
        kernels = VectorWidth.kernels(bits);
        ModelTensor tensor = new ModelTensor("benchmark", type, new long[]{(long) shares * shareRows, columns}, data);
        matrix = repack ? kernels.repack(tensor, arena) : kernels.prepare(tensor, arena);
        matrix.place(MemoryAdvice.allocate(arena, matrix.packedBytes()));
        matrix.load(0, matrix.rows());
        scratch = Scratch.of(matrix, MAX_TOKENS);
        panels = arena.allocate(kernels.panelBytes(MAX_TOKENS, columns), 64);
    }

    static float[] gaussian(SplittableRandom random, int count, float deviation) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian() * deviation;
        }
        return values;
    }

    int rows() {
        return matrix.rows();
    }

    /** Multiplies the next share with one token. */
    void multiplyOne(float[] input, float[] output, Work work) {
        int from = nextShare();
        matrix.multiplyOne(input, output, 0, from, from + shareRows, scratch);
        work.mac += SHARE_VALUES;
        work.bytes += rowBytes * shareRows;
    }

    /** Multiplies the next share with some tokens. */
    void multiply(float[] input, int tokens, float[] output, Work work) {
        int from = nextShare();
        // The engine shares the panels between several products: packed here each time, the worst case.
        kernels.pack(input, tokens, matrix.columns(), panels, 0, matrix.columns());
        matrix.multiply(input, panels, tokens, output, 0, from, from + shareRows, scratch);
        work.mac += (long) SHARE_VALUES * tokens;
        work.bytes += rowBytes * shareRows;
    }

    private int nextShare() {
        int from = nextRow;
        nextRow = from + shareRows < matrix.rows() ? from + shareRows : 0;
        return from;
    }

    @Override
    public void close() {
        arena.close();
    }
}
