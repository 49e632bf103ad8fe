package io.github.jnpu.convert.onnx;

/** The element types of ONNX tensors that models here use, with ONNX's numbers ({@code TensorProto.DataType}). */
public enum ElementType {
    FLOAT(1, 4),
    UINT8(2, 1),
    INT32(6, 4),
    INT64(7, 8),
    FLOAT16(10, 2);

    private final int id;
    private final int byteSize;

    ElementType(int id, int byteSize) {
        this.id = id;
        this.byteSize = byteSize;
    }

    /** The number that stands for this type in an ONNX model. */
    public int id() {
        return id;
    }

    /** The size of one element in bytes. */
    public int byteSize() {
        return byteSize;
    }
}
