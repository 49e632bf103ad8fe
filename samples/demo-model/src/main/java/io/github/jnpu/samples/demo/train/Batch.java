package io.github.jnpu.samples.demo.train;

import java.util.List;

/** Token sequences of different lengths, end to end; attention stays inside each. */
public final class Batch {
    /**
     * One sequence.
     *
     * @param tokens
     *            not copied
     * @param scored
     *            for each token whether the network is trained to predict it; the first cannot be; not copied
     */
    public record Sequence(int[] tokens, boolean[] scored) {
        public Sequence {
            if (tokens.length != scored.length || tokens.length == 0) {
                throw new IllegalArgumentException(
                        "%d tokens, %d scored flags".formatted(tokens.length, scored.length));
            }
        }
    }

    private final int[] starts;
    private final int[] tokens;
    private final int[] positions;
    private final int[] predictors;
    private final int[] targets;

    public Batch(List<Sequence> sequences) {
        starts = new int[sequences.size() + 1];
        int size = 0;
        int scored = 0;
        for (int s = 0; s < sequences.size(); s++) {
            starts[s] = size;
            size += sequences.get(s).tokens().length;
            for (int i = 1; i < sequences.get(s).tokens().length; i++) {
                scored += sequences.get(s).scored()[i] ? 1 : 0;
            }
        }
        starts[sequences.size()] = size;
        tokens = new int[size];
        positions = new int[size];
        predictors = new int[scored];
        targets = new int[scored];
        int next = 0;
        for (int s = 0; s < sequences.size(); s++) {
            Sequence sequence = sequences.get(s);
            for (int i = 0; i < sequence.tokens().length; i++) {
                tokens[starts[s] + i] = sequence.tokens()[i];
                positions[starts[s] + i] = i;
                if (i > 0 && sequence.scored()[i]) {
                    predictors[next] = starts[s] + i - 1;
                    targets[next++] = sequence.tokens()[i];
                }
            }
        }
    }

    int sequences() {
        return starts.length - 1;
    }

    int start(int sequence) {
        return starts[sequence];
    }

    int length(int sequence) {
        return starts[sequence + 1] - starts[sequence];
    }

    /** All tokens. */
    public int size() {
        return tokens.length;
    }

    /** Tokens that count in the loss. */
    public int scored() {
        return targets.length;
    }

    int[] tokens() {
        return tokens;
    }

    int[] positions() {
        return positions;
    }

    /** Rows whose output predicts a scored token. */
    int[] predictors() {
        return predictors;
    }

    /** What they should predict. */
    int[] targets() {
        return targets;
    }
}
