package io.github.jnpu.engine.sampling;

import io.github.jnpu.engine.EngineException;
import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

class SamplerTest {
    private static final SamplingOptions ALL = SamplingOptions.DEFAULT.withTemperature(1).withTopK(0).withTopP(1)
            .withSeed(7);
    private static final int[] NO_PROMPT = {};

    /** Logits whose probabilities are these. */
    private static float[] logits(double... probabilities) {
        float[] logits = new float[probabilities.length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) Math.log(probabilities[i]);
        }
        return logits;
    }

    private static double[] frequencies(SamplingOptions options, float[] logits, int draws) {
        Sampler sampler = new Sampler(options, logits.length, NO_PROMPT);
        double[] share = new double[logits.length];
        for (int i = 0; i < draws; i++) {
            share[sampler.sample(logits.clone())] += 1.0 / draws;
        }
        return share;
    }

    private static Set<Integer> drawn(SamplingOptions options, float[] logits) {
        double[] share = frequencies(options, logits, 2000);
        Set<Integer> ids = new TreeSet<>();
        for (int i = 0; i < share.length; i++) {
            if (share[i] > 0) {
                ids.add(i);
            }
        }
        return ids;
    }

    @Test
    void greedyTakesTheLikeliest() {
        assertThat(new Sampler(SamplingOptions.GREEDY, 4, NO_PROMPT).sample(new float[]{-3, 1, 5, 2})).isEqualTo(2);
    }

    @Test
    void drawsByProbability() {
        double[] share = frequencies(ALL, logits(0.1, 0.6, 0.3), 20_000);
        assertThat(share[0]).isCloseTo(0.1, within(0.02));
        assertThat(share[1]).isCloseTo(0.6, within(0.02));
        assertThat(share[2]).isCloseTo(0.3, within(0.02));
    }

    @Test
    void temperatureFlattensAndSharpens() {
        // At temperature 2 probabilities become their square roots: 0.9 to 0.1 is 3 to 1.
        assertThat(frequencies(ALL.withTemperature(2), logits(0.9, 0.1), 20_000)[0]).isCloseTo(0.75, within(0.02));
        // At 0.5 they are squared: 0.6 to 0.4 is 9 to 4.
        assertThat(frequencies(ALL.withTemperature(0.5f), logits(0.6, 0.4), 20_000)[0]).isCloseTo(9 / 13.0,
                within(0.02));
    }

    @Test
    void topKKeepsTheLargest() {
        assertThat(drawn(ALL.withTopK(2), logits(0.1, 0.4, 0.2, 0.3))).containsExactly(1, 3);
    }

    @Test
    void topKAgreesWithSorting() {
        float[] logits = new float[1000];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) Math.sin(i * 12.9898) * 3;
        }
        float[] sorted = logits.clone();
        Arrays.sort(sorted);
        float least = sorted[sorted.length - 25];
        Set<Integer> drawn = drawn(ALL.withTopK(25).withTemperature(50), logits);
        assertThat(drawn).hasSize(25).allMatch(id -> logits[id] >= least);
    }

    @Test
    void topPKeepsTheFewestThatReachIt() {
        assertThat(drawn(ALL.withTopP(0.6f), logits(0.15, 0.5, 0.05, 0.3))).containsExactly(1, 3);
        assertThat(drawn(ALL.withTopP(0.01f), logits(0.15, 0.5, 0.05, 0.3))).containsExactly(1);
    }

    @Test
    void minPIsRelativeToTheLikeliest() {
        assertThat(drawn(ALL.withMinP(0.25f), logits(0.5, 0.14, 0.11, 0.25))).containsExactly(0, 1, 3);
        assertThat(drawn(ALL.withMinP(5), logits(0.5, 0.14, 0.11, 0.25))).containsExactly(0);
    }

    @Test
    void typicalPDropsWhatIsTooSurprisingOrTooPlain() {
        // Surprises 0.51, 1.61, 2.30, 2.30 nats, expected 1.09: the second is the most typical one, then the first.
        assertThat(drawn(ALL.withTypicalP(0.15f), logits(0.6, 0.2, 0.1, 0.1))).containsExactly(1);
        assertThat(drawn(ALL.withTypicalP(0.5f), logits(0.6, 0.2, 0.1, 0.1))).containsExactly(0, 1);
    }

    @Test
    void repeatPenaltyTurnsAwayFromSeenTokens() {
        SamplingOptions options = SamplingOptions.GREEDY.withRepeatPenalty(2);
        assertThat(new Sampler(options, 3, new int[]{0}).sample(new float[]{3, 2, 1})).isEqualTo(1);
        assertThat(new Sampler(options, 3, new int[]{0}).sample(new float[]{-1, -1.5f, -3})).isEqualTo(1);
        assertThat(new Sampler(options.withRepeatLastN(0), 3, new int[]{0}).sample(new float[]{3, 2, 1})).isEqualTo(0);
    }

    @Test
    void penaltiesForgetWhatLeavesTheWindow() {
        SamplingOptions options = SamplingOptions.GREEDY.withRepeatPenalty(2).withRepeatLastN(2);
        assertThat(new Sampler(options, 3, new int[]{0, 1, 1}).sample(new float[]{3, 2, 1})).isEqualTo(0);
        assertThat(new Sampler(options.withRepeatLastN(-1), 3, new int[]{0, 1, 1}).sample(new float[]{3, 2, 1.8f}))
                .isEqualTo(2);
    }

    @Test
    void frequencyCountsAndPresenceDoesNot() {
        int[] prompt = {0, 0, 0, 1};
        float[] logits = {3, 2.5f, 0};
        assertThat(new Sampler(SamplingOptions.GREEDY.withFrequencyPenalty(0.5f), 3, prompt).sample(logits.clone()))
                .isEqualTo(1);
        assertThat(new Sampler(SamplingOptions.GREEDY.withPresencePenalty(0.5f), 3, prompt).sample(logits.clone()))
                .isEqualTo(0);
    }

    private static final class Fixed implements TokenConstraint {
        private final boolean known;
        private final TokenMask mask;

        Fixed(boolean known, int... allowed) {
            this.known = known;
            long[] words = new long[100];
            for (int token : allowed) {
                words[token >> 6] |= 1L << token;
            }
            mask = TokenMask.of(words);
        }

        @Override
        public boolean allows(int token) {
            return mask.contains(token);
        }

        @Override
        public TokenMask mask() {
            return mask;
        }

        @Override
        public boolean isMaskKnown() {
            return known;
        }

        @Override
        public void accept(int token) {
            assertThat(mask.contains(token)).isTrue();
        }
    }

    /** Held to a set, tokens are drawn as if the others were not there, whatever way is taken. */
    @Test
    void aConstraintLeavesTheSharesAsTheyAre() {
        for (boolean known : new boolean[]{true, false}) {
            for (SamplingOptions options : List.of(ALL, ALL.withTopK(3), ALL.withTopK(2).withTopP(0.99f))) {
                Sampler sampler = new Sampler(options, 5, NO_PROMPT);
                double[] share = new double[5];
                for (int i = 0; i < 20_000; i++) {
                    share[sampler.sample(logits(0.4, 0.3, 0.1, 0.15, 0.05), Optional.of(new Fixed(known, 1, 3)))] += 1
                            / 20_000.0;
                }
                assertThat(share[1]).isCloseTo(0.3 / 0.45, within(0.02));
                assertThat(share[1] + share[3]).isCloseTo(1, within(1e-9));
            }
            assertThat(new Sampler(SamplingOptions.GREEDY, 4, NO_PROMPT).sample(new float[]{5, 1, 4, 2}, Optional.of(
                    new Fixed(known, 1, 3)))).isEqualTo(3);
        }
    }

    @Test
    void aMaskOfManyKeepsThemAll() {
        int[] even = IntStream.range(0, 3000).map(i -> 2 * i).toArray();
        float[] logits = new float[6_500];
        TokenMask mask = new Fixed(true, even).mask();
        mask.apply(logits, new float[TokenMask.MAX_LISTED]);
        for (int i = 0; i < logits.length; i++) {
            assertThat(logits[i]).isEqualTo(i % 2 == 0 && i < 6000 ? 0 : Float.NEGATIVE_INFINITY);
        }
        assertThat(mask.count()).isEqualTo(3000);
    }

    @Test
    void theSameSeedGivesTheSameTokens() {
        assertThat(sequence(ALL.withSeed(1))).isEqualTo(sequence(ALL.withSeed(1)))
                .isNotEqualTo(sequence(ALL.withSeed(2)));
    }

    private static int[] sequence(SamplingOptions options) {
        Sampler sampler = new Sampler(options, 50, NO_PROMPT);
        int[] ids = new int[40];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = sampler.sample(new float[50]);
        }
        return ids;
    }

    @Test
    void brokenLogitsAreAnErrorAndNotAToken() {
        float[] nan = {Float.NaN, Float.NaN};
        assertThatThrownBy(() -> new Sampler(SamplingOptions.GREEDY, 2, NO_PROMPT).sample(nan))
                .isInstanceOf(EngineException.class).hasMessageContaining("finite");
        assertThatThrownBy(() -> new Sampler(ALL, 2, NO_PROMPT).sample(nan)).isInstanceOf(EngineException.class);
        assertThat(
                new Sampler(ALL.withTopK(5), 3, NO_PROMPT).sample(new float[]{Float.NaN, 0, Float.NEGATIVE_INFINITY}))
                .isEqualTo(1);
    }
}
