package io.github.jnpu.convert.tensor;

/** Packs one block's worth of floats. */
@FunctionalInterface
interface BlockEncoder {
    /**
     * @param x
     *            finite values, one block from {@code from} on
     * @param packed
     *            gets the block's bytes from {@code at} on; they are zero before
     */
    void encode(float[] x, int from, byte[] packed, int at);
}
