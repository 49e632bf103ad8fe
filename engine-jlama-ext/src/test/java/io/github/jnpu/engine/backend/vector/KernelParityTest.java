package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.graph.Operation.Activation;
<<<<<<< HEAD
import io.github.jnpu.engine.backend.KvCacheType;
=======
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Quantizer;
import io.github.jnpu.convert.tensor.TensorType;
>>>>>>> 9eeffb9 (Attend page by page with an online softmax; share a long context among workers; keep the KV cache in Q8_0 too)
import io.github.jnpu.engine.backend.cpu.Kernels;
import io.github.jnpu.engine.backend.reference.ScalarKernels;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
<<<<<<< HEAD
import java.util.List;
=======
import java.util.Arrays;
>>>>>>> 9eeffb9 (Attend page by page with an online softmax; share a long context among workers; keep the KV cache in Q8_0 too)
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * The kernels beside the products against plain loops, at the width that {@code jnpu.vector.bits} says; the build runs it for
 * 512, 256 and 128 bits.
 */
class KernelParityTest {
    private final SplittableRandom random = new SplittableRandom(42);
    private final Kernels scalar = new ScalarKernels();
    private final Kernels vector = new VectorKernels();

    private float[] randomFloats(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextDouble() * 2 - 1);
        }
        return values;
    }

    @Test
    void theWidthIsTheOneAskedFor() {
        Integer bits = Integer.getInteger(Lanes.BITS_PROPERTY);
        Assumptions.assumeTrue(bits != null, "needs the build's runs with " + Lanes.BITS_PROPERTY);
        assertThat(Lanes.FLOAT.vectorBitSize()).isEqualTo(bits);
    }

    @ParameterizedTest
<<<<<<< HEAD
    @EnumSource(KvCacheType.class)
    void attentionOverACachePageIsThatOfTheScalarLoops(KvCacheType type) {
        for (int width : List.of(64, 20)) {
            int count = 29;
            float[] keys = randomFloats(count * width);
            float[] query = randomFloats(width + 5);
            try (Arena arena = Arena.ofShared()) {
                MemorySegment page = arena.allocate((long) count * width * type.bytes() + 64, 64);
                vector.store(keys, 0, keys.length, page, 64, type);
                float[] expected = new float[count + 2];
                float[] actual = new float[count + 2];
                scalar.scores(query, 5, width, page, 64, count, type, 0.125f, expected, 2);
                vector.scores(query, 5, width, page, 64, count, type, 0.125f, actual, 2);
                assertClose(actual, expected, 1e-6);

                scalar.softmax(expected, 2, count);
                vector.softmax(actual, 2, count);
                assertClose(actual, expected, 1e-6);

                float[] expectedSum = new float[width + 1];
                float[] actualSum = new float[width + 1];
                scalar.addWeighted(expected, 2, count, page, 64, width, type, expectedSum, 1);
                vector.addWeighted(expected, 2, count, page, 64, width, type, actualSum, 1);
                assertClose(actualSum, expectedSum, 1e-6);
=======
    @MethodSource("quantizableTypes")
    void productsAreThoseOfTheScalarLoops(TensorType type) {
        try (Arena arena = Arena.ofShared()) {
            ModelTensor weights = tensor(type, randomFloats(ROWS * COLUMNS), ROWS, COLUMNS, arena);
            for (int tokens : new int[]{1, 3, 4, 7, 9}) {
                compareProducts(weights, tokens, arena);
>>>>>>> 9eeffb9 (Attend page by page with an online softmax; share a long context among workers; keep the KV cache in Q8_0 too)
            }
        }
    }

<<<<<<< HEAD
=======
    @ParameterizedTest
    @EnumSource(value = TensorType.class, names = {"F32", "F16", "BF16"})
    void productsOfOddWidthsAreThoseOfTheScalarLoops(TensorType type) {
        try (Arena arena = Arena.ofShared()) {
            for (int columns : new int[]{1, 15, 33, 172}) {
                ModelTensor weights = tensor(type, randomFloats(ROWS * columns), ROWS, columns, arena);
                compareProducts(weights, 1, arena);
                compareProducts(weights, 5, arena);
            }
        }
    }

    private void compareProducts(ModelTensor weights, int tokens, Arena arena) {
        float[] input = randomFloats(tokens * weights.columns());
        if (weights.type() == TensorType.Q4_0) {
            roundToEightBits(input);
        }
        WeightMatrix matrix = vector.prepare(weights, arena);
        float[] expected = multiply(scalar.prepare(weights, arena), input, tokens);
        assertProducts(matrix, tokens, input, expected, multiply(matrix, input, tokens));
        if (tokens == 1) {
            float[] actual = new float[ROWS];
            matrix.multiplyOne(input, actual, 0, 0, ROWS, Scratch.of(matrix));
            assertProducts(matrix, 1, input, expected, actual);
        }
    }

    private static void assertProducts(WeightMatrix matrix, int tokens, float[] input, float[] expected,
            float[] actual) {
        float[] magnitudes = new float[matrix.columns()];
        for (int r = 0; r < ROWS; r++) {
            matrix.copyRow(r, magnitudes, 0);
            for (int t = 0; t < tokens; t++) {
                double scale = 0;
                for (int i = 0; i < magnitudes.length; i++) {
                    scale += Math.abs(magnitudes[i] * input[t * magnitudes.length + i]);
                }
                assertThat((double) actual[t * ROWS + r]).as("row %d token %d of %d", r, t, tokens)
                        .isCloseTo(expected[t * ROWS + r], within(scale * RELATIVE_TOLERANCE + 1e-9));
            }
        }
    }

    @Test
    void aTokensResultDoesNotDependOnItsNeighbours() {
        try (Arena arena = Arena.ofShared()) {
            ModelTensor weights = tensor(TensorType.Q4_0, randomFloats(ROWS * COLUMNS), ROWS, COLUMNS, arena);
            WeightMatrix matrix = vector.prepare(weights, arena);
            float[] input = randomFloats(7 * COLUMNS);
            float[] together = multiply(matrix, input, 7);
            for (int t = 0; t < 7; t++) {
                float[] alone = multiply(matrix, Arrays.copyOfRange(input, t * COLUMNS, (t + 1) * COLUMNS), 1);
                assertThat(Arrays.copyOfRange(together, t * ROWS, (t + 1) * ROWS)).containsExactly(alone);
            }
        }
    }

    private static float[] multiply(WeightMatrix matrix, float[] input, int tokens) {
        float[] output = new float[tokens * matrix.rows()];
        Scratch scratch = Scratch.of(matrix);
        // Two shares, as workers have them.
        int border = Math.min(matrix.rows(), matrix.rowGranularity());
        matrix.multiply(input, tokens, output, 0, 0, border, scratch);
        matrix.multiply(input, tokens, output, 0, border, matrix.rows(), scratch);
        return output;
    }

    /** What the kernel does to its input; on what is rounded already, rounding again changes nothing. */
    private static void roundToEightBits(float[] input) {
        for (int block = 0; block < input.length; block += 32) {
            float max = 0;
            for (int i = block; i < block + 32; i++) {
                max = Math.max(max, Math.abs(input[i]));
            }
            for (int i = block; i < block + 32; i++) {
                input[i] = Math.round(input[i] / max * 127) * (max / 127);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("quantizableTypes")
    void rowsAreThoseOfTheScalarLoops(TensorType type) {
        try (Arena arena = Arena.ofShared()) {
            ModelTensor weights = tensor(type, randomFloats(2 * COLUMNS), 2, COLUMNS, arena);
            float[] expected = new float[COLUMNS + 3];
            float[] actual = new float[COLUMNS + 3];
            scalar.prepare(weights, arena).copyRow(1, expected, 3);
            vector.prepare(weights, arena).copyRow(1, actual, 3);
            assertThat(actual).containsExactly(expected);
        }
    }

>>>>>>> 9eeffb9 (Attend page by page with an online softmax; share a long context among workers; keep the KV cache in Q8_0 too)
    @Test
    void normGateAndSumAreThoseOfTheScalarLoops() {
        float[] left = randomFloats(100);
        float[] right = randomFloats(100);
        float[] expected = new float[100];
        float[] actual = new float[100];
        float[] gain = randomFloats(90);
        scalar.rmsNorm(left, 3, gain, 1e-5f, expected, 5);
        vector.rmsNorm(left, 3, gain, 1e-5f, actual, 5);
        assertClose(actual, expected, 1e-5);
        for (Activation activation : Activation.values()) {
            scalar.gate(activation, left, right, expected, 1, 98);
            vector.gate(activation, left, right, actual, 1, 98);
            assertClose(actual, expected, 1e-5);
        }
        scalar.add(left, right, expected, 1, 98);
        vector.add(left, right, actual, 1, 98);
        assertClose(actual, expected, 0);
    }

    private static void assertClose(float[] actual, float[] expected, double tolerance) {
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) actual[i]).as("index %d", i).isCloseTo(expected[i], within(tolerance));
        }
    }
}
