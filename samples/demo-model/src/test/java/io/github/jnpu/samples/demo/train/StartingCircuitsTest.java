package io.github.jnpu.samples.demo.train;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class StartingCircuitsTest {
    private static final NetworkShape SHAPE = new NetworkShape(1000, 256, 3, 4, 4, 64, 128);

    /** A random text twice: its second half can be known by looking it up. */
    @Test
    void untrainedNetworkRepeatsWhatItHasSeen() {
        Network network = new Network(SHAPE, 1);
        double random = lossOfRepetition(network);
        StartingCircuits.write(network, 2);
        assertThat(random).isGreaterThan(6.5);
        assertThat(lossOfRepetition(network)).isLessThan(4.5);
    }

    private static double lossOfRepetition(Network network) {
        Random random = new Random(3);
        List<Batch.Sequence> sequences = new ArrayList<>();
        for (int s = 0; s < 4; s++) {
            int half = 40;
            int[] tokens = new int[2 * half];
            boolean[] scored = new boolean[2 * half];
            for (int i = 0; i < half; i++) {
                tokens[i] = tokens[i + half] = random.nextInt(SHAPE.vocabulary());
                scored[i + half] = i > 0;
            }
            sequences.add(new Batch.Sequence(tokens, scored));
        }
        try (Workers workers = new Workers(1)) {
            return new GradientPass(network, workers, 400).loss(new Batch(sequences));
        }
    }

    @Test
    void networkWithoutPlaceForThemIsRefused() {
        assertThatThrownBy(() -> StartingCircuits.write(new Network(new NetworkShape(60, 64, 2, 2, 1, 64, 64), 1), 1))
                .hasMessageContaining("no place for the circuits");
    }
}
