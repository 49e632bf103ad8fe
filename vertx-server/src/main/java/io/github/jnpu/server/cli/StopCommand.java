package io.github.jnpu.server.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jnpu.engine.EngineException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.util.concurrent.Callable;

/** Has the running server let go of a model. */
@Command(name = "stop", mixinStandardHelpOptions = true, description = {
        "Unload a model from the running server; answers that are being written are finished first.",
        "OLLAMA_HOST says where the server is (default 127.0.0.1:11434)."}, footer = {"", "Examples:",
                "  jnpu stop llama3.2"})
final class StopCommand implements Callable<Integer> {
    private static final int NOT_FOUND = 404;

    @Parameters(paramLabel = "MODEL", description = "A name, as 'jnpu ps' shows it.")
    private String model;

    @Override
    public Integer call() throws IOException, InterruptedException {
        ObjectNode request = JsonNodeFactory.instance.objectNode().put("model", model).put("keep_alive", 0);
        try (ServerClient server = new ServerClient(ServerAddress.ofEnvironment())) {
            ServerClient.Reply reply = server.post("/api/generate", request);
            if (reply.status() == NOT_FOUND) {
                throw new EngineException("couldn't find model \"%s\" to stop".formatted(model));
            }
            reply.orThrow();
        }
        return 0;
    }
}
