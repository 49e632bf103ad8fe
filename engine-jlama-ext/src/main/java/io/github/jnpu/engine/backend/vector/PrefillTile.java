package io.github.jnpu.engine.backend.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * Products of a band of dequantised rows with many tokens. A vector holds one column of as many tokens as it has lanes, a weight is
 * broadcast to it: nothing is ever summed over lanes, every sum takes its columns in their order, and so a token's result depends
 * neither on its neighbours nor on the width of the vectors.
 *
 * <p>Activations are packed into panels first, {@code [tile][column][token of the tile]}, so that the innermost loop reads
 * memory in order; weights lie at a constant stride, so that one register addresses all rows.
 *
 * <p>Measured on a Xeon (Granite Rapids; one core, 48 rows, 96 tokens, 512 columns; sums in registers alone reach 118): 92 billion
 * multiply-adds a second, 62 with a loop stride that C2 sees as constant: it splits the loop into three then. An earlier tile, 87
 * with a pointer for each vector of tokens: 62 with activations where they lie instead of in panels, 79 through a segment that is no
 * constant, whose bounds and liveness are checked at each load, 78 with panels on the heap, which cannot be aligned. A tile of 4 by 4
 * that sums over lanes: 41, its stack spills included.
 */
final class PrefillTile {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final int L = F.length();
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final MemorySegment MEMORY = NativeMemory.ALL;
    /** AVX-512 and NEON have 32 registers, AVX2 has 16. */
    private static final boolean WIDE = L != 8;
    /** Rows of one tile. */
    private static final int TILE_ROWS = WIDE ? 8 : 6;
    /** Tokens of one tile; the last may have fewer, in whole vectors. */
    private static final int TILE_TOKENS = (WIDE ? 3 : 2) * L;

    /** Rows that are dequantised together; a multiple of both tiles' rows. */
    static final int BAND = 48;
    /** Columns that are dequantised together; a multiple of every block, and a tile's weights stay in the first-level cache. */
    static final int PANEL = 512;
    /** From row to row of a band. Not a power of two, which would put a column's weights into one set of the cache. */
    static final int STRIDE = PANEL + 16;
    private static final long VECTOR_BYTES = 4L * L;
    /** One, but C2 must not know: see above. */
    private static int notConstant = 1;

    private PrefillTile() {}

    /** Tokens that panels have room for: whole vectors. */
    static int roundUp(int tokens) {
        return (tokens + L - 1) / L * L;
    }

    /** Floats of scratch for a band's weights and its sums. */
    static int scratchFloats(int tokens) {
        return BAND * STRIDE + BAND * roundUp(tokens);
    }

    /** Writes columns of plain rows into panels. */
    static void pack(float[] input, int tokens, int columns, MemorySegment panels, int fromColumn, int toColumn) {
        for (int first = 0; first < tokens; first += TILE_TOKENS) {
            int last = Math.min(tokens, first + TILE_TOKENS);
            int width = roundUp(last - first);
            // A few columns at a time: their lines stay in the cache while all tokens of the tile write to them.
            for (int from = fromColumn; from < toColumn; from += L) {
                int to = Math.min(toColumn, from + L);
                for (int t = first; t < last; t++) {
                    long target = (long) first * columns + (t - first);
                    for (int i = from; i < to; i++) {
                        panels.setAtIndex(ValueLayout.JAVA_FLOAT, target + (long) i * width, input[t * columns + i]);
                    }
                }
            }
        }
    }

    /** Clears the sums of a band. */
    static void clear(float[] scratch, int tokens) {
        Arrays.fill(scratch, BAND * STRIDE, BAND * STRIDE + BAND * roundUp(tokens), 0);
    }

    /**
     * Adds the products of a band's weights with some columns of all tokens to the band's sums.
     *
     * @param scratch
     *            {@code BAND} rows of weights, {@link #STRIDE} apart, then {@code BAND} rows of sums
     * @param rows
     *            how many rows of the band count; the tile's last ones may be computed in vain
     * @param from
     *            the first column
     * @param count
     *            up to {@link #PANEL} columns
     */
    static void multiplyAdd(float[] scratch, int rows, MemorySegment panels, int tokens, int columns, int from,
            int count) {
        int padded = roundUp(tokens);
        Objects.checkFromIndexSize(from, count, columns);
        Objects.checkFromIndexSize(0, (long) columns * padded * Float.BYTES, panels.byteSize());
        for (int first = 0; first < padded; first += TILE_TOKENS) {
            int width = Math.min(TILE_TOKENS, padded - first);
            long panel = panels.address() + ((long) first * columns + (long) from * width) * Float.BYTES;
            for (int row = 0; row < rows; row += TILE_ROWS) {
                int w = row * STRIDE;
                int sums = BAND * STRIDE + row * padded + first;
                if (WIDE) {
                    switch (width / L) {
                        case 3 -> eightByThree(scratch, w, w + count, panel, scratch, sums, padded);
                        case 2 -> eightByTwo(scratch, w, w + count, panel, scratch, sums, padded);
                        default -> eightByOne(scratch, w, w + count, panel, scratch, sums, padded);
                    }
                } else if (width / L == 2) {
                    sixByTwo(scratch, w, w + count, panel, scratch, sums, padded);
                } else {
                    sixByOne(scratch, w, w + count, panel, scratch, sums, padded);
                }
            }
        }
    }

    /** Hands a band's sums out: {@code output[t * outputStride + r]}. */
    static void store(float[] scratch, int rows, int tokens, float[] output, int outputOffset, int outputStride) {
        int padded = roundUp(tokens);
        for (int t = 0; t < tokens; t++) {
            int target = outputOffset + t * outputStride;
            for (int r = 0; r < rows; r++) {
                output[target + r] = scratch[BAND * STRIDE + r * padded + t];
            }
        }
    }

    /** 24 sums, 3 vectors of activations and a weight: 28 of 32 registers. */
    private static void eightByThree(float[] weights, int from, int to, long panel, float[] sums, int at,
            int stride) {
        FloatVector s00 = FloatVector.fromArray(F, sums, at);
        FloatVector s01 = FloatVector.fromArray(F, sums, at + L);
        FloatVector s02 = FloatVector.fromArray(F, sums, at + 2 * L);
        FloatVector s10 = FloatVector.fromArray(F, sums, at + stride);
        FloatVector s11 = FloatVector.fromArray(F, sums, at + stride + L);
        FloatVector s12 = FloatVector.fromArray(F, sums, at + stride + 2 * L);
        FloatVector s20 = FloatVector.fromArray(F, sums, at + 2 * stride);
        FloatVector s21 = FloatVector.fromArray(F, sums, at + 2 * stride + L);
        FloatVector s22 = FloatVector.fromArray(F, sums, at + 2 * stride + 2 * L);
        FloatVector s30 = FloatVector.fromArray(F, sums, at + 3 * stride);
        FloatVector s31 = FloatVector.fromArray(F, sums, at + 3 * stride + L);
        FloatVector s32 = FloatVector.fromArray(F, sums, at + 3 * stride + 2 * L);
        FloatVector s40 = FloatVector.fromArray(F, sums, at + 4 * stride);
        FloatVector s41 = FloatVector.fromArray(F, sums, at + 4 * stride + L);
        FloatVector s42 = FloatVector.fromArray(F, sums, at + 4 * stride + 2 * L);
        FloatVector s50 = FloatVector.fromArray(F, sums, at + 5 * stride);
        FloatVector s51 = FloatVector.fromArray(F, sums, at + 5 * stride + L);
        FloatVector s52 = FloatVector.fromArray(F, sums, at + 5 * stride + 2 * L);
        FloatVector s60 = FloatVector.fromArray(F, sums, at + 6 * stride);
        FloatVector s61 = FloatVector.fromArray(F, sums, at + 6 * stride + L);
        FloatVector s62 = FloatVector.fromArray(F, sums, at + 6 * stride + 2 * L);
        FloatVector s70 = FloatVector.fromArray(F, sums, at + 7 * stride);
        FloatVector s71 = FloatVector.fromArray(F, sums, at + 7 * stride + L);
        FloatVector s72 = FloatVector.fromArray(F, sums, at + 7 * stride + 2 * L);
        int step = notConstant;
        for (int i = from; i < to; i += step) {
            FloatVector x0 = FloatVector.fromMemorySegment(F, MEMORY, panel, ORDER);
            FloatVector x1 = FloatVector.fromMemorySegment(F, MEMORY, panel + VECTOR_BYTES, ORDER);
            FloatVector x2 = FloatVector.fromMemorySegment(F, MEMORY, panel + 2 * VECTOR_BYTES, ORDER);
            FloatVector w = FloatVector.broadcast(F, weights[i]);
            s00 = x0.fma(w, s00);
            s01 = x1.fma(w, s01);
            s02 = x2.fma(w, s02);
            w = FloatVector.broadcast(F, weights[i + STRIDE]);
            s10 = x0.fma(w, s10);
            s11 = x1.fma(w, s11);
            s12 = x2.fma(w, s12);
            w = FloatVector.broadcast(F, weights[i + 2 * STRIDE]);
            s20 = x0.fma(w, s20);
            s21 = x1.fma(w, s21);
            s22 = x2.fma(w, s22);
            w = FloatVector.broadcast(F, weights[i + 3 * STRIDE]);
            s30 = x0.fma(w, s30);
            s31 = x1.fma(w, s31);
            s32 = x2.fma(w, s32);
            w = FloatVector.broadcast(F, weights[i + 4 * STRIDE]);
            s40 = x0.fma(w, s40);
            s41 = x1.fma(w, s41);
            s42 = x2.fma(w, s42);
            w = FloatVector.broadcast(F, weights[i + 5 * STRIDE]);
            s50 = x0.fma(w, s50);
            s51 = x1.fma(w, s51);
            s52 = x2.fma(w, s52);
            w = FloatVector.broadcast(F, weights[i + 6 * STRIDE]);
            s60 = x0.fma(w, s60);
            s61 = x1.fma(w, s61);
            s62 = x2.fma(w, s62);
            w = FloatVector.broadcast(F, weights[i + 7 * STRIDE]);
            s70 = x0.fma(w, s70);
            s71 = x1.fma(w, s71);
            s72 = x2.fma(w, s72);
            panel += 3 * VECTOR_BYTES;
        }
        s00.intoArray(sums, at);
        s01.intoArray(sums, at + L);
        s02.intoArray(sums, at + 2 * L);
        s10.intoArray(sums, at + stride);
        s11.intoArray(sums, at + stride + L);
        s12.intoArray(sums, at + stride + 2 * L);
        s20.intoArray(sums, at + 2 * stride);
        s21.intoArray(sums, at + 2 * stride + L);
        s22.intoArray(sums, at + 2 * stride + 2 * L);
        s30.intoArray(sums, at + 3 * stride);
        s31.intoArray(sums, at + 3 * stride + L);
        s32.intoArray(sums, at + 3 * stride + 2 * L);
        s40.intoArray(sums, at + 4 * stride);
        s41.intoArray(sums, at + 4 * stride + L);
        s42.intoArray(sums, at + 4 * stride + 2 * L);
        s50.intoArray(sums, at + 5 * stride);
        s51.intoArray(sums, at + 5 * stride + L);
        s52.intoArray(sums, at + 5 * stride + 2 * L);
        s60.intoArray(sums, at + 6 * stride);
        s61.intoArray(sums, at + 6 * stride + L);
        s62.intoArray(sums, at + 6 * stride + 2 * L);
        s70.intoArray(sums, at + 7 * stride);
        s71.intoArray(sums, at + 7 * stride + L);
        s72.intoArray(sums, at + 7 * stride + 2 * L);
    }

    /** What three groups of tokens leave over. */
    private static void eightByTwo(float[] weights, int from, int to, long panel, float[] sums, int at,
            int stride) {
        FloatVector s00 = FloatVector.fromArray(F, sums, at);
        FloatVector s01 = FloatVector.fromArray(F, sums, at + L);
        FloatVector s10 = FloatVector.fromArray(F, sums, at + stride);
        FloatVector s11 = FloatVector.fromArray(F, sums, at + stride + L);
        FloatVector s20 = FloatVector.fromArray(F, sums, at + 2 * stride);
        FloatVector s21 = FloatVector.fromArray(F, sums, at + 2 * stride + L);
        FloatVector s30 = FloatVector.fromArray(F, sums, at + 3 * stride);
        FloatVector s31 = FloatVector.fromArray(F, sums, at + 3 * stride + L);
        FloatVector s40 = FloatVector.fromArray(F, sums, at + 4 * stride);
        FloatVector s41 = FloatVector.fromArray(F, sums, at + 4 * stride + L);
        FloatVector s50 = FloatVector.fromArray(F, sums, at + 5 * stride);
        FloatVector s51 = FloatVector.fromArray(F, sums, at + 5 * stride + L);
        FloatVector s60 = FloatVector.fromArray(F, sums, at + 6 * stride);
        FloatVector s61 = FloatVector.fromArray(F, sums, at + 6 * stride + L);
        FloatVector s70 = FloatVector.fromArray(F, sums, at + 7 * stride);
        FloatVector s71 = FloatVector.fromArray(F, sums, at + 7 * stride + L);
        int step = notConstant;
        for (int i = from; i < to; i += step) {
            FloatVector x0 = FloatVector.fromMemorySegment(F, MEMORY, panel, ORDER);
            FloatVector x1 = FloatVector.fromMemorySegment(F, MEMORY, panel + VECTOR_BYTES, ORDER);
            FloatVector w = FloatVector.broadcast(F, weights[i]);
            s00 = x0.fma(w, s00);
            s01 = x1.fma(w, s01);
            w = FloatVector.broadcast(F, weights[i + STRIDE]);
            s10 = x0.fma(w, s10);
            s11 = x1.fma(w, s11);
            w = FloatVector.broadcast(F, weights[i + 2 * STRIDE]);
            s20 = x0.fma(w, s20);
            s21 = x1.fma(w, s21);
            w = FloatVector.broadcast(F, weights[i + 3 * STRIDE]);
            s30 = x0.fma(w, s30);
            s31 = x1.fma(w, s31);
            w = FloatVector.broadcast(F, weights[i + 4 * STRIDE]);
            s40 = x0.fma(w, s40);
            s41 = x1.fma(w, s41);
            w = FloatVector.broadcast(F, weights[i + 5 * STRIDE]);
            s50 = x0.fma(w, s50);
            s51 = x1.fma(w, s51);
            w = FloatVector.broadcast(F, weights[i + 6 * STRIDE]);
            s60 = x0.fma(w, s60);
            s61 = x1.fma(w, s61);
            w = FloatVector.broadcast(F, weights[i + 7 * STRIDE]);
            s70 = x0.fma(w, s70);
            s71 = x1.fma(w, s71);
            panel += 2 * VECTOR_BYTES;
        }
        s00.intoArray(sums, at);
        s01.intoArray(sums, at + L);
        s10.intoArray(sums, at + stride);
        s11.intoArray(sums, at + stride + L);
        s20.intoArray(sums, at + 2 * stride);
        s21.intoArray(sums, at + 2 * stride + L);
        s30.intoArray(sums, at + 3 * stride);
        s31.intoArray(sums, at + 3 * stride + L);
        s40.intoArray(sums, at + 4 * stride);
        s41.intoArray(sums, at + 4 * stride + L);
        s50.intoArray(sums, at + 5 * stride);
        s51.intoArray(sums, at + 5 * stride + L);
        s60.intoArray(sums, at + 6 * stride);
        s61.intoArray(sums, at + 6 * stride + L);
        s70.intoArray(sums, at + 7 * stride);
        s71.intoArray(sums, at + 7 * stride + L);
    }

    /** What two groups of tokens leave over. */
    private static void eightByOne(float[] weights, int from, int to, long panel, float[] sums, int at,
            int stride) {
        FloatVector s00 = FloatVector.fromArray(F, sums, at);
        FloatVector s10 = FloatVector.fromArray(F, sums, at + stride);
        FloatVector s20 = FloatVector.fromArray(F, sums, at + 2 * stride);
        FloatVector s30 = FloatVector.fromArray(F, sums, at + 3 * stride);
        FloatVector s40 = FloatVector.fromArray(F, sums, at + 4 * stride);
        FloatVector s50 = FloatVector.fromArray(F, sums, at + 5 * stride);
        FloatVector s60 = FloatVector.fromArray(F, sums, at + 6 * stride);
        FloatVector s70 = FloatVector.fromArray(F, sums, at + 7 * stride);
        int step = notConstant;
        for (int i = from; i < to; i += step) {
            FloatVector x0 = FloatVector.fromMemorySegment(F, MEMORY, panel, ORDER);
            FloatVector w = FloatVector.broadcast(F, weights[i]);
            s00 = x0.fma(w, s00);
            w = FloatVector.broadcast(F, weights[i + STRIDE]);
            s10 = x0.fma(w, s10);
            w = FloatVector.broadcast(F, weights[i + 2 * STRIDE]);
            s20 = x0.fma(w, s20);
            w = FloatVector.broadcast(F, weights[i + 3 * STRIDE]);
            s30 = x0.fma(w, s30);
            w = FloatVector.broadcast(F, weights[i + 4 * STRIDE]);
            s40 = x0.fma(w, s40);
            w = FloatVector.broadcast(F, weights[i + 5 * STRIDE]);
            s50 = x0.fma(w, s50);
            w = FloatVector.broadcast(F, weights[i + 6 * STRIDE]);
            s60 = x0.fma(w, s60);
            w = FloatVector.broadcast(F, weights[i + 7 * STRIDE]);
            s70 = x0.fma(w, s70);
            panel += VECTOR_BYTES;
        }
        s00.intoArray(sums, at);
        s10.intoArray(sums, at + stride);
        s20.intoArray(sums, at + 2 * stride);
        s30.intoArray(sums, at + 3 * stride);
        s40.intoArray(sums, at + 4 * stride);
        s50.intoArray(sums, at + 5 * stride);
        s60.intoArray(sums, at + 6 * stride);
        s70.intoArray(sums, at + 7 * stride);
    }

    /** 12 sums, 2 vectors of activations and a weight: 15 of 16 registers. */
    private static void sixByTwo(float[] weights, int from, int to, long panel, float[] sums, int at,
            int stride) {
        FloatVector s00 = FloatVector.fromArray(F, sums, at);
        FloatVector s01 = FloatVector.fromArray(F, sums, at + L);
        FloatVector s10 = FloatVector.fromArray(F, sums, at + stride);
        FloatVector s11 = FloatVector.fromArray(F, sums, at + stride + L);
        FloatVector s20 = FloatVector.fromArray(F, sums, at + 2 * stride);
        FloatVector s21 = FloatVector.fromArray(F, sums, at + 2 * stride + L);
        FloatVector s30 = FloatVector.fromArray(F, sums, at + 3 * stride);
        FloatVector s31 = FloatVector.fromArray(F, sums, at + 3 * stride + L);
        FloatVector s40 = FloatVector.fromArray(F, sums, at + 4 * stride);
        FloatVector s41 = FloatVector.fromArray(F, sums, at + 4 * stride + L);
        FloatVector s50 = FloatVector.fromArray(F, sums, at + 5 * stride);
        FloatVector s51 = FloatVector.fromArray(F, sums, at + 5 * stride + L);
        int step = notConstant;
        for (int i = from; i < to; i += step) {
            FloatVector x0 = FloatVector.fromMemorySegment(F, MEMORY, panel, ORDER);
            FloatVector x1 = FloatVector.fromMemorySegment(F, MEMORY, panel + VECTOR_BYTES, ORDER);
            FloatVector w = FloatVector.broadcast(F, weights[i]);
            s00 = x0.fma(w, s00);
            s01 = x1.fma(w, s01);
            w = FloatVector.broadcast(F, weights[i + STRIDE]);
            s10 = x0.fma(w, s10);
            s11 = x1.fma(w, s11);
            w = FloatVector.broadcast(F, weights[i + 2 * STRIDE]);
            s20 = x0.fma(w, s20);
            s21 = x1.fma(w, s21);
            w = FloatVector.broadcast(F, weights[i + 3 * STRIDE]);
            s30 = x0.fma(w, s30);
            s31 = x1.fma(w, s31);
            w = FloatVector.broadcast(F, weights[i + 4 * STRIDE]);
            s40 = x0.fma(w, s40);
            s41 = x1.fma(w, s41);
            w = FloatVector.broadcast(F, weights[i + 5 * STRIDE]);
            s50 = x0.fma(w, s50);
            s51 = x1.fma(w, s51);
            panel += 2 * VECTOR_BYTES;
        }
        s00.intoArray(sums, at);
        s01.intoArray(sums, at + L);
        s10.intoArray(sums, at + stride);
        s11.intoArray(sums, at + stride + L);
        s20.intoArray(sums, at + 2 * stride);
        s21.intoArray(sums, at + 2 * stride + L);
        s30.intoArray(sums, at + 3 * stride);
        s31.intoArray(sums, at + 3 * stride + L);
        s40.intoArray(sums, at + 4 * stride);
        s41.intoArray(sums, at + 4 * stride + L);
        s50.intoArray(sums, at + 5 * stride);
        s51.intoArray(sums, at + 5 * stride + L);
    }

    /** What two groups of tokens leave over. */
    private static void sixByOne(float[] weights, int from, int to, long panel, float[] sums, int at,
            int stride) {
        FloatVector s00 = FloatVector.fromArray(F, sums, at);
        FloatVector s10 = FloatVector.fromArray(F, sums, at + stride);
        FloatVector s20 = FloatVector.fromArray(F, sums, at + 2 * stride);
        FloatVector s30 = FloatVector.fromArray(F, sums, at + 3 * stride);
        FloatVector s40 = FloatVector.fromArray(F, sums, at + 4 * stride);
        FloatVector s50 = FloatVector.fromArray(F, sums, at + 5 * stride);
        int step = notConstant;
        for (int i = from; i < to; i += step) {
            FloatVector x0 = FloatVector.fromMemorySegment(F, MEMORY, panel, ORDER);
            FloatVector w = FloatVector.broadcast(F, weights[i]);
            s00 = x0.fma(w, s00);
            w = FloatVector.broadcast(F, weights[i + STRIDE]);
            s10 = x0.fma(w, s10);
            w = FloatVector.broadcast(F, weights[i + 2 * STRIDE]);
            s20 = x0.fma(w, s20);
            w = FloatVector.broadcast(F, weights[i + 3 * STRIDE]);
            s30 = x0.fma(w, s30);
            w = FloatVector.broadcast(F, weights[i + 4 * STRIDE]);
            s40 = x0.fma(w, s40);
            w = FloatVector.broadcast(F, weights[i + 5 * STRIDE]);
            s50 = x0.fma(w, s50);
            panel += VECTOR_BYTES;
        }
        s00.intoArray(sums, at);
        s10.intoArray(sums, at + stride);
        s20.intoArray(sums, at + 2 * stride);
        s30.intoArray(sums, at + 3 * stride);
        s40.intoArray(sums, at + 4 * stride);
        s50.intoArray(sums, at + 5 * stride);
    }
}
