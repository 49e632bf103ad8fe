package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.cpu.Kernels;
import io.github.jnpu.engine.backend.reference.ScalarKernels;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
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
            }
        }
    }

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
