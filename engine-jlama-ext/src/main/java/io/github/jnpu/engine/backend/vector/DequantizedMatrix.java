package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.backend.cpu.Scratch;

/** Types without a kernel of their own: each row is copied and dequantised first, so it is slow and allocates. */
final class DequantizedMatrix extends VectorMatrix {

    DequantizedMatrix(ModelTensor tensor) {
        super(tensor);
    }

    @Override
    public void multiplyOne(float[] input, float[] output, int outputOffset, int fromRow, int toRow, Scratch scratch) {
        for (int row = fromRow; row < toRow; row++) {
            dequantize(row, 0, columns, scratch.floats(), 0);
            output[outputOffset + row] = FloatProduct.dot(scratch.floats(), 0, input, 0, columns);
        }
    }
}
