package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;

import java.lang.foreign.Arena;

/** Types without a kernel of their own: each row is copied and dequantised first, so it is slow and allocates. */
final class DequantizedMatrix extends MappedMatrix {

    DequantizedMatrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
    }

}
