package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.cpu.AttentionKernels;
import io.github.jnpu.engine.backend.cpu.AttentionState;
import io.github.jnpu.engine.backend.reference.ScalarAttention;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * Attention on the Vector API against plain loops, one page at a time, at the width that {@code jnpu.vector.bits} says; the build
 * runs it for 512, 256 and 128 bits.
 */
class AttentionParityTest {
    private static final int PANEL = AttentionKernels.PANEL;
    /** Whole panels, parts of one, and widths that fill no vector. */
    private static final int[] WIDTHS = {8, 20, 24, 40, 64, 80, 96, 128, 160};

    private final SplittableRandom random = new SplittableRandom(42);
    private final AttentionKernels scalar = new ScalarAttention();
    private final AttentionKernels vector = new VectorAttention();

    private float[] randomFloats(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextDouble() * 2 - 1);
        }
        return values;
    }

    @ParameterizedTest
    @EnumSource(KvCacheType.class)
    void pagesHoldWhatWasStoredRounded(KvCacheType type) {
        double tolerance = switch (type) {
            case F32 -> 0;
            case F16 -> 0x1p-12;
            case BF16 -> 0x1p-9;
            // Half a step of 1 / 127, and the rounding of the scale to 11 bits.
            case Q8_0 -> 0.5 / 127 + 0x1p-11;
        };
        for (int width : WIDTHS) {
            if (width % type.blockLength() != 0) {
                continue;
            }
            float[] source = randomFloats(PANEL * width);
            // Halves below 2^-14 have another form; zeros are their own case.
            source[0] = 0x1p-20f;
            source[1] = 0;
            try (Arena arena = Arena.ofShared()) {
                MemorySegment page = arena.allocate(2 * type.byteSize((long) PANEL * width) + 64, 64);
                long values = type.byteSize((long) PANEL * width) + 64;
                for (int position = 0; position < PANEL; position++) {
                    vector.storeKey(source, position * width, width, page, 64, position, type);
                    vector.storeValue(source, position * width, width, page, values, position, type);
                }
                for (AttentionKernels kernels : new AttentionKernels[]{scalar, vector}) {
                    float[] keyPanel = new float[width * PANEL];
                    float[] valuePanels = new float[(width + PANEL - 1) / PANEL * PANEL * PANEL];
                    kernels.loadKeys(page, 64, width, type, keyPanel);
                    kernels.loadValues(page, values, width, type, valuePanels);
                    for (int i = 0; i < source.length; i++) {
                        int position = i / width;
                        int feature = i % width;
                        float key = keyPanel[feature * PANEL + position];
                        assertThat((double) key).as("%s key %d of %d", kernels, i, width).isCloseTo(source[i],
                                within(tolerance));
                        assertThat(valuePanels[(feature / PANEL * PANEL + position) * PANEL + feature % PANEL])
                                .as("value %d of %d", i, width).isEqualTo(key);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(KvCacheType.class)
    void pagesReadAlikeToTheLastBit(KvCacheType type) {
        int width = 96;
        try (Arena arena = Arena.ofShared()) {
            MemorySegment page = arena.allocate(type.byteSize((long) PANEL * width), 64);
            float[] source = randomFloats(PANEL * width);
            for (int position = 0; position < PANEL; position++) {
                scalar.storeValue(source, position * width, width, page, 0, position, type);
            }
            float[] expected = new float[2 * PANEL * PANEL];
            float[] actual = new float[2 * PANEL * PANEL];
            scalar.loadValues(page, 0, width, type, expected);
            vector.loadValues(page, 0, width, type, actual);
            for (int row = 0; row < 2 * PANEL; row++) {
                int columns = row < PANEL ? PANEL : width - PANEL;
                assertThat(Arrays.copyOfRange(actual, row * PANEL, row * PANEL + columns)).as("row %d", row)
                        .containsExactly(Arrays.copyOfRange(expected, row * PANEL, row * PANEL + columns));
            }
            scalar.loadKeys(page, 0, width, type, expected);
            vector.loadKeys(page, 0, width, type, actual);
            assertThat(Arrays.copyOf(actual, width * PANEL)).containsExactly(Arrays.copyOf(expected, width * PANEL));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 13})
    void productsAreThoseOfTheScalarLoops(int rows) {
        for (int columns : new int[]{8, 24, 33, 48, PANEL}) {
            float[] a = randomFloats(3 + rows * 70);
            float[] panel = randomFloats(5 + 70 * PANEL);
            float[] expected = randomFloats(7 + rows * 80);
            float[] actual = expected.clone();
            scalar.multiplyAdd(a, 3, 70, rows, 2, 69, panel, 5, columns, expected, 7, 80);
            vector.multiplyAdd(a, 3, 70, rows, 2, 69, panel, 5, columns, actual, 7, 80);
            for (int r = 0; r < rows; r++) {
                for (int x = 0; x < columns; x++) {
                    int at = 7 + r * 80 + x;
                    // 67 terms below 1: see KernelParityTest.
                    assertThat((double) actual[at]).as("row %d column %d of %d", r, x, columns)
                            .isCloseTo(expected[at], within(67 * 67 * 0x1p-25));
                }
            }
        }
    }

    @Test
    void aRowsProductDoesNotDependOnItsNeighbours() {
        float[] a = randomFloats(13 * PANEL);
        float[] panel = randomFloats(PANEL * PANEL);
        float[] together = new float[13 * PANEL];
        vector.multiplyAdd(a, 0, PANEL, 13, 0, PANEL, panel, 0, PANEL, together, 0, PANEL);
        for (int r = 0; r < 13; r++) {
            float[] alone = new float[PANEL];
            vector.multiplyAdd(a, r * PANEL, PANEL, 1, 0, PANEL, panel, 0, PANEL, alone, 0, PANEL);
            assertThat(Arrays.copyOfRange(together, r * PANEL, (r + 1) * PANEL)).containsExactly(alone);
        }
    }

    @ParameterizedTest
    @EnumSource(KvCacheType.class)
    void productsWithPagesAreThoseWithPanelsToTheLastBit(KvCacheType type) {
        for (int width : new int[]{32, 64, 96, 128, 192}) {
            try (Arena arena = Arena.ofShared()) {
                MemorySegment page = arena.allocate(2 * type.byteSize((long) PANEL * width), 64);
                long values = type.byteSize((long) PANEL * width);
                for (int position = 0; position < PANEL; position++) {
                    vector.storeKey(randomFloats(width), 0, width, page, 0, position, type);
                    vector.storeValue(randomFloats(width), 0, width, page, values, position, type);
                }
                for (int rows = 1; rows <= 9; rows++) {
                    compareWithPanels(page, values, width, rows, type);
                }
            }
        }
    }

    private void compareWithPanels(MemorySegment page, long valuesAt, int width, int rows, KvCacheType type) {
        int panels = (width + PANEL - 1) / PANEL;
        float[] keyPanel = new float[width * PANEL];
        float[] valuePanels = new float[panels * PANEL * PANEL];
        vector.loadKeys(page, 0, width, type, keyPanel);
        vector.loadValues(page, valuesAt, width, type, valuePanels);
        float[] queries = randomFloats((rows + 1) * width);
        float[] expected = new float[rows * PANEL];
        float[] actual = new float[rows * PANEL];
        vector.multiplyAdd(queries, width, width, rows, 0, width, keyPanel, 0, PANEL, expected, 0, PANEL);
        vector.addScores(queries, width, rows, page, 0, width, type, actual, new float[width * PANEL]);
        assertThat(actual).as("scores of %d rows of %d", rows, width).containsExactly(expected);

        AttentionState expectedState = state(rows + 1, panels * PANEL);
        AttentionState actualState = state(rows + 1, panels * PANEL);
        for (int column = 0; column < width; column += PANEL) {
            vector.multiplyAdd(actual, 0, PANEL, rows, 3, 50, valuePanels, column * PANEL,
                    Math.min(PANEL, width - column), expectedState.outputs(), expectedState.stride() + column,
                    expectedState.stride());
        }
        vector.addValues(actual, rows, 3, 50, page, valuesAt, width, type, actualState, 1,
                new float[panels * PANEL * PANEL]);
        for (int row = 0; row <= rows; row++) {
            int from = row * panels * PANEL;
            assertThat(Arrays.copyOfRange(actualState.outputs(), from, from + width))
                    .as("values, row %d of %d, %d wide", row, rows, width)
                    .containsExactly(Arrays.copyOfRange(expectedState.outputs(), from, from + width));
        }
    }

    @Test
    void theOnlineSoftmaxIsThatOfTheScalarLoops() {
        int rows = 3;
        int stride = 2 * PANEL;
        AttentionState expected = state(rows + 1, stride);
        AttentionState actual = state(rows + 1, stride);
        // The second page raises the maxima of some rows, the third hardly any.
        for (float reach : new float[]{5, 20, 9}) {
            for (int[] range : new int[][]{{0, PANEL}, {3, 50}, {63, 64}, {0, 1}}) {
                float[] scores = randomFloats(rows * PANEL);
                for (int i = 0; i < scores.length; i++) {
                    scores[i] *= reach;
                }
                float[] weights = scores.clone();
                scalar.weigh(scores, rows, range[0], range[1], expected, 1);
                vector.weigh(weights, rows, range[0], range[1], actual, 1);
                for (int i = 0; i < weights.length; i++) {
                    boolean seen = i % PANEL >= range[0] && i % PANEL < range[1];
                    assertThat((double) weights[i]).isCloseTo(scores[i], within(seen ? 1e-6 * scores[i] + 1e-30 : 0));
                }
                assertThat(actual.maxima()).containsExactly(expected.maxima());
                for (int row = 1; row <= rows; row++) {
                    assertThat(sum(actual, row)).isCloseTo(sum(expected, row), within(1e-6 * sum(expected, row)));
                    assertThat((double) actual.outputs()[row * stride + 70]).isCloseTo(
                            expected.outputs()[row * stride + 70],
                            within(1e-6 * expected.outputs()[row * stride + 70]));
                }
            }
        }
        assertThat(actual.outputs()[70]).as("a row that took no part").isEqualTo(1);
    }

    private static AttentionState state(int rows, int stride) {
        AttentionState state = new AttentionState(new float[rows], new float[rows * AttentionKernels.SUMS],
                new float[rows * stride], stride);
        Arrays.fill(state.maxima(), Float.NEGATIVE_INFINITY);
        // Before the first page a row has gathered nothing; that what it has is scaled shows on something.
        Arrays.fill(state.outputs(), 0, stride, 1);
        for (int row = 1; row < rows; row++) {
            state.maxima()[row] = -2;
            Arrays.fill(state.outputs(), row * stride, (row + 1) * stride, 3);
        }
        return state;
    }

    private static double sum(AttentionState state, int row) {
        double sum = 0;
        for (int i = 0; i < AttentionKernels.SUMS; i++) {
            sum += state.sums()[row * AttentionKernels.SUMS + i];
        }
        return sum;
    }
}
