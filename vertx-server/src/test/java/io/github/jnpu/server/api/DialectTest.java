package io.github.jnpu.server.api;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class DialectTest {
    /** What ends an answer that has begun. */
    @Test
    void errorsInStreamsAreLinesOrEvents() {
        assertThat(Dialect.OLLAMA.streamedError(500, "no")).hasToString("{\"error\":\"no\"}\n");
        assertThat(Dialect.OPENAI.streamedError(500, "no")).hasToString(
                "data: {\"error\":{\"message\":\"no\",\"type\":\"api_error\",\"param\":null,\"code\":null}}\n\n");
    }
}
