package io.github.jnpu.convert.tensor;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class TensorTypeTest {

    @Test
    void knowsGgmlsNumbers() {
        assertThat(TensorType.ofId(2)).contains(TensorType.Q4_0);
        assertThat(TensorType.ofId(42)).contains(TensorType.Q2_0);
        assertThat(TensorType.ofId(43)).isEmpty();
        assertThat(TensorType.ofId(-1)).isEmpty();
        for (int withdrawn : new int[]{4, 5, 31, 32, 33, 36, 37, 38}) {
            assertThat(TensorType.ofId(withdrawn)).as("%d", withdrawn).isEmpty();
        }
        assertThat(TensorType.values()).allMatch(type -> TensorType.ofId(type.id()).orElseThrow() == type);
        assertThat(TensorType.ofName("q4_k")).contains(TensorType.Q4_K);
    }

    @Test
    void computesSizes() {
        assertThat(TensorType.Q4_K.byteSize(512)).isEqualTo(288);
        assertThat(TensorType.Q8_0.byteSize(3L << 32)).isEqualTo((3L << 32) / 32 * 34);
        assertThatThrownBy(() -> TensorType.Q4_K.byteSize(255)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TensorType.F64.byteSize(Long.MAX_VALUE)).isInstanceOf(ArithmeticException.class);
    }
}
