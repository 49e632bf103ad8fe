package io.github.jnpu.samples.demo.train;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

class GradientPassTest {
    private static final NetworkShape SHAPE = new NetworkShape(60, 64, 2, 2, 1, 64, 64);

    private static Batch batch() {
        Random random = new Random(3);
        List<Batch.Sequence> sequences = new ArrayList<>();
        for (int length : new int[]{5, 40, 33, 2, 61}) {
            int[] tokens = random.ints(length, 0, SHAPE.vocabulary()).toArray();
            boolean[] scored = new boolean[length];
            for (int i = length / 2; i < length; i++) {
                scored[i] = true;
            }
            sequences.add(new Batch.Sequence(tokens, scored));
        }
        return new Batch(sequences);
    }

    /** The oracle is the loss itself: moved along a direction it must change by the gradient's share of it. */
    @ParameterizedTest
    @ValueSource(strings = {"token_embd", "attn_norm", "attn_qkv", "attn_output", "ffn_norm", "ffn_gate_up",
            "ffn_down", "output_norm"})
    void gradientIsTheSlopeOfTheLoss(String kind) {
        Network network = new Network(SHAPE, 1);
        try (Workers workers = new Workers(1)) {
            GradientPass pass = new GradientPass(network, workers, 200);
            pass.accumulate(batch());
            for (Parameter parameter : network.parameters()) {
                if (!parameter.name().endsWith(kind)) {
                    continue;
                }
                Random random = new Random(9);
                float[] direction = new float[parameter.value.length];
                double expected = 0;
                for (int i = 0; i < direction.length; i++) {
                    // Half along the gradient: a purely random direction is nearly orthogonal to it.
                    direction[i] = (float) (Math.signum(parameter.gradient[i]) + random.nextGaussian());
                    expected += (double) direction[i] * parameter.gradient[i];
                }
                float[] original = parameter.value.clone();
                float epsilon = 1e-4f;
                double up = moved(pass, parameter, original, direction, epsilon);
                double down = moved(pass, parameter, original, direction, -epsilon);
                System.arraycopy(original, 0, parameter.value, 0, original.length);
                assertThat((up - down) / (2 * epsilon)).as(parameter.name()).isCloseTo(expected,
                        within(0.01 * Math.abs(expected) + 1e-3));
            }
        }
    }

    private static double moved(GradientPass pass, Parameter parameter, float[] original, float[] direction,
            float epsilon) {
        for (int i = 0; i < original.length; i++) {
            parameter.value[i] = original[i] + epsilon * direction[i];
        }
        return pass.loss(batch());
    }

    @Test
    void trainingIsEqualBitForBitOnAnyNumberOfThreads() {
        Network one = new Network(SHAPE, 1);
        train(one, 1, 1, 5);
        Network three = new Network(SHAPE, 1);
        train(three, 3, 1, 5);
        assertThat(weights(three)).usingRecursiveComparison().isEqualTo(weights(one));
    }

    @Test
    void trainingGoesOnFromACheckpointToTheSameResult(@TempDir Path directory) throws IOException {
        Network whole = new Network(SHAPE, 1);
        train(whole, 1, 1, 6);
        Network first = new Network(SHAPE, 1);
        train(first, 1, 1, 4);
        Checkpoint.write(directory.resolve("checkpoint.bin"), first, 4);
        Network second = new Network(SHAPE, 2);
        assertThat(Checkpoint.read(directory.resolve("checkpoint.bin"), second)).isEqualTo(4);
        train(second, 1, 5, 6);
        assertThat(weights(second)).usingRecursiveComparison().isEqualTo(weights(whole));
        assertThat(weights(second)).usingRecursiveComparison().isNotEqualTo(weights(first));
    }

    private static void train(Network network, int threads, int from, int to) {
        AdamW optimizer = new AdamW(0.9f, 0.98f, 1e-8f, 0.05f, 1);
        try (Workers workers = new Workers(threads)) {
            GradientPass pass = new GradientPass(network, workers, 200);
            for (int step = from; step <= to; step++) {
                pass.accumulate(batch());
                optimizer.update(workers, network.parameters(), step, 1e-2);
            }
        }
    }

    private static List<float[]> weights(Network network) {
        return network.parameters().stream().map(parameter -> parameter.value.clone()).toList();
    }

    @Test
    void networkLearnsABatchByHeart() {
        Network network = new Network(SHAPE, 1);
        AdamW optimizer = new AdamW(0.9f, 0.98f, 1e-8f, 0.05f, 1);
        try (Workers workers = new Workers(1)) {
            GradientPass pass = new GradientPass(network, workers, 200);
            assertThat(pass.predictsExactly(batch())).containsOnly(false);
            for (int step = 1; step <= 150; step++) {
                pass.accumulate(batch());
                optimizer.update(workers, network.parameters(), step, 5e-3);
            }
            assertThat(pass.loss(batch())).isLessThan(0.1);
            assertThat(pass.predictsExactly(batch())).containsOnly(true);
        }
    }
}
