package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.cpu.AttentionKernels;
import io.github.jnpu.engine.backend.cpu.AttentionState;
import io.github.jnpu.engine.backend.reference.ScalarAttention;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Attention on the Vector API. Products keep a tile of sums in registers: see {@link PanelTile}. */
final class VectorAttention implements AttentionKernels {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;

    private static final int MIN_BITS = Float.floatToRawIntBits(Exponential.MIN);

    private final ScalarAttention scalar = new ScalarAttention();

    @Override
    public void storeKey(float[] source, int offset, int width, MemorySegment page, long at, int position,
            KvCacheType type) {
        scalar.storeKey(source, offset, width, page, at, position, type);
    }

    @Override
    public void storeValue(float[] source, int offset, int width, MemorySegment page, long at, int position,
            KvCacheType type) {
        scalar.storeValue(source, offset, width, page, at, position, type);
    }

    @Override
    public void loadKeys(MemorySegment page, long at, int width, KvCacheType type, float[] panel) {
        if (type == KvCacheType.Q8_0) {
            PageReader.readByteKeys(page, at, width, panel);
        } else {
            PageReader.read(page, at, width * PANEL, type, panel, 0);
        }
    }

    @Override
    public void loadValues(MemorySegment page, long at, int width, KvCacheType type, float[] panels) {
        for (int column = 0; column < width; column += PANEL) {
            loadPanel(page, at, width, column, type, panels, column * PANEL);
        }
    }

    /** One panel of the values. */
    private static void loadPanel(MemorySegment page, long at, int width, int column, KvCacheType type, float[] panels,
            int offset) {
        int columns = Math.min(PANEL, width - column);
        if (type == KvCacheType.Q8_0) {
            PageReader.readByteValues(page, at, width, column, columns, panels, offset);
        } else {
            PageReader.read(page, at + type.byteSize((long) column * PANEL), columns * PANEL, type, panels, offset);
            spread(panels, offset, columns);
        }
    }

    /** Moves rows of a narrow panel to where a whole one has them, the last one first. */
    private static void spread(float[] panels, int offset, int columns) {
        for (int row = PANEL - 1; row > 0 && columns < PANEL; row--) {
            System.arraycopy(panels, offset + row * columns, panels, offset + row * PANEL, columns);
        }
    }

    @Override
    public void multiplyAdd(float[] a, int aOffset, int aStride, int rows, int from, int to, float[] panel,
            int panelOffset, int columns, float[] c, int cOffset, int cStride) {
        PanelTile.multiplyAdd(a, aOffset, aStride, rows, from, to, panel, panelOffset, columns, c, cOffset, cStride);
    }

    @Override
    public void addScores(float[] queries, int queriesOffset, int rows, MemorySegment page, long at, int width,
            KvCacheType type,
            float[] scores, float[] scratch) {
        if (PageTile.supports(type, PANEL)) {
            PageTile.multiplyAdd(queries, queriesOffset, width, rows, 0, width, page, at, at + (long) width * PANEL, 0,
                    type,
                    scores, 0, PANEL);
        } else {
            loadKeys(page, at, width, type, scratch);
            PanelTile.multiplyAdd(queries, queriesOffset, width, rows, 0, width, scratch, 0, PANEL, scores, 0, PANEL);
        }
    }

    @Override
    public void addValues(float[] weights, int rows, int from, int to, MemorySegment page, long at, int width,
            KvCacheType type, AttentionState state, int firstRow, float[] scratch) {
        for (int column = 0; column < width; column += PANEL) {
            int columns = Math.min(PANEL, width - column);
            if (PageTile.supports(type, columns)) {
                int blocks = width / type.blockLength();
                long panel = type == KvCacheType.Q8_0 ? (long) column * PANEL : type.byteSize((long) column * PANEL);
                long scales = at + (long) width * PANEL + 2L * (column / type.blockLength());
                PageTile.multiplyAdd(weights, 0, PANEL, rows, from, to, page, at + panel, scales, blocks, type,
                        state.outputs(), firstRow * state.stride() + column, state.stride());
            } else {
                loadPanel(page, at, width, column, type, scratch, 0);
                PanelTile.multiplyAdd(weights, 0, PANEL, rows, from, to, scratch, 0, columns, state.outputs(),
                        firstRow * state.stride() + column, state.stride());
            }
        }
    }

    @Override
    public void weigh(float[] scores, int rows, int from, int to, AttentionState state, int firstRow) {
        for (int r = 0; r < rows; r++) {
            weighRow(scores, r * PANEL, from, to, state, firstRow + r);
        }
    }

    private static void weighRow(float[] scores, int offset, int from, int to, AttentionState state, int row) {
        Arrays.fill(scores, offset, offset + from, Float.NEGATIVE_INFINITY);
        Arrays.fill(scores, offset + to, offset + PANEL, Float.NEGATIVE_INFINITY);
        float maximum = max(scores, offset);
        float before = state.maxima()[row];
        if (maximum > before) {
            state.maxima()[row] = maximum;
            // Nothing to scale in the first page.
            if (before != Float.NEGATIVE_INFINITY) {
                float scale = (float) Math.exp(before - maximum);
                scale(state.sums(), row * SUMS, SUMS, scale);
                scale(state.outputs(), row * state.stride(), state.stride(), scale);
            }
        }
        exp(scores, offset, state.maxima()[row], from, to);
        addSums(scores, offset, state.sums(), row * SUMS);
    }

    /**
     * As whole numbers, which have the order of the floats when those below zero are turned round: of floats, the API's maximum is five
     * instructions.
     */
    private static float max(float[] values, int offset) {
        IntVector max = IntVector.broadcast(I, Integer.MIN_VALUE);
        for (int i = 0; i < PANEL; i += F.length()) {
            IntVector bits = FloatVector.fromArray(F, values, offset + i).reinterpretAsInts();
            max = max.max(bits.lanewise(VectorOperators.ASHR, 31).and(Integer.MAX_VALUE)
                    .lanewise(VectorOperators.XOR, bits));
        }
        // Unlike a sum, a maximum has no order.
        int bits = max.reduceLanes(VectorOperators.MAX);
        return Float.intBitsToFloat(bits >> 31 & Integer.MAX_VALUE ^ bits);
    }

    private static void scale(float[] values, int offset, int count, float scale) {
        for (int i = 0; i < count; i += F.length()) {
            FloatVector.fromArray(F, values, offset + i).mul(scale).intoArray(values, offset + i);
        }
    }

    /** Scores to weights; those below {@code from} and from {@code to} on become 0. */
    private static void exp(float[] values, int offset, float maximum, int from, int to) {
        for (int i = offset; i < offset + PANEL; i += F.length()) {
            // The larger the bits of a number below zero, the smaller it is, and zero has the smallest: so this is no less than MIN.
            FloatVector x = FloatVector.fromArray(F, values, i).sub(maximum).reinterpretAsInts()
                    .lanewise(VectorOperators.UMIN, MIN_BITS).reinterpretAsFloats();
            // exp(x) = 2^n * exp(r) with |r| <= ln(2) / 2: see Exponential.
            FloatVector rounded = x.mul(Exponential.LOG2_E).add(Exponential.ROUNDING);
            FloatVector n = rounded.sub(Exponential.ROUNDING);
            FloatVector r = n.fma(FloatVector.broadcast(F, -Exponential.LN2_HIGH), x);
            r = n.fma(FloatVector.broadcast(F, -Exponential.LN2_LOW), r);
            FloatVector exp = r.fma(FloatVector.broadcast(F, Exponential.TERM_6),
                    FloatVector.broadcast(F, Exponential.TERM_5));
            exp = exp.fma(r, FloatVector.broadcast(F, Exponential.TERM_4));
            exp = exp.fma(r, FloatVector.broadcast(F, Exponential.TERM_3));
            exp = exp.fma(r, FloatVector.broadcast(F, 0.5f));
            exp = exp.fma(r, FloatVector.broadcast(F, 1));
            exp = exp.fma(r, FloatVector.broadcast(F, 1));
            // The last bits of what was rounded are those of n; a conversion would look for numbers that no int holds.
            rounded.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23).add(exp.reinterpretAsInts())
                    .reinterpretAsFloats().intoArray(values, i);
        }
        Arrays.fill(values, offset, offset + from, 0);
        Arrays.fill(values, offset + to, offset + PANEL, 0);
    }

    /** Adds 64 weights to the partial sums of their lanes. */
    private static void addSums(float[] weights, int offset, float[] sums, int sumsOffset) {
        FloatVector sum = FloatVector.fromArray(F, sums, sumsOffset);
        for (int i = 0; i < PANEL; i += F.length()) {
            sum = sum.add(FloatVector.fromArray(F, weights, offset + i));
        }
        sum.intoArray(sums, sumsOffset);
    }
}
