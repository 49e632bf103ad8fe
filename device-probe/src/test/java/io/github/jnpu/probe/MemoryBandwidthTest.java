package io.github.jnpu.probe;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

class MemoryBandwidthTest {
    @Test
    void measuresThisMachine() throws InterruptedException {
        MemoryBandwidth bandwidth = MemoryBandwidth.measure(HardwareProbe.local(), 2, Duration.ofMillis(200));

        assertThat(bandwidth.best()).isGreaterThanOrEqualTo(bandwidth.median()).isLessThan(100_000);
        assertThat(bandwidth.median()).isPositive();
        assertThat(bandwidth.threads()).isEqualTo(2);
        assertThat(bandwidth.bytes()).isBetween(32L << 20, 1L << 30);
    }

    @Test
    void wantsWork() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MemoryBandwidth.measure(HardwareProbe.local(), 0, Duration.ofSeconds(1)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MemoryBandwidth.measure(HardwareProbe.local(), 1, Duration.ZERO));
    }

    @Test
    void refusesWhereMemoryIsShort(@TempDir Path root) throws IOException {
        Files.createDirectories(root.resolve("proc"));
        Files.writeString(root.resolve("proc/meminfo"), "MemTotal: 131072 kB\nMemAvailable: 131072 kB\n");

        assertThatIllegalStateException()
                .isThrownBy(
                        () -> MemoryBandwidth.measure(HardwareProbe.captured(root), 1, Duration.ofMillis(10)))
                .withMessageContaining("128 MB");
    }
}
