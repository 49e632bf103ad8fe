package io.github.jnpu.convert.onnx;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/**
 * A constant of an {@link OnnxModel}, whose bytes are not in the model: whoever makes a session brings them.
 *
 * @param dims
 *            outermost first; not copied, not to be changed
 * @param content
 *            where the bytes come from; little-endian
 * @param packable
 *            whether only matrix products read it: a runtime that lays weights out anew may have no more use for these bytes then
 */
public record Initializer(String name, ElementType type, long[] dims, Content content, boolean packable) {

    /** The bytes of an initializer. */
    public sealed interface Content {}

    /**
     * They lie in the model's file as they are needed.
     *
     * @param data
     *            a view that is valid as long as the model's source is open
     */
    public record Stored(MemorySegment data) implements Content {}

    /** They have to be worked out. */
    @FunctionalInterface
    public non-sealed interface Computed extends Content {

        /**
         * Writes them; any number of initializers can be worked out at the same time.
         *
         * @param target
         *            exactly as large as the initializer
         */
        void fill(MemorySegment target);
    }

    public Initializer {
        Objects.requireNonNull(name, "name");
        if (content instanceof Stored(MemorySegment data) && data.byteSize() != byteSize(type, dims)) {
            throw new IllegalArgumentException("initializer '%s' of %s %s has %d bytes".formatted(name, type,
                    Arrays.toString(dims), data.byteSize()));
        }
    }

    /** The size of all elements in bytes. */
    public long byteSize() {
        return byteSize(type, dims);
    }

    private static long byteSize(ElementType type, long[] dims) {
        return type.byteSize(Arrays.stream(dims).reduce(1, Math::multiplyExact));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Initializer that && name.equals(that.name) && type == that.type
                && Arrays.equals(dims, that.dims) && content.equals(that.content) && packable == that.packable;
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, type, Arrays.hashCode(dims), content, packable);
    }

    @Override
    public String toString() {
        return "%s %s %s".formatted(name, type, Arrays.toString(dims));
    }
}
