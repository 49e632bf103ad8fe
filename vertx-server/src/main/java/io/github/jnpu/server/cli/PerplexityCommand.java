package io.github.jnpu.server.cli;

import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.evaluation.Perplexity;
import io.github.jnpu.server.cli.ModelLoading.LoadedModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;

/** Measures how well a model predicts a text. */
@Command(name = "perplexity", mixinStandardHelpOptions = true, description = {
        "Measure how well a model predicts a text: lower is better.",
        "As llama.cpp defines it: the text is cut into chunks, each begins with BOS where the model wants it, and the second half of each chunk is scored."}, footer = {
                "",
                "Examples:",
                "  jnpu perplexity -m ./model.gguf -f wiki.test.raw",
                "  jnpu perplexity -m ./model.gguf -f book.txt -c 128 --chunks 8 --json"})
final class PerplexityCommand implements Callable<Integer> {
    @ParentCommand
    private Jnpu jnpu;

    @Option(names = {"-m",
            "--model"}, required = true, paramLabel = "MODEL", description = "A name in the store, 'demo', or a path to a GGUF file.")
    private String model;

    @Option(names = {"-f", "--file"}, required = true, paramLabel = "FILE", description = "The text, in UTF-8.")
    private Path file;

    @Option(names = {"-c",
            "--ctx-size"}, paramLabel = "N", defaultValue = "512", description = "Tokens in a chunk (default ${DEFAULT-VALUE}).")
    private int contextLength;

    @Option(names = "--chunks", paramLabel = "N", defaultValue = "0", description = "How many chunks at most; 0 for all (default ${DEFAULT-VALUE}).")
    private int chunks;

    @Option(names = {"-t",
            "--threads"}, paramLabel = "N", defaultValue = "0", description = "Cores to use; 0 for all (default ${DEFAULT-VALUE}).")
    private int threads;

    @Option(names = "--kv-cache-type", paramLabel = "TYPE", defaultValue = "f16", converter = KvCacheTypeConverter.class, description = "Number format of the KV cache: f32, f16, bf16 or q8_0 (default ${DEFAULT-VALUE}).")
    private KvCacheType cacheType;

    @Option(names = "--json", description = "Print a JSON object.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        Console console = jnpu.console();
        if (Files.isDirectory(file)) {
            throw new EngineException("%s is a folder; give a text file".formatted(file));
        }
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        ModelOptions options = ModelOptions.DEFAULT.withThreads(threads).withContextLength(contextLength)
                .withCacheType(cacheType);
        Perplexity result;
        try (LoadedModel loaded = ModelLoading.load(console, model, options)) {
            result = Perplexity.measure(loaded.model(), text, contextLength, chunks,
                    running -> reportProgress(console, running));
        }
        print(console.out(), result);
        return 0;
    }

    /** The running values, as llama.cpp prints them; they belong to standard error, where a script does not read them. */
    private void reportProgress(Console console, Perplexity running) {
        if (!json || console.errorIsTerminal()) {
            console.err().printf(Locale.ROOT, "[%d]%.4f%n", running.chunks(), running.perplexity());
        }
    }

    private void print(PrintStream out, Perplexity result) {
        if (!json) {
            out.printf(Locale.ROOT, "perplexity %.4f +/- %.4f over %d tokens in %d chunks of %d%n", result.perplexity(),
                    result.standardError(), result.scoredTokens(), result.chunks(), contextLength);
            return;
        }
        JsonOutput.printObject(out, generator -> {
            generator.writeNumberField("perplexity", result.perplexity());
            generator.writeNumberField("standard_error", result.standardError());
            generator.writeNumberField("chunks", result.chunks());
            generator.writeNumberField("scored_tokens", result.scoredTokens());
            generator.writeNumberField("context_length", contextLength);
        });
    }
}
