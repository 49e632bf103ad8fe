package io.github.jnpu.convert.graph;

import io.github.jnpu.convert.model.ModelConfig.RopeConfig;
import io.github.jnpu.convert.model.ModelConfig.RopeScaling;

import java.util.Arrays;

/**
 * The angle per position of each feature pair, with scaling already in it, and one factor for the magnitude.
 *
 * <p>Pair {@code i} of a head turns by {@code position * inverse[i]} radians. Doing the scaling here means that no
 * backend needs to know its rules.
 *
 * @param inverse
 *            half as many as the dimensions that turn; not copied, not to be changed
 * @param magnitude
 *            multiplies sine and cosine (YaRN's attention factor); 1 otherwise
 */
public record RopeFrequencies(float[] inverse, float magnitude) {

    // YaRN's ramp, in rotations over the original context (Peng et al. 2023, section 3.2).
    private static final float YARN_BETA_FAST = 32;
    private static final float YARN_BETA_SLOW = 1;

    /**
     * The frequencies of a configuration.
     *
     * @param factors
     *            divisors per pair (GGUF's {@code rope_freqs.weight}, Llama 3.1's scaling), or an empty array
     */
    public static RopeFrequencies of(RopeConfig rope, float[] factors) {
        int pairs = rope.dimensions() / 2;
        if (factors.length != 0 && factors.length != pairs) {
            throw new IllegalArgumentException("%d rope factors for %d pairs".formatted(factors.length, pairs));
        }
        RopeScaling scaling = rope.scaling();
        float[] inverse = new float[pairs];
        for (int i = 0; i < pairs; i++) {
            double frequency = Math.pow(rope.frequencyBase(), -2.0 * i / rope.dimensions());
            if (factors.length != 0) {
                frequency /= factors[i];
            }
            inverse[i] = (float) switch (scaling.kind()) {
                case NONE -> frequency;
                case LINEAR -> frequency / scaling.factor();
                case YARN -> yarn(frequency, i, rope);
            };
        }
        float magnitude = scaling.kind() == RopeScaling.Kind.YARN
                ? (float) (scaling.attentionFactor() * (1 + 0.1 * Math.log(scaling.factor())))
                : 1;
        return new RopeFrequencies(inverse, magnitude);
    }

    /** By what a pair's features are multiplied at a position, magnitude included. */
    public float cosine(int position, int pair) {
        // In double: at position 100,000 a float angle is off by a hundredth of a radian.
        return (float) Math.cos((double) position * inverse[pair]) * magnitude;
    }

    /** As {@link #cosine}, with what the other feature of the pair is multiplied. */
    public float sine(int position, int pair) {
        return (float) Math.sin((double) position * inverse[pair]) * magnitude;
    }

    /** Fast pairs keep their angle, slow ones are interpolated, those between are mixed. */
    private static double yarn(double frequency, int pair, RopeConfig rope) {
        double low = Math.max(0, Math.floor(yarnPair(YARN_BETA_FAST, rope)));
        double high = Math.min(rope.dimensions() - 1, Math.ceil(yarnPair(YARN_BETA_SLOW, rope)));
        double ramp = Math.clamp((pair - low) / Math.max(0.001, high - low), 0, 1);
        return frequency / rope.scaling().factor() * ramp + frequency * (1 - ramp);
    }

    /** The pair that makes this many rotations over the original context. */
    private static double yarnPair(float rotations, RopeConfig rope) {
        return rope.dimensions() * Math.log(rope.scaling().originalContext() / (rotations * 2 * Math.PI))
                / (2 * Math.log(rope.frequencyBase()));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RopeFrequencies(float[] otherInverse, float otherMagnitude)
                && Arrays.equals(inverse, otherInverse) && magnitude == otherMagnitude;
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(inverse) + Float.hashCode(magnitude);
    }
}
