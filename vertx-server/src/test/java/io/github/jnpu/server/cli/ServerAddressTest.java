package io.github.jnpu.server.cli;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ServerAddressTest {
    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
            "'',                     http://127.0.0.1:11434/api/ps",
            "box,                    http://box:11434/api/ps",
            ":8080,                  http://127.0.0.1:8080/api/ps",
            "box:8080,               http://box:8080/api/ps",
            "0.0.0.0,                http://127.0.0.1:11434/api/ps",
            "[::1]:8080,             http://[::1]:8080/api/ps",
            "::1,                    http://[::1]:11434/api/ps",
            "http://box,             http://box:80/api/ps",
            "https://box,            https://box:443/api/ps",
            "https://box:8443/jnpu/, https://box:8443/jnpu/api/ps",
            "'\"box\"',              http://box:11434/api/ps"})
    void readsWhatOllamaReads(String value, String uri) {
        assertThat(ServerAddress.of(value).uri("/api/ps")).hasToString(uri);
    }

    @ParameterizedTest
    @CsvSource({"box:port", "box:99999", "ftp://box"})
    void refusesWhatIsNoAddress(String value) {
        assertThatThrownBy(() -> ServerAddress.of(value)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("OLLAMA_HOST is no address: '%s'", value);
    }

    @Test
    void wildcardAddressesMeanThisMachine() {
        assertThat(ServerAddress.of("[::]:1234").uri("/")).hasToString("http://[::1]:1234/");
    }
}
