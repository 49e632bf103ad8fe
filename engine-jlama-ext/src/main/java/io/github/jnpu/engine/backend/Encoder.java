package io.github.jnpu.engine.backend;

import java.util.List;

/** A compiled encoder: texts in, one vector each out. Thread-safe. */
public interface Encoder extends AutoCloseable {

    /** The length of a vector. */
    int width();

    /** How many tokens a text has at most, those that begin and end it among them. */
    int maxTokens();

    /**
     * How many tokens are worth running together; texts are handed over in batches of about so many.
     */
    int batchTokens();

    /**
     * Encodes some texts together. Their lengths should be alike, as devices pad to the longest.
     *
     * @param texts
     *            the ids of each text, 1 to {@link #maxTokens}
     * @return the pooled vectors in order, not normalised, each of {@link #width} floats
     * @throws IllegalArgumentException
     *             if a text is empty, too long, or has ids outside of the vocabulary
     * @throws BackendException
     *             if the device fails
     */
    float[][] encode(List<int[]> texts);

    @Override
    void close();
}
