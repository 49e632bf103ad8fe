package io.github.jnpu.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.engine.EngineException;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Asks the running server, Ollama's or ours, that {@code OLLAMA_HOST} names. */
final class ServerClient implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int OK = 200;

    private final ServerAddress address;
    private final Optional<String> key;
    private final HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

    ServerClient(ServerAddress address) {
        this(address, System.getenv());
    }

    /**
     * @param environment
     *            where the server's key may be: the variable of our server first, then that of Ollama's clients
     */
    ServerClient(ServerAddress address, Map<String, String> environment) {
        this.address = address;
        this.key = Stream.of("JNPU_API_KEY", "OLLAMA_API_KEY").map(name -> environment.getOrDefault(name, "").strip())
                .filter(value -> !value.isEmpty()).findFirst();
    }

    /** An answer of the server, which may be a refusal. */
    record Reply(int status, JsonNode body) {
        boolean isOk() {
            return status == OK;
        }

        /** The answer of a request that must not fail. */
        JsonNode orThrow() {
            if (!isOk()) {
                throw new EngineException(body.path("error").asText("the server answers " + status));
            }
            return body;
        }
    }

    Reply get(String route) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(address.uri(route)));
    }

    Reply post(String route, JsonNode body) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(address.uri(route)).header("Content-Type", "application/json").POST(
                BodyPublishers.ofString(body.toString())));
    }

    private Reply send(HttpRequest.Builder request) throws IOException, InterruptedException {
        key.ifPresent(value -> request.header("Authorization", "Bearer " + value));
        try {
            HttpResponse<String> response = client.send(request.timeout(TIMEOUT).build(),
                    HttpResponse.BodyHandlers.ofString());
            return new Reply(response.statusCode(), JSON.readTree(response.body()));
        } catch (ConnectException | HttpTimeoutException e) {
            throw new EngineException("could not connect to the server at %s, run 'jnpu serve' to start it".formatted(
                    address.uri("").getAuthority()), e);
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
