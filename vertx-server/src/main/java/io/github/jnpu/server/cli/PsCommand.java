package io.github.jnpu.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.engine.EngineException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.concurrent.Callable;

/** Asks the running server which models it holds in memory. */
@Command(name = "ps", mixinStandardHelpOptions = true, description = {
        "List the models that the running server holds in memory.",
        "OLLAMA_HOST says where the server is (default 127.0.0.1:11434)."}, footer = {"", "Examples:",
                "  jnpu ps", "  OLLAMA_HOST=gpu-box:11434 jnpu ps"})
final class PsCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    /** Ollama writes "for ever" as a time some three hundred years ahead. */
    private static final Duration FOREVER = Duration.ofDays(365 * 100L);
    private static final int ID_LENGTH = 12;

    @ParentCommand
    private Jnpu jnpu;

    @Override
    public Integer call() throws IOException, InterruptedException {
        JsonNode models = ask(ServerAddress.ofEnvironment().uri("/api/ps")).path("models");
        Table table = new Table("NAME", "ID", "SIZE", "PROCESSOR", "CONTEXT", "UNTIL");
        Instant now = Instant.now();
        for (JsonNode model : models) {
            long size = model.path("size").asLong();
            String digest = model.path("digest").asText();
            table.add(model.path("name").asText(), digest.substring(0, Math.min(ID_LENGTH, digest.length())),
                    Quantity.bytes(size), processor(size, model.path("size_vram").asLong()),
                    model.path("context_length").asText(), until(model.path("expires_at").asText(), now));
        }
        table.print(jnpu.console().out());
        return 0;
    }

    private static JsonNode ask(URI uri) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
            HttpResponse<String> response = client.send(HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(),
                    HttpResponse.BodyHandlers.ofString());
            JsonNode answer = new ObjectMapper().readTree(response.body());
            if (response.statusCode() != 200) {
                throw new EngineException(answer.path("error").asText("the server answers " + response.statusCode()));
            }
            return answer;
        } catch (ConnectException | HttpTimeoutException e) {
            throw new EngineException(
                    "could not connect to the server at %s, run 'jnpu serve' to start it".formatted(uri.getAuthority()),
                    e);
        }
    }

    private static String processor(long size, long inDeviceMemory) {
        if (inDeviceMemory == 0 || size == 0) {
            return "100% CPU";
        }
        long share = Math.round(100.0 * (size - inDeviceMemory) / size);
        return inDeviceMemory >= size ? "100% GPU" : "%d%%/%d%% CPU/GPU".formatted(share, 100 - share);
    }

    private static String until(String time, Instant now) {
        try {
            Instant moment = OffsetDateTime.parse(time).toInstant();
            if (Duration.between(now, moment).compareTo(FOREVER) > 0) {
                return "Forever";
            }
            return moment.isBefore(now) ? "Stopping..." : Quantity.relative(moment, now);
        } catch (DateTimeParseException e) {
            return time;
        }
    }
}
