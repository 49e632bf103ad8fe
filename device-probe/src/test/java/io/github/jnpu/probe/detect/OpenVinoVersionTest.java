package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

class OpenVinoVersionTest {
    @ParameterizedTest
    @CsvSource({"libopenvino_c.so.2530, 2025.3.0", "libopenvino_c.so.2541, 2025.4.1", "libopenvino_c.so.2460, 2024.6.0",
            "libopenvino_c.so.2640, 2026.4.0", "libopenvino_c.2520.dylib, 2025.2.0"})
    void isInTheLibrarysName(String name, String version) {
        assertThat(OpenVinoVersion.ofLibrary(name)).hasToString("Optional[%s]".formatted(version));
    }

    @ParameterizedTest
    @CsvSource({"2024.6.0-17404-4c0f47d2335-releases/2024/6, 2024.6.0", "2025.4, 2025.4.0", "2026.10.2, 2026.10.2"})
    void isWrittenInAFile(String text, String version) {
        assertThat(OpenVinoVersion.of(text)).hasToString("Optional[%s]".formatted(version));
    }

    @Test
    void isNotGuessed() {
        assertThat(OpenVinoVersion.ofLibrary("libopenvino_c.so")).isEmpty();
        assertThat(OpenVinoVersion.ofLibrary("libopenvino_c.so.1")).isEmpty();
        assertThat(OpenVinoVersion.of("custom build")).isEmpty();
        assertThat(OpenVinoVersion.check(Optional.empty()).status()).isEqualTo(Check.Status.UNKNOWN);
    }

    @ParameterizedTest
    @CsvSource({"2024.5.9, FAILED", "2024.6.0, PASSED", "2024.10.0, PASSED", "2023.9.0, FAILED", "2025.0.0, PASSED"})
    void hasToBeNewEnough(String version, Check.Status status) {
        assertThat(OpenVinoVersion.check(OpenVinoVersion.of(version)).status()).isEqualTo(status);
    }
}
