package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.engine.backend.KvCacheType;

import java.lang.foreign.MemorySegment;

/**
 * The arithmetic of attention over a {@link KeyValueCache}, one page of one head at a time. Thread-safe; nothing allocates.
 *
 * <p>Products run over <em>panels</em>: {@link #PANEL} columns of floats side by side, row after row. The keys of a page are one
 * panel with a row for each feature and a column for each position, so that scores need no sums across lanes; its values are one
 * panel for every 64 features, with a row for each position.
 */
public interface AttentionKernels {
    /** Columns of a panel, and positions of a page. */
    int PANEL = 64;
    /** How many partial sums a row of weights has: as many as the widest vector has lanes. */
    int SUMS = 16;

    /**
     * Writes one key to a page.
     *
     * @param source
     *            where the key is, {@code width} floats from {@code offset}
     * @param at
     *            where the keys of this head begin in the page, in bytes
     * @param position
     *            in the page
     */
    void storeKey(float[] source, int offset, int width, MemorySegment page, long at, int position, KvCacheType type);

    /** Writes one value to a page; parameters as for {@link #storeKey}. */
    void storeValue(float[] source, int offset, int width, MemorySegment page, long at, int position,
            KvCacheType type);

    /** Reads the keys of a head from a page as one panel of {@code width} rows. */
    void loadKeys(MemorySegment page, long at, int width, KvCacheType type, float[] panel);

    /**
     * Reads the values of a head from a page as panels of {@link #PANEL} rows, one after the other. Columns of the last panel
     * beyond {@code width} are undefined.
     */
    void loadValues(MemorySegment page, long at, int width, KvCacheType type, float[] panels);

    /**
     * {@code c[r][x] += sum of a[r][k] * panel[k][x]} with one rounding for each term and terms in the order of {@code k}, so that
     * a result does not depend on what is computed beside it.
     *
     * @param a
     *            row r begins at {@code aOffset + r * aStride}
     * @param from
     *            the first k
     * @param to
     *            behind the last k
     * @param columns
     *            of the panel that count; those up to {@link #PANEL} may be computed too
     * @param c
     *            row r begins at {@code cOffset + r * cStride} and has room for a whole panel
     */
    void multiplyAdd(float[] a, int aOffset, int aStride, int rows, int from, int to, float[] panel, int panelOffset,
            int columns, float[] c, int cOffset, int cStride);

    /**
     * {@link #multiplyAdd} of queries with the keys of one page, to the last bit what it gives with {@link #loadKeys}: for few rows,
     * which use a page once.
     *
     * @param queries
     *            rows of {@code width} from {@code queriesOffset}
     * @param scores
     *            rows of {@link #PANEL}
     * @param scratch
     *            as long as the panel of {@link #loadKeys}; may be used
     */
    void addScores(float[] queries, int queriesOffset, int rows, MemorySegment page, long at, int width,
            KvCacheType type, float[] scores,
            float[] scratch);

    /**
     * {@link #multiplyAdd} of weights with the values of one page, to the last bit what it gives with {@link #loadValues}: for few
     * rows, which use a page once.
     *
     * @param weights
     *            rows of {@link #PANEL}
     * @param from
     *            the first position
     * @param to
     *            behind the last position
     * @param state
     *            whose outputs are added to
     * @param firstRow
     *            the row of {@code state} that belongs to the first row of weights
     * @param scratch
     *            as long as the panels of {@link #loadValues}; may be used
     */
    void addValues(float[] weights, int rows, int from, int to, MemorySegment page, long at, int width,
            KvCacheType type, AttentionState state, int firstRow, float[] scratch);

    /**
     * One step of an online softmax (Milakov and Gimelshein 2018) for rows that see the same positions of a page: turns scores to
     * weights {@code exp(score - maximum)}, 0 for what is not seen, and scales what a row has gathered if its maximum grows.
     *
     * @param scores
     *            rows of {@link #PANEL}, replaced by the weights
     * @param from
     *            the first position that is seen
     * @param to
     *            behind the last one; more than {@code from}
     * @param state
     *            what the rows have gathered
     * @param firstRow
     *            the row of {@code state} that belongs to the first row of scores
     */
    void weigh(float[] scores, int rows, int from, int to, AttentionState state, int firstRow);
}
