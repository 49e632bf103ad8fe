package io.github.jnpu.convert.tensor;

/** Turns one block of a quantised type into floats. */
@FunctionalInterface
interface BlockDecoder {
    /**
     * @param packed
     *            holds the block's bytes from {@code at} on
     * @param target
     *            gets one block of values from {@code to} on
     */
    void decode(byte[] packed, int at, float[] target, int to);
}
