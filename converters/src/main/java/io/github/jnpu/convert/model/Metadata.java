package io.github.jnpu.convert.model;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model file's key-value pairs, read with the type that the reader expects.
 *
 * <p>Values are {@code Byte, Short, Integer, Long, Float, Double, Boolean, String} or {@link MetadataArray}. Unsigned
 * numbers come as the next wider Java type (uint32 as {@code Long}), uint64 as {@code Long} where it fits and as
 * {@code BigInteger} where not.
 */
public interface Metadata {

    /** All pairs in file order; immutable. */
    Map<String, Object> values();

    /** Where the pairs came from, for messages; empty if they have no such place. */
    default String location() {
        return "";
    }

    default boolean contains(String key) {
        return values().containsKey(key);
    }

    /**
     * A text value.
     *
     * @throws ModelFormatException
     *             if the key is there with another type
     */
    default Optional<String> string(String key) {
        return typed(key, String.class);
    }

    /**
     * A whole number of any width.
     *
     * @throws ModelFormatException
     *             if the key is there with another type, or beyond 63 bits
     */
    default Optional<Long> integer(String key) {
        return typed(key, Number.class).map(number -> {
            if (number instanceof BigInteger) {
                throw invalid(key, number + ", beyond 63 bits");
            }
            if (number instanceof Float || number instanceof Double) {
                throw invalid(key, number + ", not a whole number");
            }
            return number.longValue();
        });
    }

    /**
     * A number of any kind as a float.
     *
     * @throws ModelFormatException
     *             if the key is there with another type
     */
    default Optional<Float> number(String key) {
        return typed(key, Number.class).map(Number::floatValue);
    }

    /**
     * A truth value.
     *
     * @throws ModelFormatException
     *             if the key is there with another type
     */
    default Optional<Boolean> bool(String key) {
        return typed(key, Boolean.class);
    }

    /**
     * An array.
     *
     * @throws ModelFormatException
     *             if the key is there with another type
     */
    default Optional<MetadataArray> array(String key) {
        return typed(key, MetadataArray.class);
    }

    /**
     * An array of text values; empty if the key is absent.
     *
     * @throws ModelFormatException
     *             if the key is there with another type
     */
    default List<String> strings(String key) {
        return array(key).map(array -> array.strings(key)).orElse(List.of());
    }

    private <T> Optional<T> typed(String key, Class<T> type) {
        Object value = values().get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (!type.isInstance(value)) {
            throw invalid(key,
                    "of type %s, expected %s".formatted(value.getClass().getSimpleName(), type.getSimpleName()));
        }
        return Optional.of(type.cast(value));
    }

    private ModelFormatException invalid(String key, String what) {
        return new ModelFormatException("%smetadata '%s' is %s".formatted(
                location().isEmpty() ? "" : location() + ": ", ModelFormatException.printable(key), what));
    }
}
