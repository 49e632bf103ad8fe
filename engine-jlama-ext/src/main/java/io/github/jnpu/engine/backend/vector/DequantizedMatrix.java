package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;

import java.lang.foreign.Arena;

/** Types whose dequantising has no vector code: slow, and it allocates. */
final class DequantizedMatrix extends MappedMatrix {

    DequantizedMatrix(ModelTensor tensor, Arena arena) {
        super(tensor, arena);
    }
}
