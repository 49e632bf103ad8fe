package io.github.jnpu.samples.demo.train;

import java.util.Random;

/**
 * Writes two attention circuits into a fresh network, so that it can look up and copy from its first step on. Learned from nothing
 * they come late: a random network of this size read two million tokens before it copied a name from its prompt.
 *
 * <p>The first two heads of the first layer look at the token before and pass it on. Those of the next two layers look for places
 * whose token before is the current one, and vote for the token there, which is an induction head (Olsson et al., "In-context
 * Learning and Induction Heads"). All of it is ordinary weights that the training changes like any others; what else adds to the
 * residual stream begins small beside it (as with mimetic initialisation: Trockman and Kolter, 2023).
 */
public final class StartingCircuits {
    /** Of a token's embedding: what all have in common, so that a query can be the same for every token. */
    private static final float COMMON = 4;
    /** Angles that tell neighbours apart are in the fastest pairs. */
    private static final int PAIRS = 6;
    private static final float NEIGHBOUR = 2;
    private static final float MATCH = 1.8f;
    private static final float VOTE = 0.5f;
    private static final float QUIET = 0.1f;
    private static final int HEADS = 2;

    private final Network network;
    private final NetworkShape shape;
    private final Random random;

    private StartingCircuits(Network network, long seed) {
        this.network = network;
        this.shape = network.shape();
        this.random = new Random(seed);
    }

    /**
     * Changes a fresh network.
     *
     * @throws IllegalArgumentException
     *             unless it has three layers, as many key-value heads as heads, and four heads in its width
     */
    public static void write(Network network, long seed) {
        NetworkShape shape = network.shape();
        if (shape.layers() < 3 || shape.heads() != shape.keyValueHeads() || shape.heads() < 2 * HEADS) {
            throw new IllegalArgumentException("no place for the circuits in " + shape);
        }
        new StartingCircuits(network, seed).write();
    }

    private void write() {
        int width = shape.width();
        float[] table = network.embeddings().value;
        for (int token = 0; token < shape.vocabulary(); token++) {
            table[token * width] = COMMON * Network.EMBEDDING_DEVIATION;
        }
        for (Network.Layer layer : network.layers()) {
            scale(layer.attentionOutput().value, QUIET);
            scale(layer.down().value, QUIET);
        }
        // Orthogonal parts: what the first layer passes on does not disturb the tokens themselves.
        float[] passed = orthogonal();
        float[] voted = orthogonal();
        for (int head = 0; head < HEADS; head++) {
            neighbourHead(network.layers().getFirst(), head, part(passed, head), part(passed, HEADS + head));
            matchHead(network.layers().get(1), head, part(passed, head), part(passed, HEADS + head), part(voted, head));
            matchHead(network.layers().get(2), head, part(passed, head), part(passed, HEADS + head),
                    part(voted, HEADS + head));
        }
    }

    private void neighbourHead(Network.Layer layer, int head, float[] read, float[] written) {
        int width = shape.width();
        int first = head * shape.headWidth();
        float[] weights = layer.queryKeyValue().value;
        for (int row = 0; row < shape.headWidth(); row++) {
            for (int column = 0; column < width; column++) {
                weights[(first + row) * width + column] *= QUIET;
                weights[(width + first + row) * width + column] *= QUIET;
            }
        }
        for (int pair = 0; pair < PAIRS; pair++) {
            double angle = StrictMath.pow(NetworkShape.ROPE_BASE, -2.0 * pair / shape.headWidth());
            weights[(first + 2 * pair) * width] = NEIGHBOUR;
            // Turned by one position, so that the product is greatest where the key is one place before the query.
            weights[(width + first + 2 * pair) * width] = NEIGHBOUR * (float) StrictMath.cos(angle);
            weights[(width + first + 2 * pair + 1) * width] = NEIGHBOUR * (float) StrictMath.sin(angle);
        }
        rows(layer, 2 * width + first, read, 1);
        columns(layer, first, written, 2 * Network.EMBEDDING_DEVIATION);
    }

    private void matchHead(Network.Layer layer, int head, float[] token, float[] before, float[] vote) {
        int width = shape.width();
        int first = head * shape.headWidth();
        rows(layer, first, token, MATCH);
        rows(layer, width + first, before, MATCH);
        rows(layer, 2 * width + first, vote, 1);
        columns(layer, first, vote, VOTE);
    }

    /** Rows of query, key or value. */
    private void rows(Network.Layer layer, int firstRow, float[] part, float scale) {
        float[] weights = layer.queryKeyValue().value;
        for (int i = 0; i < part.length; i++) {
            weights[firstRow * shape.width() + i] = scale * part[i];
        }
    }

    /** What a head adds to the residual stream: the transposed part. */
    private void columns(Network.Layer layer, int firstColumn, float[] part, float scale) {
        int width = shape.width();
        float[] weights = layer.attentionOutput().value;
        for (int row = 0; row < shape.headWidth(); row++) {
            for (int column = 0; column < width; column++) {
                weights[column * width + firstColumn + row] = scale * part[row * width + column];
            }
        }
    }

    private float[] part(float[] matrix, int index) {
        int size = shape.headWidth() * shape.width();
        return java.util.Arrays.copyOfRange(matrix, index * size, (index + 1) * size);
    }

    /** A random orthogonal matrix, by Gram and Schmidt. */
    private float[] orthogonal() {
        int width = shape.width();
        double[][] rows = new double[width][width];
        float[] result = new float[width * width];
        for (int i = 0; i < width; i++) {
            for (int j = 0; j < width; j++) {
                rows[i][j] = random.nextGaussian();
            }
            for (int before = 0; before < i; before++) {
                double product = product(rows[i], rows[before]);
                for (int j = 0; j < width; j++) {
                    rows[i][j] -= product * rows[before][j];
                }
            }
            double length = Math.sqrt(product(rows[i], rows[i]));
            for (int j = 0; j < width; j++) {
                rows[i][j] /= length;
                result[i * width + j] = (float) rows[i][j];
            }
        }
        return result;
    }

    private static double product(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static void scale(float[] values, float factor) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
    }
}
