package io.github.jnpu.engine.embedding;

import java.util.Arrays;
import java.util.List;

/**
 * What came out for some texts, in their order.
 *
 * @param vectors
 *            one for each text; not copied
 * @param tokenCounts
 *            how many tokens of each text were read, those that begin and end it among them; not copied
 */
public record Embeddings(List<float[]> vectors, int[] tokenCounts) {
    public Embeddings {
        vectors = List.copyOf(vectors);
    }

    /** The tokens of all texts. */
    public int tokens() {
        return Arrays.stream(tokenCounts).sum();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Embeddings(List<float[]> otherVectors, int[] otherCounts)
                && Arrays.deepEquals(vectors.toArray(), otherVectors.toArray())
                && Arrays.equals(tokenCounts, otherCounts);
    }

    @Override
    public int hashCode() {
        return Arrays.deepHashCode(vectors.toArray()) * 31 + Arrays.hashCode(tokenCounts);
    }
}
