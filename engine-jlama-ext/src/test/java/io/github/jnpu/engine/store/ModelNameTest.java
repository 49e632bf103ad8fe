package io.github.jnpu.engine.store;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ModelNameTest {

    @ParameterizedTest
    @CsvSource({
            "tiny, registry.ollama.ai/library/tiny:latest, tiny:latest",
            "Tiny:V1.5, registry.ollama.ai/library/Tiny:V1.5, Tiny:V1.5",
            "me/tiny, registry.ollama.ai/me/tiny:latest, me/tiny:latest",
            "hf.co/me/tiny.GGUF:Q4_K_M, hf.co/me/tiny.GGUF:Q4_K_M, hf.co/me/tiny.GGUF:Q4_K_M",
            "localhost:5000/me/tiny, localhost:5000/me/tiny:latest, localhost:5000/me/tiny:latest",
            "https://example.com/me/tiny:x, example.com/me/tiny:x, example.com/me/tiny:x",
            "registry.ollama.ai/library/_a-b:latest, registry.ollama.ai/library/_a-b:latest, _a-b:latest"})
    void parsesWithDefaults(String text, String full, String shortName) {
        ModelName name = ModelName.parse(text).orElseThrow();
        assertThat(name.fullName()).isEqualTo(full);
        assertThat(name.shortName()).isEqualTo(shortName).hasToString(name.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", ":", "a:", ":a", "/a", "a/", "a//b", "..", "../a", "a/../b", "a/b/../c",
            "-a",
            ".a", "a:.b", "a@sha256", "a:b:c", "na.me/space/x/y", "n.s/a", "a\u0000b", "a\nb", "é", "/a/b/c", "a\\b"})
    void refuses(String text) {
        assertThat(ModelName.parse(text)).isEmpty();
    }

    @Test
    void boundsLengths() {
        String longest = "x".repeat(80);
        assertThat(ModelName.parse("%s/%s:%s".formatted(longest, longest, longest))).isPresent();
        assertThat(ModelName.parse("y" + longest)).isEmpty();
        assertThat(ModelName.parse("a:y" + longest)).isEmpty();
        assertThat(ModelName.parse("h".repeat(350) + "/a/b")).isPresent();
        assertThat(ModelName.parse("h".repeat(351) + "/a/b")).isEmpty();
    }

    @Test
    void everyInstanceIsValid() {
        assertThatIllegalArgumentException().isThrownBy(() -> new ModelName("host", "library", "..", "latest"));
    }

    @Test
    void comparesWithoutCase() {
        ModelName name = ModelName.parse("Me/Tiny:V1").orElseThrow();
        assertThat(name.equalsIgnoringCase(ModelName.parse("mE/tINY:v1").orElseThrow())).isTrue();
        assertThat(name.equalsIgnoringCase(ModelName.parse("me/tiny:v2").orElseThrow())).isFalse();
    }
}
