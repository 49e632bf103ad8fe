package io.github.jnpu.probe.detect;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class AppleChipTest {
    @Test
    void knowsWhatAppleSaid() {
        assertThat(AppleChip.of("Apple M1").orElseThrow().tops()).hasValue(11.0);
        assertThat(AppleChip.of("Apple M2 Pro").orElseThrow().tops()).hasValue(15.8);
        assertThat(AppleChip.of("Apple M2 Ultra").orElseThrow().tops()).hasValue(31.6);
        assertThat(AppleChip.of("Apple M4 Max").orElseThrow().tops()).hasValue(38.0);
    }

    @Test
    void inventsNothing() {
        assertThat(AppleChip.of("Apple M5").orElseThrow().tops()).isEmpty();
        assertThat(AppleChip.of("Apple M3 Ultra").orElseThrow().tops()).isEmpty();
        assertThat(AppleChip.of("Apple M9 Giga")).isEmpty();
        assertThat(AppleChip.of("Apple processor")).isEmpty();
        assertThat(AppleChip.of("Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz")).isEmpty();
        assertThat(AppleChip.of("")).isEmpty();
    }

    @Test
    void namesTheChip() {
        assertThat(AppleChip.of(" Apple M1 Ultra\n").orElseThrow().name()).isEqualTo("M1 Ultra");
        assertThat(AppleChip.of("Apple M1 Ultra").orElseThrow().neuralCores()).isEqualTo(32);
    }
}
