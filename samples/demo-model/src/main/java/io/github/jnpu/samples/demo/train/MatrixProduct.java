package io.github.jnpu.samples.demo.train;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Products of F32 matrices with the Vector API.
 *
 * <p>Every element of a result is one chain of fused multiply-adds in the order of the inner dimension, whatever the
 * vector width and the number of threads, so results are equal bit for bit on every machine.
 */
final class MatrixProduct {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final long VECTOR_BYTES = 4L * LANES;
    /** 24 sums, four vectors of one factor and one value of the other: 29 of the 32 registers of AVX-512 and NEON. */
    private static final int TILE_ROWS = 6;
    private static final int TILE_COLUMNS = 4 * LANES;
    /** Inner block: a packed panel of it (32 KiB at 512 bits) stays in the first-level cache. */
    private static final int INNER = 384;
    /** Rows per task at most: a packed block of them (540 KiB) stays in the second-level cache. */
    private static final int ROWS = 60 * TILE_ROWS;
    /** Widths of results must be multiples of it, so that no vector width leaves a rest. */
    static final int WIDTH_MULTIPLE = 64;

    // C2 unrolls a loop with a constant stride until the tile's accumulators spill; this stride it cannot know.
    private static int stride = 1;
    private static final long ANY = Long.MAX_VALUE >> 8;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    // All memory, so that the loads of a panel need no check in the innermost loop, which C2 would not take out of it.
    @SuppressWarnings("restricted") // reads only the panels that multiplyBlock allocates and fills
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private MatrixProduct() {}

    /**
     * A matrix that is read as a factor.
     *
     * @param rowStride
     *            distance of neighbours in a column
     * @param columnStride
     *            distance of neighbours in a row
     */
    record Factor(float[] values, int rowStride, int columnStride) {
        static Factor of(float[] values, int columns) {
            return new Factor(values, columns, 1);
        }

        static Factor transposed(float[] values, int columns) {
            return new Factor(values, 1, columns);
        }
    }

    /**
     * {@code c = a b}, or {@code c += a b}.
     *
     * @param b
     *            row-major {@code [inner, columns]}
     * @param c
     *            row-major {@code [rows, columns]}
     * @param columns
     *            a multiple of {@value #WIDTH_MULTIPLE}
     */
    static void multiply(Workers workers, Factor a, float[] b, float[] c, int rows, int columns, int inner,
            boolean accumulate) {
        if (columns % WIDTH_MULTIPLE != 0) {
            throw new IllegalArgumentException(columns + " columns are no multiple of " + WIDTH_MULTIPLE);
        }
        // The more rows a task has, the less often the other factor is packed. Results do not depend on it.
        int share = (rows + workers.threads() - 1) / workers.threads();
        int blockRows = Math.min(ROWS, (share + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS);
        workers.forEach((rows + blockRows - 1) / blockRows, block -> {
            int from = block * blockRows;
            multiplyBlock(a, b, c, from, Math.min(blockRows, rows - from), columns, inner, accumulate);
        });
    }

    private static void multiplyBlock(Factor a, float[] b, float[] c, int fromRow, int rows, int columns, int inner,
            boolean accumulate) {
        int tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
        Scratch scratch = SCRATCH.get();
        float[] edge = scratch.edge;
        long packedA = scratch.a.address();
        long panel = scratch.panel.address();
        for (int k = 0; k < inner; k += INNER) {
            int depth = Math.min(INNER, inner - k);
            pack(a, packedA, fromRow, rows, k, depth);
            boolean add = accumulate || k > 0;
            for (int column = 0; column < columns; column += TILE_COLUMNS) {
                packPanel(b, k * columns + column, columns, depth, panel);
                for (int tile = 0; tile < tiles; tile++) {
                    int row = tile * TILE_ROWS;
                    int target = (fromRow + row) * columns + column;
                    long tileA = packedA + (long) row * depth * Float.BYTES;
                    if (rows - row >= TILE_ROWS) {
                        multiplyTile(tileA, panel, c, target, columns, depth, add);
                    } else {
                        copyRows(c, target, columns, edge, 0, TILE_COLUMNS, rows - row);
                        multiplyTile(tileA, panel, edge, 0, TILE_COLUMNS, depth, add);
                        copyRows(edge, 0, TILE_COLUMNS, c, target, columns, rows - row);
                    }
                }
            }
        }
    }

    private static void packPanel(float[] b, int from, int columns, int depth, long panel) {
        int row = from;
        long target = panel;
        for (int i = 0; i < depth; i++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, row);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, row + LANES);
            FloatVector b2 = FloatVector.fromArray(SPECIES, b, row + 2 * LANES);
            FloatVector b3 = FloatVector.fromArray(SPECIES, b, row + 3 * LANES);
            long at = target & ANY;
            b0.intoMemorySegment(MEMORY, at, ORDER);
            b1.intoMemorySegment(MEMORY, at + VECTOR_BYTES, ORDER);
            b2.intoMemorySegment(MEMORY, at + 2 * VECTOR_BYTES, ORDER);
            b3.intoMemorySegment(MEMORY, at + 3 * VECTOR_BYTES, ORDER);
            row += columns;
            target += TILE_COLUMNS * Float.BYTES;
        }
    }

    /** Tiles of six rows, column by column; missing rows of the last tile are zero. */
    private static void pack(Factor a, long packed, int fromRow, int rows, int k, int depth) {
        float[] values = a.values();
        int down = a.rowStride();
        int right = a.columnStride();
        for (int row = 0; row < rows; row += TILE_ROWS) {
            long target = packed + (long) row * depth * Float.BYTES;
            int from = (fromRow + row) * down + k * right;
            int present = Math.min(TILE_ROWS, rows - row);
            if (present == TILE_ROWS && right == 1) {
                packRows(values, from, down, target, depth);
            } else if (present == TILE_ROWS && from + (depth - 1) * right + 8 <= values.length) {
                packColumns(values, from, right, target, depth);
            } else {
                for (int i = 0; i < depth; i++) {
                    for (int r = 0; r < TILE_ROWS; r++) {
                        MEMORY.set(FLOAT, target + ((long) i * TILE_ROWS + r) * Float.BYTES,
                                r < present ? values[from + r * down + i * right] : 0);
                    }
                }
            }
        }
    }

    private static void packRows(float[] values, int from, int down, long target, int depth) {
        int r1 = from + down;
        int r2 = r1 + down;
        int r3 = r2 + down;
        int r4 = r3 + down;
        int r5 = r4 + down;
        for (int i = 0; i < depth; i++) {
            long to = target + (long) i * TILE_ROWS * Float.BYTES & ANY;
            MEMORY.set(FLOAT, to, values[from + i]);
            MEMORY.set(FLOAT, to + 4, values[r1 + i]);
            MEMORY.set(FLOAT, to + 8, values[r2 + i]);
            MEMORY.set(FLOAT, to + 12, values[r3 + i]);
            MEMORY.set(FLOAT, to + 16, values[r4 + i]);
            MEMORY.set(FLOAT, to + 20, values[r5 + i]);
        }
    }

    /** Eight values at a time: the two beyond the tile's six are overwritten by the next ones, the last by the next tile. */
    private static void packColumns(float[] values, int from, int right, long target, int depth) {
        int at = from;
        long to = target;
        for (int i = 0; i < depth; i++) {
            FloatVector low = FloatVector.fromArray(FloatVector.SPECIES_128, values, at);
            FloatVector high = FloatVector.fromArray(FloatVector.SPECIES_128, values, at + 4);
            low.intoMemorySegment(MEMORY, to & ANY, ORDER);
            high.intoMemorySegment(MEMORY, (to & ANY) + 16, ORDER);
            at += right;
            to += TILE_ROWS * Float.BYTES;
        }
    }

    /** What one thread packs factors into; aligned, unlike arrays: a load across two cache lines takes twice as long. */
    private static final class Scratch {
        private final MemorySegment a = Arena.ofAuto().allocate((long) (ROWS + TILE_ROWS) * INNER * Float.BYTES, 64);
        private final MemorySegment panel = Arena.ofAuto().allocate((long) INNER * TILE_COLUMNS * Float.BYTES, 64);
        private final float[] edge = new float[TILE_ROWS * TILE_COLUMNS];
    }

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private static void copyRows(float[] from, int fromOffset, int fromStride, float[] to, int toOffset, int toStride,
            int rows) {
        for (int row = 0; row < rows; row++) {
            System.arraycopy(from, fromOffset + row * fromStride, to, toOffset + row * toStride, TILE_COLUMNS);
        }
    }

    // Flat on purpose: vectors that cross a call which C2 does not inline are boxed.
    static void multiplyTile(long a, long b, float[] c, int cOffset, int cStride, int depth,
            boolean add) {
        int step = stride;
        int r0 = cOffset;
        int r1 = r0 + cStride;
        int r2 = r1 + cStride;
        int r3 = r2 + cStride;
        int r4 = r3 + cStride;
        int r5 = r4 + cStride;
        FloatVector c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33, c40, c41, c42, c43,
                c50, c51, c52, c53;
        if (add) {
            c00 = FloatVector.fromArray(SPECIES, c, r0);
            c01 = FloatVector.fromArray(SPECIES, c, r0 + LANES);
            c02 = FloatVector.fromArray(SPECIES, c, r0 + 2 * LANES);
            c03 = FloatVector.fromArray(SPECIES, c, r0 + 3 * LANES);
            c10 = FloatVector.fromArray(SPECIES, c, r1);
            c11 = FloatVector.fromArray(SPECIES, c, r1 + LANES);
            c12 = FloatVector.fromArray(SPECIES, c, r1 + 2 * LANES);
            c13 = FloatVector.fromArray(SPECIES, c, r1 + 3 * LANES);
            c20 = FloatVector.fromArray(SPECIES, c, r2);
            c21 = FloatVector.fromArray(SPECIES, c, r2 + LANES);
            c22 = FloatVector.fromArray(SPECIES, c, r2 + 2 * LANES);
            c23 = FloatVector.fromArray(SPECIES, c, r2 + 3 * LANES);
            c30 = FloatVector.fromArray(SPECIES, c, r3);
            c31 = FloatVector.fromArray(SPECIES, c, r3 + LANES);
            c32 = FloatVector.fromArray(SPECIES, c, r3 + 2 * LANES);
            c33 = FloatVector.fromArray(SPECIES, c, r3 + 3 * LANES);
            c40 = FloatVector.fromArray(SPECIES, c, r4);
            c41 = FloatVector.fromArray(SPECIES, c, r4 + LANES);
            c42 = FloatVector.fromArray(SPECIES, c, r4 + 2 * LANES);
            c43 = FloatVector.fromArray(SPECIES, c, r4 + 3 * LANES);
            c50 = FloatVector.fromArray(SPECIES, c, r5);
            c51 = FloatVector.fromArray(SPECIES, c, r5 + LANES);
            c52 = FloatVector.fromArray(SPECIES, c, r5 + 2 * LANES);
            c53 = FloatVector.fromArray(SPECIES, c, r5 + 3 * LANES);
        } else {
            FloatVector zero = FloatVector.zero(SPECIES);
            c00 = c01 = c02 = c03 = zero;
            c10 = c11 = c12 = c13 = zero;
            c20 = c21 = c22 = c23 = zero;
            c30 = c31 = c32 = c33 = zero;
            c40 = c41 = c42 = c43 = zero;
            c50 = c51 = c52 = c53 = zero;
        }
        for (int i = 0; i < depth; i += step) {
            long x = a & ANY;
            long y = b & ANY;
            FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, MEMORY, y, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, MEMORY, y + VECTOR_BYTES, ORDER);
            FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, MEMORY, y + 2 * VECTOR_BYTES, ORDER);
            FloatVector b3 = FloatVector.fromMemorySegment(SPECIES, MEMORY, y + 3 * VECTOR_BYTES, ORDER);
            FloatVector w = FloatVector.broadcast(SPECIES, MEMORY.get(FLOAT, x));
            c00 = w.fma(b0, c00);
            c01 = w.fma(b1, c01);
            c02 = w.fma(b2, c02);
            c03 = w.fma(b3, c03);
            w = FloatVector.broadcast(SPECIES, MEMORY.get(FLOAT, x + 4));
            c10 = w.fma(b0, c10);
            c11 = w.fma(b1, c11);
            c12 = w.fma(b2, c12);
            c13 = w.fma(b3, c13);
            w = FloatVector.broadcast(SPECIES, MEMORY.get(FLOAT, x + 8));
            c20 = w.fma(b0, c20);
            c21 = w.fma(b1, c21);
            c22 = w.fma(b2, c22);
            c23 = w.fma(b3, c23);
            w = FloatVector.broadcast(SPECIES, MEMORY.get(FLOAT, x + 12));
            c30 = w.fma(b0, c30);
            c31 = w.fma(b1, c31);
            c32 = w.fma(b2, c32);
            c33 = w.fma(b3, c33);
            w = FloatVector.broadcast(SPECIES, MEMORY.get(FLOAT, x + 16));
            c40 = w.fma(b0, c40);
            c41 = w.fma(b1, c41);
            c42 = w.fma(b2, c42);
            c43 = w.fma(b3, c43);
            w = FloatVector.broadcast(SPECIES, MEMORY.get(FLOAT, x + 20));
            c50 = w.fma(b0, c50);
            c51 = w.fma(b1, c51);
            c52 = w.fma(b2, c52);
            c53 = w.fma(b3, c53);
            a += TILE_ROWS * Float.BYTES;
            b += TILE_COLUMNS * Float.BYTES;
        }
        c00.intoArray(c, r0);
        c01.intoArray(c, r0 + LANES);
        c02.intoArray(c, r0 + 2 * LANES);
        c03.intoArray(c, r0 + 3 * LANES);
        c10.intoArray(c, r1);
        c11.intoArray(c, r1 + LANES);
        c12.intoArray(c, r1 + 2 * LANES);
        c13.intoArray(c, r1 + 3 * LANES);
        c20.intoArray(c, r2);
        c21.intoArray(c, r2 + LANES);
        c22.intoArray(c, r2 + 2 * LANES);
        c23.intoArray(c, r2 + 3 * LANES);
        c30.intoArray(c, r3);
        c31.intoArray(c, r3 + LANES);
        c32.intoArray(c, r3 + 2 * LANES);
        c33.intoArray(c, r3 + 3 * LANES);
        c40.intoArray(c, r4);
        c41.intoArray(c, r4 + LANES);
        c42.intoArray(c, r4 + 2 * LANES);
        c43.intoArray(c, r4 + 3 * LANES);
        c50.intoArray(c, r5);
        c51.intoArray(c, r5 + LANES);
        c52.intoArray(c, r5 + 2 * LANES);
        c53.intoArray(c, r5 + 3 * LANES);
    }
}
