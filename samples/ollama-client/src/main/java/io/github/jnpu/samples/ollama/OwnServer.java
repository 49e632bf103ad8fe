package io.github.jnpu.samples.ollama;

import io.github.jnpu.server.JnpuServer;
import io.github.jnpu.server.ServerOptions;

import java.util.HashMap;
import java.util.Map;

/** jnpu's server in this process, on a free port of this machine; the only place of the sample that knows jnpu. */
final class OwnServer implements AutoCloseable {
    private final JnpuServer server;

    OwnServer(Map<String, String> environment) {
        Map<String, String> own = new HashMap<>(environment);
        own.put("OLLAMA_HOST", "127.0.0.1:0");
        // A key that guards another server; the program below has none.
        own.remove("JNPU_API_KEY");
        this.server = JnpuServer.start(ServerOptions.of(own));
    }

    String url() {
        return "http://127.0.0.1:" + server.port();
    }

    @Override
    public void close() {
        server.close();
    }
}
