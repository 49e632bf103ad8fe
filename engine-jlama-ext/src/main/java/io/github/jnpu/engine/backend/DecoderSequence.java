package io.github.jnpu.engine.backend;

/** One text in a {@link Decoder}: the tokens seen so far, as keys and values. */
public interface DecoderSequence extends AutoCloseable {

    /** How many tokens have gone in. */
    int length();

    int capacity();

    /**
     * Runs the next tokens through the network.
     *
     * <p>One token with logits is decode, everything else is prefill; the two may round differently. Within prefill a token's
     * result does not depend on how the tokens are cut into calls.
     *
     * @param tokens
     *            ids; only {@code from} to {@code from + count - 1} are read
     * @param count
     *            at least 1; any number, cut into batches inside
     * @param logits
     *            receives the logits of the last {@code logits.length / vocabularySize} of these tokens, one row each; null or
     *            empty for none
     * @throws IllegalArgumentException
     *             if they do not fit the capacity, an id is outside the vocabulary, or {@code logits} has no whole rows or
     *             more rows than tokens
     */
    void forward(int[] tokens, int from, int count, float[] logits);

    /**
     * Forgets all tokens from a position on.
     *
     * @param length
     *            from 0 to {@link #length()}
     */
    void truncate(int length);

    /** Frees the cache. */
    @Override
    void close();
}
