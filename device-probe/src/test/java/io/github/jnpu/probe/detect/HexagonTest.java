package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Device;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class HexagonTest {
    @ParameterizedTest
    @CsvSource({"Snapdragon(R) X Elite - X1E80100 - Qualcomm(R) Hexagon(TM) NPU, Hexagon (Snapdragon X), 45",
            "Snapdragon(R) X - X126100 - Qualcomm(R) Hexagon(TM) NPU, Hexagon (Snapdragon X), 45",
            "Snapdragon(R) X2 Elite - X2E88100 - Qualcomm Oryon(TM) CPU, Hexagon (Snapdragon X2), 80",
            "Qualcomm(R) Hexagon(TM) NPU, Hexagon, 0", "Snapdragon (TM) 8cx Gen 3 @ 3.0 GHz, Hexagon, 0",
            "an X2 by someone else, Hexagon, 0"})
    void goesByTheProcessorsName(String name, String generation, double tops) {
        Hexagon hexagon = Hexagon.of(name);

        assertThat(hexagon.generation()).isEqualTo(generation);
        assertThat(hexagon.tops().map(Device.Tops::value).orElse(0.0)).isEqualTo(tops);
    }
}
