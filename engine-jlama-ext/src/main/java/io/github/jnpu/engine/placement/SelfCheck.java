package io.github.jnpu.engine.placement;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderSequence;

import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Compares a device's logits with those of jnpu's own code, after a short prefill and after a token of decode.
 *
 * @param difference
 *            the norm of the logits' difference over the norm of the logits, both without their mean; the larger of the two steps
 */
record SelfCheck(double difference) {
    /**
     * Rounding activations to 8 bits in each product makes 0.025 in a random network of 16 layers and 1.1 billion weights, in Q4_0, Q4_K_M and Q8_0
     * alike; a device with a wrong sign, layout or rope makes some 1.4, as two vectors do that have nothing to do with each other.
     */
    static final double TOLERANCE = 0.15;
    private static final int PROMPT = 16;

    static SelfCheck compare(DecoderGraph graph, float[][] own, Decoder device) {
        float[][] other = logits(graph, device);
        double largest = 0;
        for (int step = 0; step < own.length; step++) {
            double difference = difference(own[step], other[step]);
            // A NaN is no agreement.
            largest = difference <= largest ? largest : difference;
        }
        return new SelfCheck(largest);
    }

    /** One row after the prompt, one after the token that follows it. */
    static float[][] logits(DecoderGraph graph, Decoder decoder) {
        int vocabulary = graph.config().vocabularySize();
        int count = Math.min(PROMPT, graph.config().contextLength() - 1);
        if (count < 1) {
            throw new BackendException("model '%s' holds no two tokens".formatted(graph.config().name()));
        }
        int[] tokens = new SplittableRandom(1).ints(count + 1, 0, vocabulary).toArray();
        float[][] logits = new float[2][vocabulary];
        try (DecoderSequence sequence = decoder.newSequence(count + 1)) {
            sequence.forward(tokens, 0, count, logits[0]);
            sequence.forward(tokens, count, 1, logits[1]);
        }
        return logits;
    }

    private static double difference(float[] own, float[] other) {
        double ownMean = mean(own);
        double otherMean = mean(other);
        double squares = 0;
        double norm = 0;
        for (int i = 0; i < own.length; i++) {
            double expected = own[i] - ownMean;
            double error = other[i] - otherMean - expected;
            squares += error * error;
            norm += expected * expected;
        }
        return Math.sqrt(squares / norm);
    }

    private static double mean(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    boolean passed() {
        return difference <= TOLERANCE;
    }

    /** For people and for {@link PlacementMemory}. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, passed()
                ? "logits differ by %.2g from the CPU's"
                : "logits differ by %.2g from the CPU's, more than %.2g", difference, TOLERANCE);
    }
}
