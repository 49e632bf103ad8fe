package io.github.jnpu.server.cli;

import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.evaluation.Benchmark;
import io.github.jnpu.engine.store.ModelLocator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.Callable;

/** Measures how fast a model runs here. */
@Command(name = "bench", mixinStandardHelpOptions = true, description = {
        "Measure how fast a model runs here.",
        "As llama-bench does: prefill runs all prompt tokens at once, decode one token after the other, both from an empty context and without sampling. Each runs once more before, to warm up."}, footer = {
                "", "Examples:",
                "  jnpu bench -m ./model.gguf",
                "  jnpu bench -m demo -p 128 -n 32 -r 5 -t 1 --json"})
final class BenchCommand implements Callable<Integer> {
    @ParentCommand
    private Jnpu jnpu;

    @Option(names = {"-m",
            "--model"}, required = true, paramLabel = "MODEL", description = "A name in the store, 'demo', or a path to a GGUF file.")
    private String model;

    @Option(names = {"-p",
            "--n-prompt"}, paramLabel = "N", defaultValue = "512", description = "Tokens to prefill; 0 to leave it out (default ${DEFAULT-VALUE}).")
    private int promptTokens;

    @Option(names = {"-n",
            "--n-gen"}, paramLabel = "N", defaultValue = "128", description = "Tokens to decode; 0 to leave it out (default ${DEFAULT-VALUE}).")
    private int generatedTokens;

    @Option(names = {"-r",
            "--repetitions"}, paramLabel = "N", defaultValue = "3", description = "How often each is measured (default ${DEFAULT-VALUE}).")
    private int repetitions;

    @Option(names = {"-t",
            "--threads"}, paramLabel = "N", defaultValue = "0", description = "Cores to use; 0 for all (default ${DEFAULT-VALUE}).")
    private int threads;

    @Option(names = "--backend", paramLabel = "NAME", description = "The backend to measure (default: the fastest).")
    private String backend;

    @Option(names = "--json", description = "Print a JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        Benchmark.Settings settings = new Benchmark.Settings(promptTokens, generatedTokens, repetitions);
        ModelOptions defaults = ModelOptions.DEFAULT.withThreads(threads);
        ModelOptions options = backend == null ? defaults : defaults.withBackend(backend);
        Benchmark result;
        try (Spinner _ = Spinner.start(jnpu.console(), "measuring " + model)) {
            result = Benchmark.measure(() -> LanguageModel.load(ModelLocator.open(model), options), settings);
        }
        print(jnpu.console().out(), result);
        return 0;
    }

    private void print(PrintStream out, Benchmark result) {
        double loadSeconds = result.load().toNanos() / 1e9;
        if (!json) {
            out.printf(Locale.ROOT, "%-10s %s, %d thread%s%n", "device", result.device(), result.threads(),
                    result.threads() == 1 ? "" : "s");
            out.printf(Locale.ROOT, "%-10s %.2f s%n", "load", loadSeconds);
            printSpeed(out, "prefill", promptTokens, result.prefill());
            printSpeed(out, "decode", generatedTokens, result.decode());
            out.printf(Locale.ROOT, "%-10s %s at most%n", "memory", Quantity.bytes(result.peakMemoryBytes()));
            return;
        }
        JsonOutput.printObject(out, generator -> {
            generator.writeStringField("model", model);
            generator.writeNumberField("prompt_tokens", promptTokens);
            generator.writeNumberField("generated_tokens", generatedTokens);
            generator.writeNumberField("repetitions", repetitions);
            generator.writeNumberField("prefill_tokens_per_second", result.prefill().mean());
            generator.writeNumberField("prefill_standard_deviation", result.prefill().standardDeviation());
            generator.writeNumberField("decode_tokens_per_second", result.decode().mean());
            generator.writeNumberField("decode_standard_deviation", result.decode().standardDeviation());
            generator.writeNumberField("load_seconds", loadSeconds);
            generator.writeNumberField("peak_memory_bytes", result.peakMemoryBytes());
            generator.writeStringField("device", result.device());
            generator.writeNumberField("threads", result.threads());
        });
    }

    private static void printSpeed(PrintStream out, String name, int tokens, Benchmark.Speed speed) {
        if (tokens > 0) {
            out.printf(Locale.ROOT, "%-10s %.2f +/- %.2f tokens/s over %d tokens%n", name, speed.mean(),
                    speed.standardDeviation(), tokens);
        }
    }
}
