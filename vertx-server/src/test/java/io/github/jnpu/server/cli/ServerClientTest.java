package io.github.jnpu.server.cli;

import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.server.JnpuServer;
import io.github.jnpu.server.ServerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The command line before a server that wants a key. */
class ServerClientTest {
    @TempDir
    Path folder;

    private JnpuServer start() {
        return JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0", "JNPU_API_KEY", "k1"))
                .withStore(new ModelStore(folder, false)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"JNPU_API_KEY", "OLLAMA_API_KEY"})
    void theKeyOfTheEnvironmentIsSent(String variable) throws Exception {
        try (JnpuServer server = start();
                ServerClient client = new ServerClient(ServerAddress.of("127.0.0.1:" + server.port()), Map.of(variable,
                        "k1"))) {
            assertThat(client.get("/api/ps").orThrow().path("models").isArray()).isTrue();
        }
    }

    @Test
    void withoutOneTheServerSaysWhatItWants() throws Exception {
        try (JnpuServer server = start();
                ServerClient client = new ServerClient(ServerAddress.of("127.0.0.1:" + server.port()), Map.of())) {
            ServerClient.Reply reply = client.get("/api/ps");
            assertThatThrownBy(reply::orThrow).hasMessageStartingWith("this server wants a key");
        }
    }
}
