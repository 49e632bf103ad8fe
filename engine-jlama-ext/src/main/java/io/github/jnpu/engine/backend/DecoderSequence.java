package io.github.jnpu.engine.backend;

/** One text in a {@link Decoder}: the tokens seen so far, as keys and values. */
public interface DecoderSequence extends AutoCloseable {

    /** How many tokens have gone in. */
    int length();

    int capacity();

    /**
     * Runs the next tokens through a whole network.
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
     * @throws BackendException
     *             if the device fails; the positions before these tokens stay as they were
     */
    default void forward(int[] tokens, int from, int count, float[] logits) {
        boolean decode = count == 1 && logits != null && logits.length > 0;
        forward(decode ? Stage.DECODE : Stage.PREFILL, tokens, from, count, null, logits);
    }

    /**
     * Runs the next tokens through a network or a part of one ({@link io.github.jnpu.convert.graph.DecoderGraph#part}).
     *
     * @param stage
     *            {@link Stage#DECODE} for one token in decode, which may take other kernels, else {@link Stage#PREFILL}
     * @param tokens
     *            as in {@link #forward(int[], int, int, float[])}; checked but not needed where the part has no embedding
     * @param stream
     *            the residual stream, {@code count} rows of the model's width from index 0: read where the graph has no embedding, written
     *            where it has no head; null for a whole graph
     * @param logits
     *            null or empty where the graph has no head
     */
    void forward(Stage stage, int[] tokens, int from, int count, float[] stream, float[] logits);

    /**
     * Forgets all tokens from a position on.
     *
     * @param length
     *            from 0 to {@link #length()}
     */
    void truncate(int length);

    /** Whether keys and values can be read and written: {@link #readCache}, {@link #writeCache}. */
    default boolean sharesCache() {
        return false;
    }

    /**
     * Copies keys and values of one layer out, keys as they are after rope.
     *
     * @param layer
     *            from 0, counted in this decoder's graph
     * @param from
     *            the first position
     * @param count
     *            of positions; {@code from + count} is at most {@link #length()}
     * @param keys
     *            receives [positions][key-value heads][key width]
     * @param values
     *            receives [positions][key-value heads][value width]
     * @throws BackendException
     *             if the device does not give them
     */
    default void readCache(int layer, int from, int count, float[] keys, float[] values) {
        throw new BackendException("this device keeps its KV cache to itself");
    }

    /**
     * Writes keys and values of one layer for positions from {@link #length()} on; {@link #advance} makes them count when all layers have theirs.
     *
     * @param from
     *            the first position, at least {@link #length()}
     * @param keys
     *            as in {@link #readCache}
     * @throws BackendException
     *             if there is no memory, or the device does not take them
     */
    default void writeCache(int layer, int from, int count, float[] keys, float[] values) {
        throw new BackendException("this device keeps its KV cache to itself");
    }

    /**
     * Makes positions count that {@link #writeCache} wrote in every layer.
     *
     * @param length
     *            from {@link #length()} to {@link #capacity()}
     */
    default void advance(int length) {
        throw new BackendException("this device keeps its KV cache to itself");
    }

    /** Frees the cache. A sequence may be closed twice. */
    @Override
    void close();
}
