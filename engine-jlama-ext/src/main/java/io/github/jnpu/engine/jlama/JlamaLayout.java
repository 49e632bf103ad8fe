package io.github.jnpu.engine.jlama;

import io.github.jnpu.convert.model.ModelConfig;

/**
 * Where jlama wants each feature. Two things differ from GGUF:
 *
 * <p>jlama turns feature i of a head with feature i + n/2, as Hugging Face does; GGUF's llama files have the two side by
 * side, so the rows of the query and key projections are put back in order.
 *
 * <p>jlama's Vector API kernels have no tail loops: a width that is no multiple of the vector reads into the next row or
 * skips the rest. Models with such widths (only tiny ones have them) are padded with zeros to {@link #LANES}. Zeros change no
 * dot product; the norms' mean runs over more features then, which {@link #normFactor()} and {@link #epsilon()} undo, and
 * the attention's scale is set to that of the real head width.
 *
 * @param headWidth
 *            features of a head in jlama
 * @param feedForwardLength
 *            inner features of the feed-forward network in jlama
 */
record JlamaLayout(ModelConfig config, int headWidth, int feedForwardLength) {
    /** Float lanes of the widest vector; narrower machines lose nothing that matters. */
    static final int LANES = 16;

    /** What one dimension of a weight counts. */
    enum Axis {
        VOCABULARY,
        EMBEDDING,
        FEED_FORWARD,
        /** Features of all value heads, one head after the other. */
        HEADS,
        /** Features of all query or key heads, which rope turns in pairs. */
        TURNED_HEADS
    }

    static JlamaLayout of(ModelConfig config) {
        return new JlamaLayout(config, roundUp(config.keyLength()), roundUp(config.feedForwardLength()));
    }

    private static int roundUp(int width) {
        return Math.ceilDiv(width, LANES) * LANES;
    }

    /** jlama counts its heads by dividing this by the head width, so both grow together. */
    int embeddingLength() {
        return config.heads() * headWidth;
    }

    boolean isPadded() {
        return headWidth != config.keyLength() || feedForwardLength != config.feedForwardLength();
    }

    /** How long a dimension of {@code length} features is in jlama. */
    int length(Axis axis, int length) {
        return switch (axis) {
            case VOCABULARY -> length;
            case EMBEDDING -> embeddingLength();
            case FEED_FORWARD -> feedForwardLength;
            case HEADS, TURNED_HEADS -> length / config.keyLength() * headWidth;
        };
    }

    /** Where feature {@code index} goes. */
    int place(Axis axis, int index) {
        return switch (axis) {
            case VOCABULARY, EMBEDDING, FEED_FORWARD -> index;
            case HEADS -> index / config.keyLength() * headWidth + index % config.keyLength();
            case TURNED_HEADS -> {
                int feature = index % config.keyLength();
                int half = config.keyLength() / 2;
                boolean adjacent = isAdjacent();
                int side = adjacent ? feature % 2 : feature / half;
                int pair = adjacent ? feature / 2 : feature % half;
                yield index / config.keyLength() * headWidth + side * (headWidth / 2) + pair;
            }
        };
    }

    /** Whether every feature stays where it is. */
    boolean isIdentity(Axis axis) {
        return !isPadded() && !(axis == Axis.TURNED_HEADS && isAdjacent());
    }

    private boolean isAdjacent() {
        return config.architecture().equals("llama");
    }

    /** What the norms' gains are multiplied with. */
    float normFactor() {
        return (float) Math.sqrt((double) config.embeddingLength() / embeddingLength());
    }

    float epsilon() {
        return (float) ((double) config.normEpsilon() * config.embeddingLength() / embeddingLength());
    }
}
