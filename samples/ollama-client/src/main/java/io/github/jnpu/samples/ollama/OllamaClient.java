package io.github.jnpu.samples.ollama;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/** Runs a program for Ollama against the server that OLLAMA_HOST names, or against one of its own. */
@Command(name = "ollama-client", description = {
        "Runs an unchanged langchain4j-ollama program: a list of models, a chat, a streamed one, embeddings.",
        "It talks to the server that OLLAMA_HOST names; if it names none, to jnpu's server in this process."})
public final class OllamaClient implements Callable<Integer> {
    private static final int DEFAULT_PORT = 11434;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    private boolean help;

    @Option(names = "--model", paramLabel = "NAME", defaultValue = "demo", description = "What chats (default ${DEFAULT-VALUE}).")
    private String modelName;

    @Option(names = "--embedding", paramLabel = "NAME", defaultValue = "all-minilm", description = "What embeds (default ${DEFAULT-VALUE}).")
    private String embeddingName;

    @Parameters(paramLabel = "QUESTION", description = "In one or more words.")
    private List<String> words = List.of("What does an NPU do?");

    @Spec
    private CommandSpec spec;

    private final Map<String, String> environment;

    OllamaClient(Map<String, String> environment) {
        this.environment = environment;
    }

    public static void main(String[] arguments) {
        System.exit(commandLine(System.getenv()).execute(arguments));
    }

    static CommandLine commandLine(Map<String, String> environment) {
        return new CommandLine(new OllamaClient(environment)).setParameterExceptionHandler((e, arguments) -> fail(e
                .getCommandLine(), e, e.getMessage())).setExecutionExceptionHandler((e, command, result) -> {
                    boolean unreachable = Stream.iterate((Throwable) e, Objects::nonNull, Throwable::getCause).anyMatch(
                            cause -> cause instanceof ConnectException || cause instanceof UnknownHostException);
                    return fail(command, e, unreachable
                            ? "no server answers at %s (OLLAMA_HOST); start one with ./jnpu serve".formatted(url(
                                    environment.get("OLLAMA_HOST")))
                            : String.valueOf(e.getMessage()));
                });
    }

    private static int fail(CommandLine command, Exception e, String message) {
        command.getErr().println("Error: " + message.lines().findFirst().orElse(e.toString()));
        return 1;
    }

    @Override
    public Integer call() {
        String host = environment.getOrDefault("OLLAMA_HOST", "").strip();
        if (!host.isEmpty()) {
            run(url(host));
            return 0;
        }
        try (OwnServer server = new OwnServer(environment)) {
            run(server.url());
        }
        return 0;
    }

    private void run(String url) {
        PrintWriter out = spec.commandLine().getOut();
        try {
            new OllamaProgram(url, modelName, embeddingName, String.join(" ", words), out).run();
        } finally {
            out.flush();
        }
    }

    /** OLLAMA_HOST as people write it: scheme and port may be missing. */
    static String url(String host) {
        String withScheme = host.contains("://") ? host : "http://" + host;
        String address = withScheme.substring(withScheme.indexOf("://") + 3).replaceAll("/+$", "");
        boolean port = address.substring(address.lastIndexOf(']') + 1).contains(":");
        return withScheme.startsWith("https://")
                ? "https://" + address
                : "http://" + address + (port ? "" : ":" + DEFAULT_PORT);
    }
}
