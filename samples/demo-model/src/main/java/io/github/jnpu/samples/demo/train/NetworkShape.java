package io.github.jnpu.samples.demo.train;

/**
 * The size of a llama network with tied embeddings.
 *
 * @param vocabulary
 *            tokens; the table is padded to {@link #paddedVocabulary()} rows
 * @param width
 *            of the residual stream
 * @param keyValueHeads
 *            divides {@code heads}
 * @param feedForward
 *            width of the gated feed-forward
 * @param context
 *            longest sequence
 */
public record NetworkShape(int vocabulary, int width, int layers, int heads, int keyValueHeads, int feedForward,
        int context) {
    public static final float NORM_EPSILON = 1e-5f;
    /** Large: most pairs of a head hardly turn within the context, and can compare tokens at any distance. */
    public static final float ROPE_BASE = 1e8f;

    public NetworkShape {
        if (width % heads != 0 || heads % keyValueHeads != 0 || width / heads % RowKernels.WIDTH_MULTIPLE != 0) {
            throw new IllegalArgumentException(
                    "%d wide, %d heads, %d key-value heads: heads must be multiples of %d wide".formatted(width, heads,
                            keyValueHeads, RowKernels.WIDTH_MULTIPLE));
        }
    }

    public int headWidth() {
        return width / heads;
    }

    public int keyValueWidth() {
        return keyValueHeads * headWidth();
    }

    /** Features of query, key and value together. */
    public int queryKeyValueWidth() {
        return width + 2 * keyValueWidth();
    }

    public int paddedVocabulary() {
        int multiple = MatrixProduct.WIDTH_MULTIPLE;
        return (vocabulary + multiple - 1) / multiple * multiple;
    }
}
