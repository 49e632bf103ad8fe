package io.github.jnpu.engine.embedding;

import java.util.Arrays;

/**
 * How well some documents fit a query, in their order.
 *
 * @param scores
 *            the network's own numbers, whatever their range; more is better; not copied
 * @param tokenCounts
 *            how many tokens of query and document were read, those around them among them; not copied
 */
public record Scores(float[] scores, int[] tokenCounts) {

    /** The tokens of all pairs. */
    public int tokens() {
        return Arrays.stream(tokenCounts).sum();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Scores(float[] otherScores, int[] otherCounts) && Arrays.equals(scores, otherScores)
                && Arrays.equals(tokenCounts, otherCounts);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(scores) * 31 + Arrays.hashCode(tokenCounts);
    }
}
