package io.github.jnpu.engine.backend.onnxruntime.capi;

import java.util.Arrays;

/**
 * An input or output of a model that is a tensor.
 *
 * @param elementType
 *            ONNX's number for it ({@code TensorProto.DataType})
 * @param dims
 *            outermost first; -1 where a run decides. Not copied, not to be changed
 */
public record TensorDescription(String name, int elementType, long[] dims) {
    @Override
    public boolean equals(Object other) {
        return other instanceof TensorDescription(String otherName, int otherType, long[] otherDims)
                && name.equals(otherName) && elementType == otherType && Arrays.equals(dims, otherDims);
    }

    @Override
    public int hashCode() {
        return 31 * name.hashCode() + Arrays.hashCode(dims) + elementType;
    }

    @Override
    public String toString() {
        return "%s %d %s".formatted(name, elementType, Arrays.toString(dims));
    }
}
