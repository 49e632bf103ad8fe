package io.github.jnpu.convert.model;

import io.github.jnpu.convert.tensor.TensorType;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/**
 * A named tensor of a model and its bytes, usually a view of a mapped file.
 *
 * <p>The shape is in row-major order, outermost dimension first: a projection from 2048 to 8192 features is
 * {@code [8192, 2048]}, that is 8192 rows. (GGUF stores the dimensions the other way round.) Quantised types pack blocks
 * along the last dimension, so a row always starts on a block.
 *
 * @param name
 *            as in the file, for example {@code blk.0.attn_q.weight}
 * @param shape
 *            outermost first; not copied, not to be changed
 * @param data
 *            exactly the tensor's bytes, little-endian, read-only; it may be larger than 2 GiB
 */
public record ModelTensor(String name, TensorType type, long[] shape, MemorySegment data) {
    public ModelTensor {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        long expected = type.byteSize(Arrays.stream(shape).reduce(1, Math::multiplyExact));
        if (data.byteSize() != expected) {
            throw new IllegalArgumentException(
                    "tensor '%s' of type %s and shape %s needs %d bytes, got %d".formatted(name,
                            type, Arrays.toString(shape), expected, data.byteSize()));
        }
    }

    /** The number of values. */
    public long elementCount() {
        long count = 1;
        for (long dimension : shape) {
            count *= dimension;
        }
        return count;
    }

    /** The last dimension: the values in one row. */
    public int columns() {
        return Math.toIntExact(shape[shape.length - 1]);
    }

    /** The product of all dimensions but the last. */
    public int rows() {
        return Math.toIntExact(columns() == 0 ? 0 : elementCount() / columns());
    }

    /** The size of one row in bytes. */
    public long rowBytes() {
        return type.byteSize(columns());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ModelTensor(String otherName, TensorType otherType, long[] otherShape, MemorySegment otherData)
                && name.equals(otherName) && type == otherType && Arrays.equals(shape, otherShape)
                && data.equals(otherData);
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, type, Arrays.hashCode(shape), data);
    }

    @Override
    public String toString() {
        return "%s %s %s".formatted(name, type, Arrays.toString(shape));
    }
}
