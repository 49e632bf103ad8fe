package io.github.jnpu.engine.backend.vector;

import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.Quantizer;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.engine.backend.cpu.MemoryAdvice;
import io.github.jnpu.engine.backend.cpu.WeightMatrix;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** The same for weights that are laid out anew. */
class PackedProductParityTest extends ProductParityTest {

    static Stream<TensorType> types() {
        return Stream.of(TensorType.Q4_0, TensorType.Q8_0, TensorType.Q4_K, TensorType.Q6_K);
    }

    @Override
    WeightMatrix matrix(ModelTensor tensor, Arena arena) {
        WeightMatrix matrix = new VectorKernels().repack(tensor, arena);
        assertThat(matrix.packedBytes()).isPositive();
        matrix.place(MemoryAdvice.allocate(arena, matrix.packedBytes()));
        matrix.load(0, tensor.rows());
        return matrix;
    }

    /** Workers load shares of whole units; nothing depends on that. */
    @Test
    void rowsCanBeLoadedInAnyShares() {
        int rows = 3 * Lanes.FLOAT.length() + 5;
        int columns = 320;
        float[] weights = new float[rows * columns];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) Math.sin(i);
        }
        try (Arena arena = Arena.ofShared()) {
            TensorType type = TensorType.Q4_0;
            MemorySegment data = arena.allocate(type.byteSize(weights.length), 64);
            Quantizer.quantize(type, weights, 0, weights.length, data, 0);
            ModelTensor tensor = new ModelTensor("w", type, new long[]{rows, columns}, data);
            WeightMatrix whole = matrix(tensor, arena);
            WeightMatrix parts = new VectorKernels().repack(tensor, arena);
            parts.place(MemoryAdvice.allocate(arena, parts.packedBytes()));
            int border = Lanes.FLOAT.length() + 3;
            parts.load(border, rows);
            parts.load(0, 1);
            parts.load(1, border);
            for (int row = 0; row < rows; row++) {
                float[] expected = new float[columns];
                float[] actual = new float[columns];
                whole.copyRow(row, expected, 0);
                parts.copyRow(row, actual, 0);
                assertThat(actual).as("row %d", row).containsExactly(expected);
            }
        }
    }
}
