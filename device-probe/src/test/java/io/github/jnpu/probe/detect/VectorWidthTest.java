package io.github.jnpu.probe.detect;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;
import java.util.OptionalInt;

import static org.assertj.core.api.Assertions.assertThat;

class VectorWidthTest {
    @ParameterizedTest
    @CsvSource({"sse4_2 avx avx2 avx512f, 6, 85, 4, 256", "sse4_2 avx avx2 avx512f, 6, 85, 7, 512",
            "sse4_2 avx avx2 avx512f, 6, 106, 6, 512", "sse4_2 avx avx2 avx512f, 25, 97, 2, 512",
            "sse4_2 avx avx2, 6, 170, 4, 256", "sse4_2 avx, 6, 42, 7, 256", "sse4_2, 6, 37, 5, 128"})
    void ofX86(String features, int family, int model, int stepping, int bits) {
        assertThat(VectorWidth.ofX86(List.of(features.split(" ")), family, model, stepping)).hasValue(bits);
    }

    @Test
    void ofArm() {
        assertThat(VectorWidth.ofArm(List.of("asimd"), OptionalInt.empty())).hasValue(128);
        assertThat(VectorWidth.ofArm(List.of("asimd", "sve"), OptionalInt.of(256))).hasValue(256);
        assertThat(VectorWidth.ofArm(List.of("asimd", "sve"), OptionalInt.empty())).isEmpty();
        assertThat(VectorWidth.ofArm(List.of(), OptionalInt.empty())).isEmpty();
    }
}
