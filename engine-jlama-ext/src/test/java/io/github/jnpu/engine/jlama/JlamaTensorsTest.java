package io.github.jnpu.engine.jlama;

import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.tensor.AbstractTensor;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelConfig.RopeConfig;
import io.github.jnpu.convert.model.ModelConfig.RopeScaling;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.engine.jlama.JlamaLayout.Axis;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import static org.assertj.core.api.Assertions.assertThat;

class JlamaTensorsTest {
    private static final ModelConfig CONFIG = new ModelConfig("llama", "test", 512, 64, 64, 1, 2, 1, 32, 32, 64,
            new RopeConfig(32, 10_000, RopeScaling.NONE), 0, 1e-5f);

    private static ModelTensor tensor(Arena arena, int rows, int columns) {
        MemorySegment data = arena.allocate((long) rows * columns * Float.BYTES, 64);
        for (int i = 0; i < rows * columns; i++) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, i + 1 / 256f);
        }
        return new ModelTensor("t", TensorType.F32, new long[]{rows, columns}, data);
    }

    @Test
    void adjacentPairsComeHalfAHeadApart() {
        try (Arena arena = Arena.ofConfined(); JlamaTensors tensors = new JlamaTensors(JlamaLayout.of(CONFIG))) {
            AbstractTensor<?, ?> placed = tensors.matrix("q", tensor(arena, 64, 32), Axis.TURNED_HEADS, Axis.EMBEDDING,
                    DType.F32);
            // Row 2i of a head becomes row i, row 2i + 1 becomes row 16 + i; the second head starts at row 32.
            assertThat(placed.get(1, 0)).isEqualTo(2 * 32 + 1 / 256f);
            assertThat(placed.get(16, 0)).isEqualTo(32 + 1 / 256f);
            assertThat(placed.get(33, 0)).isEqualTo(34 * 32 + 1 / 256f);
            assertThat(placed.get(63, 31)).isEqualTo(63 * 32 + 31 + 1 / 256f);
        }
    }

    @Test
    void brainFloatsAreRoundedToTheNearest() {
        try (Arena arena = Arena.ofConfined(); JlamaTensors tensors = new JlamaTensors(JlamaLayout.of(CONFIG))) {
            MemorySegment data = arena.allocate(32L * Float.BYTES, 64);
            float[] values = {1, 1.00390625f, 1.01171875f, -1.005f, 3.14159f, 0};
            MemorySegment.copy(values, 0, data, ValueLayout.JAVA_FLOAT, 0, values.length);
            ModelTensor tensor = new ModelTensor("t", TensorType.F32, new long[]{1, 32}, data);
            AbstractTensor<?, ?> rounded = tensors.matrix("e", tensor, Axis.VOCABULARY, Axis.EMBEDDING, DType.BF16);
            // Steps of 1/128 between 1 and 2, of 1/64 between 2 and 4; the second and third lie halfway.
            float[] expected = {1, 1, 1.015625f, -1.0078125f, 3.140625f, 0};
            for (int i = 0; i < expected.length; i++) {
                assertThat(rounded.get(0, i)).isEqualTo(expected[i]);
            }
        }
    }
}
