package io.github.jnpu.engine.chat.gotemplate;

import io.github.jnpu.engine.chat.gotemplate.GoValue.Mapping;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Slice;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Text;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Clock;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A model can come with any template: it may fail, but neither hang nor exhaust memory. */
class HostileGoTemplateTest {
    /** Only tells a hang from a slow machine. */
    private static final int HANG_SECONDS = 60;

    private static final Mapping DATA = Mapping.sorted(Map.of("L", Slice.of(List.of("a", "b", "c")), "S", "text"),
            Text.PLAIN);

    @ParameterizedTest
    @Timeout(HANG_SECONDS)
    @ValueSource(strings = {"{{ define \"r\" }}{{ template \"r\" . }}{{ end }}{{ template \"r\" . }}",
            "{{ define \"r\" }}{{ template \"r\" . }}{{ template \"r\" . }}{{ end }}{{ template \"r\" . }}",
            "{{ range 1000000000 }}{{ range 1000000000 }}{{ end }}{{ end }}",
            "{{ range 9223372036854775807 }}x{{ end }}",
            "{{ $s := \"xxxxxxxx\" }}{{ range 100 }}{{ $s = printf \"%s%s\" $s $s }}{{ end }}",
            "{{ $s := \"x\" }}{{ range 100 }}{{ $s = print $s $s }}{{ end }}",
            "{{ $s := \"<\" }}{{ range 100 }}{{ $s = json $s }}{{ end }}",
            "{{ range 1000000 }}{{ printf \"%1000000d\" 1 }}{{ end }}",
            "{{ range 1000000 }}{{ printf \"%.1000000f\" 1.5 }}{{ end }}",
            "{{ range 100000000 }}{{ slice $.L 0 }}{{ end }}",
            "{{ $s := printf \"%1000000d\" 1 }}{{ range 100000 }}{{ eq $s $s }}{{ end }}",
            "{{ $s := printf \"%1000000d\" 1 }}{{ range 100000 }}{{ slice $s 1 2 }}{{ end }}",
            "{{ $s := printf \"%1000000d\" 1 }}{{ range 100000 }}{{ len $s }}{{ end }}",
            "{{ $s := printf \"%1000000d\" 1 }}{{ range 100000 }}{{ index $s 1 }}{{ end }}",
            "{{ $s := printf \"%1000000d\" 1 }}{{ range 100000 }}{{ if lt $s $s }}{{ end }}{{ end }}"})
    void ends(String source) {
        assertThatThrownBy(() -> GoTemplate.parse(source, Clock.systemUTC()).execute(DATA)).isInstanceOf(
                GoTemplateException.class).hasMessageContaining("line 1");
    }

    @Test
    void nestingIsBounded() {
        for (String source : List.of("{{ if .S }}".repeat(50_000), "{{ with .S }}".repeat(5000) + "{{ end }}".repeat(
                5000), "{{ if .S }}a" + "{{ else if .S }}".repeat(50_000) + "{{ end }}", "{{ " + "(".repeat(100_000)
                        + ".S" + ")".repeat(100_000) + " }}")) {
            assertThatThrownBy(() -> GoTemplate.parse(source, Clock.systemUTC()).execute(DATA)).isInstanceOf(
                    GoTemplateException.class).hasMessageContaining("nest");
        }
    }

    @Test
    void lengthIsBounded() {
        assertThatThrownBy(() -> GoTemplate.parse("x".repeat((1 << 20) + 1), Clock.systemUTC())).isInstanceOf(
                GoTemplateException.class);
    }
}
