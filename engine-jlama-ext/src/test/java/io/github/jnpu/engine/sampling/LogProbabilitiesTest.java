package io.github.jnpu.engine.sampling;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

class LogProbabilitiesTest {
    private static LogProbabilities of(float... logits) {
        LogProbabilities probabilities = new LogProbabilities(logits.length);
        probabilities.set(logits);
        return probabilities;
    }

    @Test
    void probabilitiesAddUpToOneWhateverTheLogitsAre() {
        for (float shift : new float[]{0, 1e4f, -1e4f}) {
            LogProbabilities probabilities = of(shift + 1, shift + 3, shift - 2);
            double sum = 0;
            for (int id = 0; id < 3; id++) {
                sum += Math.exp(probabilities.of(id));
            }
            assertThat(sum).isCloseTo(1, within(1e-12));
            assertThat(probabilities.of(1) - probabilities.of(0)).isCloseTo(2, within(1e-12));
        }
    }

    @Test
    void whatCannotBeDrawnHasNoProbability() {
        LogProbabilities probabilities = of(Float.NaN, 0, Float.NEGATIVE_INFINITY, 0);
        assertThat(probabilities.of(1)).isCloseTo(-Math.log(2), within(1e-12));
        assertThat(probabilities.likeliest(4)).containsExactly(1, 3);
    }

    @Test
    void theLikeliestComeFirstAndOfEqualsTheFirst() {
        LogProbabilities probabilities = of(1, 5, 3, 5, 4, 0);
        assertThat(probabilities.likeliest(4)).containsExactly(1, 3, 4, 2);
        assertThat(probabilities.likeliest(0)).isEmpty();
        assertThat(probabilities.likeliest(20)).containsExactly(1, 3, 4, 2, 0, 5);
    }

    @Test
    void theOnlyTokenIsCertain() {
        assertThat(of(3, Float.NEGATIVE_INFINITY).of(0)).isZero();
    }
}
