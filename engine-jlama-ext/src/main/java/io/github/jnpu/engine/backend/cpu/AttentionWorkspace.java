package io.github.jnpu.engine.backend.cpu;

/**
 * A worker's own memory for attention.
 *
 * @param queries
 *            [rows][key width], scaled
 * @param keys
 *            one page as a panel
 * @param values
 *            one page as panels
 * @param scores
 *            [rows][{@link AttentionKernels#PANEL}]
 * @param chunk
 *            what the rows gathered in the chunk at hand
 * @param total
 *            what they gathered before
 */
record AttentionWorkspace(float[] queries, float[] keys, float[] values, float[] scores, AttentionState chunk,
        AttentionState total) {
    /**
     * A page of floats is used by this many rows of queries, if the batch has them: reading it then costs 6 % of the products.
     */
    private static final int ROWS = 64;

    static AttentionWorkspace of(int group, int keyWidth, int valueWidth) {
        int rows = tokens(group) * group;
        return new AttentionWorkspace(new float[Math.multiplyExact(rows, keyWidth)],
                new float[Math.multiplyExact(keyWidth, AttentionKernels.PANEL)],
                new float[AttentionState.panels(valueWidth) * AttentionKernels.PANEL * AttentionKernels.PANEL],
                new float[rows * AttentionKernels.PANEL], AttentionState.of(rows, valueWidth),
                AttentionState.of(rows, valueWidth));
    }

    /** How many tokens are attended to together, if so many query heads share keys. */
    static int tokens(int group) {
        return Math.max(1, ROWS / group);
    }
}
