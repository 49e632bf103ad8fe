package io.github.jnpu.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** Asks the running server which models it holds in memory. */
@Command(name = "ps", mixinStandardHelpOptions = true, description = {
        "List the models that the running server holds in memory.",
        "OLLAMA_HOST says where the server is (default 127.0.0.1:11434)."}, footer = {"", "Examples:",
                "  jnpu ps", "  jnpu ps --verbose", "  OLLAMA_HOST=gpu-box:11434 jnpu ps"})
final class PsCommand implements Callable<Integer> {
    /** Ollama writes "for ever" as a time some three hundred years ahead. */
    private static final Duration FOREVER = Duration.ofDays(365 * 100L);
    private static final int ID_LENGTH = 12;

    @ParentCommand
    private Jnpu jnpu;

    @Parameters(arity = "0..1", paramLabel = "PREFIX", description = "List only models whose names begin like this.")
    private String prefix = "";

    @Option(names = {"-v",
            "--verbose"}, description = "Say of each stage what runs it, why, how fast, and why nothing else does.")
    private boolean verbose;

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (ServerClient server = new ServerClient(ServerAddress.ofEnvironment())) {
            print(server.get("/api/ps").orThrow().path("models"), prefix, verbose, jnpu
                    .console().out());
        }
        return 0;
    }

    static void print(JsonNode all, String prefix, boolean verbose, PrintStream out) {
        List<JsonNode> models = new ArrayList<>();
        all.forEach(model -> {
            if (model.path("name").asText().toLowerCase(Locale.ROOT).startsWith(prefix.toLowerCase(Locale.ROOT))) {
                models.add(model);
            }
        });
        Table table = new Table("NAME", "ID", "SIZE", "PROCESSOR", "CONTEXT", "UNTIL");
        Instant now = Instant.now();
        for (JsonNode model : models) {
            long size = model.path("size").asLong();
            String digest = model.path("digest").asText();
            table.add(model.path("name").asText(), digest.substring(0, Math.min(ID_LENGTH, digest.length())),
                    Quantity.bytes(size), processor(model, size, model.path("size_vram").asLong()),
                    model.path("context_length").asText(), until(model.path("expires_at").asText(), now));
        }
        table.print(out);
        if (verbose) {
            models.forEach(model -> explain(model, out));
        }
    }

    private static void explain(JsonNode model, PrintStream out) {
        out.printf("%n%s%n", model.path("name").asText());
        model.path("warnings").forEach(warning -> out.printf("  warning: %s%n", warning.asText()));
        for (JsonNode stage : model.path("placement")) {
            out.printf("  %-8s%s on %s, %s%n", stage.path("stage").asText(), stage.path("backend").asText(),
                    stage.path("device").asText(), Quantity.bytes(stage.path("memory_bytes").asLong()));
            detail(out, "why here", stage.path("reason").asText());
            detail(out, "precision", stage.path("precision").asText());
            detail(out, "self-check", stage.path("self_check").asText(""));
            if (stage.hasNonNull("nodes_on_device")) {
                int there = stage.path("nodes_on_device").asInt();
                detail(out, "nodes", "%d of %d on the device".formatted(there, there + stage.path("nodes_elsewhere")
                        .asInt()));
            }
            if (stage.path("tokens").asLong() > 0) {
                detail(out, "speed", String.format(Locale.ROOT, "%.1f tokens/s lately, %d tokens so far", stage.path(
                        "tokens_per_second").asDouble(), stage.path("tokens").asLong()));
            }
            if (stage.path("moved_tokens").asLong() > 0) {
                detail(out, "KV cache",
                        String.format(Locale.ROOT, "of %d tokens came from another device: %s in %.1f ms",
                                stage.path("moved_tokens").asLong(), Quantity.bytes(stage.path("moved_bytes").asLong()),
                                stage
                                        .path("move_seconds").asDouble() * 1e3));
            }
            for (JsonNode other : stage.path("not_used")) {
                detail(out, "not", "%s: %s".formatted(other.path("name").asText(), other.path("reason").asText()));
            }
        }
    }

    private static void detail(PrintStream out, String name, String text) {
        if (!text.isEmpty() && !text.equals("null")) {
            out.printf("          %-11s %s%n", name, text);
        }
    }

    private static String processor(JsonNode model, long size, long inDeviceMemory) {
        Map<String, List<String>> stages = new LinkedHashMap<>();
        model.path("placement").forEach(stage -> stages.computeIfAbsent(stage.path("acceleration_type").asText(),
                _ -> new ArrayList<>()).add(stage.path("stage").asText()));
        if (stages.size() == 1) {
            return "100% " + stages.keySet().iterator().next();
        }
        if (stages.size() > 1) {
            return stages.entrySet().stream().map(entry -> "%s %s".formatted(String.join("+", entry.getValue()), entry
                    .getKey())).collect(Collectors.joining(", "));
        }
        // Ollama's own server says no more than this.
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
