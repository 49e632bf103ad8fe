package io.github.jnpu.engine.placement;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.Stage;

import java.util.Arrays;

/**
 * How fast a device is with a model, measured for about a second.
 *
 * @param prefill
 *            tokens a second
 * @param decode
 *            tokens a second
 */
record Calibration(double prefill, double decode) {
    private static final int PROMPT = 64;
    private static final int DECODED = 8;
    private static final long ENOUGH_NANOS = 500_000_000;
    private static final int MAX_ROUNDS = 20;

    static Calibration measure(DecoderGraph graph, Decoder decoder) {
        int prompt = Math.clamp(graph.config().contextLength() / 2, 1, PROMPT);
        int decoded = Math.clamp(graph.config().contextLength() - prompt, 1, DECODED);
        int[] tokens = new int[prompt + decoded];
        float[] logits = new float[graph.config().vocabularySize()];
        double[] best = new double[2];
        try (DecoderSequence sequence = decoder.newSequence(tokens.length)) {
            // What is compiled or loaded at first use is not what is asked about.
            sequence.forward(tokens, 0, prompt, null);
            sequence.forward(tokens, prompt, 1, logits);
            long begin = System.nanoTime();
            for (int round = 0; round == 0
                    || round < MAX_ROUNDS && System.nanoTime() - begin < ENOUGH_NANOS; round++) {
                sequence.truncate(0);
                long start = System.nanoTime();
                sequence.forward(tokens, 0, prompt, null);
                long middle = System.nanoTime();
                for (int i = 0; i < decoded; i++) {
                    sequence.forward(tokens, prompt + i, 1, logits);
                }
                best[0] = Math.max(best[0], prompt * 1e9 / (middle - start));
                best[1] = Math.max(best[1], decoded * 1e9 / (System.nanoTime() - middle));
            }
        }
        return new Calibration(best[0], best[1]);
    }

    double tokensPerSecond(Stage stage) {
        return stage == Stage.DECODE ? decode : prefill;
    }

    /** What {@link #parse} reads. */
    @Override
    public String toString() {
        return prefill + " " + decode;
    }

    /**
     * @throws IllegalArgumentException
     *             if it is something else
     */
    static Calibration parse(String text) {
        double[] numbers = Arrays.stream(text.split(" ")).mapToDouble(Double::parseDouble).toArray();
        if (numbers.length != 2 || !(numbers[0] > 0) || !(numbers[1] > 0)) {
            throw new IllegalArgumentException("'%s' are not two rates".formatted(text));
        }
        return new Calibration(numbers[0], numbers[1]);
    }
}
