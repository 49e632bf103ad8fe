package io.github.jnpu.engine.backend.reference;

import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.cpu.AttentionKernels;
import io.github.jnpu.engine.backend.cpu.AttentionState;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Attention in plain loops; sums in double, so that their order does not matter to whoever compares with them. */
public final class ScalarAttention implements AttentionKernels {
    // Pages are ours; the byte order is the machine's, no file is involved.
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.nativeOrder());
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.nativeOrder());

    @Override
    public void storeKey(float[] source, int offset, int width, MemorySegment page, long at, int position,
            KvCacheType type) {
        if (type != KvCacheType.Q8_0) {
            store(source, offset, width, page, at, position, PANEL, type);
            return;
        }
        int block = type.blockLength();
        for (int i = 0; i < width; i += block) {
            long scales = at + (long) width * PANEL;
            float scale = scale(source, offset + i, block);
            page.set(SHORT, scales + 2L * (i / block * PANEL + position), Float.floatToFloat16(scale));
            quantize(source, offset + i, block, scale, page, at + (long) i * PANEL + position, PANEL);
        }
    }

    @Override
    public void storeValue(float[] source, int offset, int width, MemorySegment page, long at, int position,
            KvCacheType type) {
        for (int column = 0; column < width; column += PANEL) {
            int columns = Math.min(PANEL, width - column);
            int first = column * PANEL + position * columns;
            if (type != KvCacheType.Q8_0) {
                store(source, offset + column, columns, page, at, first, 1, type);
                continue;
            }
            int block = type.blockLength();
            for (int i = 0; i < columns; i += block) {
                long scales = at + (long) width * PANEL;
                float scale = scale(source, offset + column + i, block);
                page.set(SHORT, scales + 2L * (position * (width / block) + (column + i) / block),
                        Float.floatToFloat16(scale));
                quantize(source, offset + column + i, block, scale, page, at + first + i, 1);
            }
        }
    }

    /** Element i goes to {@code first + i * stride}. */
    private static void store(float[] source, int offset, int count, MemorySegment page, long at, int first,
            int stride, KvCacheType type) {
        switch (type) {
            case F32 -> {
                for (int i = 0; i < count; i++) {
                    page.set(FLOAT, at + 4L * (first + i * stride), source[offset + i]);
                }
            }
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    page.set(SHORT, at + 2L * (first + i * stride), Float.floatToFloat16(source[offset + i]));
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    page.set(SHORT, at + 2L * (first + i * stride), toBFloat16(source[offset + i]));
                }
            }
            case Q8_0 -> throw new IllegalArgumentException("blocks are stored by quantize");
        }
    }

    /** Rounds to the nearest bfloat16, ties to even; NaN stays NaN. */
    public static short toBFloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }

    /** The scale with which the largest magnitude becomes 127. */
    private static float scale(float[] source, int offset, int count) {
        float max = 0;
        for (int i = 0; i < count; i++) {
            max = Math.max(max, Math.abs(source[offset + i]));
        }
        return max / 127;
    }

    private static void quantize(float[] source, int offset, int count, float scale, MemorySegment page, long at,
            int stride) {
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int i = 0; i < count; i++) {
            page.set(ValueLayout.JAVA_BYTE, at + (long) i * stride,
                    (byte) Math.rint(source[offset + i] * inverse));
        }
    }

    @Override
    public void loadKeys(MemorySegment page, long at, int width, KvCacheType type, float[] panel) {
        for (int row = 0; row < width; row++) {
            for (int position = 0; position < PANEL; position++) {
                int element = row * PANEL + position;
                panel[element] = type == KvCacheType.Q8_0
                        ? page.get(ValueLayout.JAVA_BYTE, at + element) * Float.float16ToFloat(page.get(SHORT,
                                at + (long) width * PANEL + 2L * (row / type.blockLength() * PANEL + position)))
                        : load(page, at, element, type);
            }
        }
    }

    @Override
    public void loadValues(MemorySegment page, long at, int width, KvCacheType type, float[] panels) {
        for (int column = 0; column < width; column++) {
            int first = column / PANEL * PANEL;
            int columns = Math.min(PANEL, width - first);
            for (int position = 0; position < PANEL; position++) {
                int element = first * PANEL + position * columns + column - first;
                panels[(first + position) * PANEL + column - first] = type == KvCacheType.Q8_0
                        ? page.get(ValueLayout.JAVA_BYTE, at + element) * Float.float16ToFloat(
                                page.get(SHORT, at + (long) width * PANEL + 2L * (position
                                        * (width / type.blockLength()) + column / type.blockLength())))
                        : load(page, at, element, type);
            }
        }
    }

    private static float load(MemorySegment page, long at, int element, KvCacheType type) {
        return switch (type) {
            case F32 -> page.get(FLOAT, at + 4L * element);
            case F16 -> Float.float16ToFloat(page.get(SHORT, at + 2L * element));
            case BF16 -> Float.intBitsToFloat(page.get(SHORT, at + 2L * element) << 16);
            case Q8_0 -> throw new IllegalArgumentException("an element of Q8_0 needs its scale");
        };
    }

    @Override
    public void multiplyAdd(float[] a, int aOffset, int aStride, int rows, int from, int to, float[] panel,
            int panelOffset, int columns, float[] c, int cOffset, int cStride) {
        for (int r = 0; r < rows; r++) {
            for (int x = 0; x < columns; x++) {
                double sum = c[cOffset + r * cStride + x];
                for (int k = from; k < to; k++) {
                    sum += (double) a[aOffset + r * aStride + k] * panel[panelOffset + k * PANEL + x];
                }
                c[cOffset + r * cStride + x] = (float) sum;
            }
        }
    }

    @Override
    public void addScores(float[] queries, int queriesOffset, int rows, MemorySegment page, long at, int width,
            KvCacheType type,
            float[] scores, float[] scratch) {
        loadKeys(page, at, width, type, scratch);
        multiplyAdd(queries, queriesOffset, width, rows, 0, width, scratch, 0, PANEL, scores, 0, PANEL);
    }

    @Override
    public void addValues(float[] weights, int rows, int from, int to, MemorySegment page, long at, int width,
            KvCacheType type, AttentionState state, int firstRow, float[] scratch) {
        loadValues(page, at, width, type, scratch);
        for (int column = 0; column < width; column += PANEL) {
            multiplyAdd(weights, 0, PANEL, rows, from, to, scratch, column * PANEL, Math.min(PANEL, width - column),
                    state.outputs(), firstRow * state.stride() + column, state.stride());
        }
    }

    @Override
    public void weigh(float[] scores, int rows, int from, int to, AttentionState state, int firstRow) {
        for (int r = 0; r < rows; r++) {
            weighRow(scores, r * PANEL, from, to, state, firstRow + r);
        }
    }

    private static void weighRow(float[] scores, int offset, int from, int to, AttentionState state, int row) {
        float maximum = state.maxima()[row];
        for (int i = from; i < to; i++) {
            maximum = Math.max(maximum, scores[offset + i]);
        }
        float scale = (float) Math.exp(state.maxima()[row] - maximum);
        if (scale != 1) {
            for (int i = row * SUMS; i < (row + 1) * SUMS; i++) {
                state.sums()[i] *= scale;
            }
            for (int i = row * state.stride(); i < (row + 1) * state.stride(); i++) {
                state.outputs()[i] *= scale;
            }
        }
        state.maxima()[row] = maximum;
        double sum = state.sums()[row * SUMS];
        for (int i = 0; i < PANEL; i++) {
            float weight = i < from || i >= to ? 0 : (float) Math.exp(scores[offset + i] - maximum);
            scores[offset + i] = weight;
            sum += weight;
        }
        state.sums()[row * SUMS] = (float) sum;
    }
}
