package io.github.jnpu.convert.onnx;

/** The element types of ONNX tensors that models here use, with ONNX's numbers ({@code TensorProto.DataType}). */
public enum ElementType {
    FLOAT(1, 32),
    UINT8(2, 8),
    INT8(3, 8),
    INT32(6, 32),
    INT64(7, 64),
    FLOAT16(10, 16),
    /** Two in a byte, the first in the low nibble. */
    INT4(22, 4);

    private final int id;
    private final int bits;

    ElementType(int id, int bits) {
        this.id = id;
        this.bits = bits;
    }

    /** The number that stands for this type in an ONNX model. */
    public int id() {
        return id;
    }

    /** The size of one element in bytes; not for {@link #INT4}. */
    public int byteSize() {
        if (bits < Byte.SIZE) {
            throw new IllegalStateException("an element of %s is no whole byte".formatted(this));
        }
        return bits / Byte.SIZE;
    }

    /** The size of some elements in bytes. */
    public long byteSize(long elements) {
        return Math.ceilDiv(Math.multiplyExact(elements, bits), Byte.SIZE);
    }
}
