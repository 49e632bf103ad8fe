package io.github.jnpu.convert.model;

import java.util.List;

/**
 * A metadata array, kept as a primitive array where the elements are numbers: vocabularies have some 150,000 entries.
 *
 * @param elements
 *            {@code byte[], short[], int[], long[], float[], double[], boolean[]}, or a {@code List} of {@code String} or
 *            {@code MetadataArray}; unsigned element types use the array of the same width, read them with
 *            {@link #integers}
 * @param unsigned
 *            whether the elements are unsigned numbers
 */
public record MetadataArray(Object elements, boolean unsigned) {

    public int size() {
        return switch (elements) {
            case byte[] a -> a.length;
            case short[] a -> a.length;
            case int[] a -> a.length;
            case long[] a -> a.length;
            case float[] a -> a.length;
            case double[] a -> a.length;
            case boolean[] a -> a.length;
            case List<?> a -> a.size();
            default -> throw new IllegalStateException(elements.getClass().getName());
        };
    }

    /**
     * The elements as text.
     *
     * @param key
     *            named in the error
     * @throws ModelFormatException
     *             if they are not text
     */
    public List<String> strings(String key) {
        if (elements instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
            return list.stream().map(String.class::cast).toList();
        }
        throw new ModelFormatException("metadata '%s' is not an array of strings".formatted(key));
    }

    /**
     * The elements as {@code int}; unsigned bytes and shorts are widened without sign, unsigned ints keep their bits.
     *
     * @param key
     *            named in the error
     * @throws ModelFormatException
     *             if they are not whole numbers of at most 32 bits
     */
    public int[] integers(String key) {
        switch (elements) {
            case int[] a -> {
                return a.clone();
            }
            case byte[] a -> {
                int[] result = new int[a.length];
                for (int i = 0; i < a.length; i++) {
                    result[i] = unsigned ? a[i] & 0xff : a[i];
                }
                return result;
            }
            case short[] a -> {
                int[] result = new int[a.length];
                for (int i = 0; i < a.length; i++) {
                    result[i] = unsigned ? a[i] & 0xffff : a[i];
                }
                return result;
            }
            default -> throw new ModelFormatException("metadata '%s' is not an array of integers".formatted(key));
        }
    }

    /**
     * The elements as {@code float}.
     *
     * @param key
     *            named in the error
     * @throws ModelFormatException
     *             if they are not floats or doubles
     */
    public float[] floats(String key) {
        switch (elements) {
            case float[] a -> {
                return a.clone();
            }
            case double[] a -> {
                float[] result = new float[a.length];
                for (int i = 0; i < a.length; i++) {
                    result[i] = (float) a[i];
                }
                return result;
            }
            default -> throw new ModelFormatException("metadata '%s' is not an array of floats".formatted(key));
        }
    }
}
