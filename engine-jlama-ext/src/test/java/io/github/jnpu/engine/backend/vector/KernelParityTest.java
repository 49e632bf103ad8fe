package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.engine.backend.cpu.Kernels;
import io.github.jnpu.engine.backend.reference.ScalarKernels;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * The kernels beside products and attention against plain loops, at the width that {@code jnpu.vector.bits} says; the build runs it for
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

    @Test
    void layerNormAndActivationAreThoseOfTheScalarLoops() {
        float[] input = randomFloats(100);
        for (int i = 0; i < input.length; i++) {
            // A mean far from 0, and what activations do at both ends.
            input[i] = input[i] * 30 + 5;
        }
        float[] expected = new float[100];
        float[] actual = new float[100];
        float[] gain = randomFloats(90);
        float[] bias = randomFloats(90);
        scalar.layerNorm(input, 3, gain, bias, 1e-12f, expected, 5);
        vector.layerNorm(input, 3, gain, bias, 1e-12f, actual, 5);
        assertClose(actual, expected, 1e-5);
        for (Activation activation : Activation.values()) {
            scalar.activate(activation, input, expected, 1, 98);
            vector.activate(activation, input, actual, 1, 98);
            assertClose(actual, expected, 3e-5);
        }
    }

    private static void assertClose(float[] actual, float[] expected, double tolerance) {
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) actual[i]).as("index %d", i).isCloseTo(expected[i], within(tolerance));
        }
    }
}
