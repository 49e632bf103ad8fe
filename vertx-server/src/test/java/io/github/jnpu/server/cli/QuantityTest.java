package io.github.jnpu.server.cli;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.time.Instant;

import static org.assertj.core.api.Assertions.assertThat;

class QuantityTest {
    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

    @Test
    void sizesHaveTwoDigits() {
        assertThat(Quantity.bytes(0)).isEqualTo("0 B");
        assertThat(Quantity.bytes(999)).isEqualTo("999 B");
        assertThat(Quantity.bytes(1_185_376)).isEqualTo("1.2 MB");
        assertThat(Quantity.bytes(42_000_000_000L)).isEqualTo("42 GB");
        assertThat(Quantity.bytes(Long.MAX_VALUE)).isEqualTo("9223372 TB");
    }

    @Test
    void durationsChangeTheirUnit() {
        assertThat(Quantity.duration(Duration.ofNanos(130_079_000))).isEqualTo("130.08ms");
        assertThat(Quantity.duration(Duration.ofMillis(4_233))).isEqualTo("4.23s");
        assertThat(Quantity.duration(Duration.ofMillis(125_100))).isEqualTo("2m5.1s");
    }

    @Test
    void momentsAreSeenFromNow() {
        assertThat(Quantity.relative(NOW.minusSeconds(1), NOW)).isEqualTo("1 second ago");
        assertThat(Quantity.relative(NOW.minus(Duration.ofDays(2)), NOW)).isEqualTo("2 days ago");
        assertThat(Quantity.relative(NOW.minus(Duration.ofDays(21)), NOW)).isEqualTo("3 weeks ago");
        assertThat(Quantity.relative(NOW.plusSeconds(270), NOW)).isEqualTo("4 minutes from now");
        assertThat(Quantity.relative(NOW.minus(Duration.ofDays(800)), NOW)).isEqualTo("2 years ago");
    }
}
