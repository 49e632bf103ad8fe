package io.github.jnpu.samples.demo.train;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products of F32 matrices with the Vector API.
 *
 * <p>Every element of a result is one chain of fused multiply-adds in the order of the inner dimension, whatever the
 * vector width and the number of threads, so results are equal bit for bit on every machine.
 */
final class MatrixProduct {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int TILE_ROWS = 4;
    private static final int TILE_COLUMNS = 4 * LANES;
    /** Inner block: a packed panel of it (32 KiB at 512 bits) stays in the first-level cache. */
    private static final int INNER = 128;
    /** Rows per task: a packed block of it (64 KiB) stays in the second-level cache. */
    private static final int ROWS = 128;
    /** Widths of results must be multiples of it, so that no vector width leaves a rest. */
    static final int WIDTH_MULTIPLE = 64;

    // C2 unrolls a loop with a constant stride until the tile's accumulators spill; this stride it cannot know.
    private static int stride = 1;

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
        int blocks = (rows + ROWS - 1) / ROWS;
        workers.forEach(blocks, block -> {
            int from = block * ROWS;
            multiplyBlock(a, b, c, from, Math.min(ROWS, rows - from), columns, inner, accumulate);
        });
    }

    private static void multiplyBlock(Factor a, float[] b, float[] c, int fromRow, int rows, int columns, int inner,
            boolean accumulate) {
        int tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
        float[] packedA = new float[tiles * TILE_ROWS * INNER];
        float[] packedB = new float[INNER * TILE_COLUMNS];
        float[] edge = new float[TILE_ROWS * TILE_COLUMNS];
        for (int k = 0; k < inner; k += INNER) {
            int depth = Math.min(INNER, inner - k);
            pack(a, packedA, fromRow, rows, k, depth);
            for (int column = 0; column < columns; column += TILE_COLUMNS) {
                for (int i = 0; i < depth; i++) {
                    System.arraycopy(b, (k + i) * columns + column, packedB, i * TILE_COLUMNS, TILE_COLUMNS);
                }
                for (int tile = 0; tile < tiles; tile++) {
                    int row = tile * TILE_ROWS;
                    int target = (fromRow + row) * columns + column;
                    boolean add = accumulate || k > 0;
                    if (rows - row >= TILE_ROWS) {
                        multiplyTile(packedA, row * depth, packedB, c, target, columns, depth, add);
                    } else {
                        copyRows(c, target, columns, edge, 0, TILE_COLUMNS, rows - row);
                        multiplyTile(packedA, row * depth, packedB, edge, 0, TILE_COLUMNS, depth, add);
                        copyRows(edge, 0, TILE_COLUMNS, c, target, columns, rows - row);
                    }
                }
            }
        }
    }

    /** Tiles of four rows, column by column; missing rows of the last tile are zero. */
    private static void pack(Factor a, float[] packed, int fromRow, int rows, int k, int depth) {
        float[] values = a.values();
        int down = a.rowStride();
        for (int row = 0; row < rows; row += TILE_ROWS) {
            int target = row * depth;
            int present = Math.min(TILE_ROWS, rows - row);
            for (int i = 0; i < depth; i++) {
                int from = (fromRow + row) * down + (k + i) * a.columnStride();
                for (int r = 0; r < TILE_ROWS; r++) {
                    packed[target++] = r < present ? values[from + r * down] : 0;
                }
            }
        }
    }

    private static void copyRows(float[] from, int fromOffset, int fromStride, float[] to, int toOffset, int toStride,
            int rows) {
        for (int row = 0; row < rows; row++) {
            System.arraycopy(from, fromOffset + row * fromStride, to, toOffset + row * toStride, TILE_COLUMNS);
        }
    }

    // Flat on purpose: vectors that cross a call which C2 does not inline are boxed.
    private static void multiplyTile(float[] a, int aOffset, float[] b, float[] c, int cOffset, int cStride, int depth,
            boolean add) {
        int step = stride;
        int r0 = cOffset;
        int r1 = r0 + cStride;
        int r2 = r1 + cStride;
        int r3 = r2 + cStride;
        FloatVector c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33;
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
        } else {
            FloatVector zero = FloatVector.zero(SPECIES);
            c00 = c01 = c02 = c03 = c10 = c11 = c12 = c13 = zero;
            c20 = c21 = c22 = c23 = c30 = c31 = c32 = c33 = zero;
        }
        int ai = aOffset;
        int bi = 0;
        for (int k = 0; k < depth; k += step) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bi);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bi + LANES);
            FloatVector b2 = FloatVector.fromArray(SPECIES, b, bi + 2 * LANES);
            FloatVector b3 = FloatVector.fromArray(SPECIES, b, bi + 3 * LANES);
            FloatVector x = FloatVector.broadcast(SPECIES, a[ai]);
            c00 = x.fma(b0, c00);
            c01 = x.fma(b1, c01);
            c02 = x.fma(b2, c02);
            c03 = x.fma(b3, c03);
            x = FloatVector.broadcast(SPECIES, a[ai + 1]);
            c10 = x.fma(b0, c10);
            c11 = x.fma(b1, c11);
            c12 = x.fma(b2, c12);
            c13 = x.fma(b3, c13);
            x = FloatVector.broadcast(SPECIES, a[ai + 2]);
            c20 = x.fma(b0, c20);
            c21 = x.fma(b1, c21);
            c22 = x.fma(b2, c22);
            c23 = x.fma(b3, c23);
            x = FloatVector.broadcast(SPECIES, a[ai + 3]);
            c30 = x.fma(b0, c30);
            c31 = x.fma(b1, c31);
            c32 = x.fma(b2, c32);
            c33 = x.fma(b3, c33);
            ai += TILE_ROWS;
            bi += TILE_COLUMNS;
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
    }
}
