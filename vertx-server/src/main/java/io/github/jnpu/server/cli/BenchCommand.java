package io.github.jnpu.server.cli;

import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.evaluation.Benchmark;
import io.github.jnpu.engine.evaluation.Benchmark.Result;
import io.github.jnpu.engine.evaluation.Benchmark.Test;
import io.github.jnpu.engine.store.ModelLocator;
import io.github.jnpu.engine.store.ModelStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;

/** Measures how fast a model runs here. */
@Command(name = "bench", mixinStandardHelpOptions = true, description = {
        "Measure how fast a model runs here.",
        "As llama-bench does, with its options and its table: prefill (pp) runs all prompt tokens at once, decode (tg) one token after the other, both without sampling, from an empty context or behind -d tokens. Each runs for a second before, to warm up."}, footer = {
                "", "Examples:",
                "  jnpu bench -m ./model.gguf",
                "  jnpu bench -m ./q4_0.gguf -m ./q8_0.gguf -p 128,512 -n 64 -t 1,2",
                "  jnpu bench -m demo -p 128 -n 32 -r 3 -o json"})
final class BenchCommand implements Callable<Integer> {
    enum Format {
        MD, JSON
    }

    @ParentCommand
    private Jnpu jnpu;

    @Spec
    private CommandSpec spec;

    @Option(names = {"-m",
            "--model"}, required = true, paramLabel = "MODEL", description = "A name in the store, 'demo', or a path to a GGUF file. Give it again for more.")
    private List<String> models;

    @Option(names = {"-p",
            "--n-prompt"}, paramLabel = "N", split = ",", defaultValue = "512", description = "Tokens to prefill; 0 to leave it out (default ${DEFAULT-VALUE}).")
    private List<Integer> promptTokens;

    @Option(names = {"-n",
            "--n-gen"}, paramLabel = "N", split = ",", defaultValue = "128", description = "Tokens to decode; 0 to leave it out (default ${DEFAULT-VALUE}).")
    private List<Integer> generatedTokens;

    @Option(names = {"-d",
            "--n-depth"}, paramLabel = "N", defaultValue = "0", description = "Tokens that are in the context before (default ${DEFAULT-VALUE}).")
    private int depth;

    @Option(names = "--kv-cache-type", paramLabel = "TYPE", defaultValue = "f16", converter = KvCacheTypeConverter.class, description = "Number format of the KV cache: f32, f16, bf16 or q8_0 (default ${DEFAULT-VALUE}).")
    private KvCacheType cacheType;

    @Option(names = "--no-repack", description = "Leave the weights in the file's layout.")
    private boolean noRepack;

    @Option(names = "--weight-cache", description = GenerationParameters.WEIGHT_CACHE_HELP)
    private boolean weightCache;

    @Option(names = {"-r",
            "--repetitions"}, paramLabel = "N", defaultValue = "5", description = "How often each is measured (default ${DEFAULT-VALUE}).")
    private int repetitions;

    @Option(names = {"-t",
            "--threads"}, paramLabel = "N", split = ",", defaultValue = "0", description = "Cores to use; 0 for all (default ${DEFAULT-VALUE}).")
    private List<Integer> threads;

    @Mixin
    private PlacementOptions placement;

    @Option(names = {"-o",
            "--output"}, paramLabel = "FORMAT", defaultValue = "md", description = "md: a table; json: an array with llama-bench's names (default ${DEFAULT-VALUE}).")
    private Format format;

    @Option(names = "--json", description = "Print one JSON object for one prefill and one decode.")
    private boolean json;

    @Override
    public Integer call() {
        checkOptions();
        BenchmarkReport report = report(jnpu.console().out());
        List<Test> tests = tests();
        for (BenchmarkSubject subject : models.stream().map(BenchmarkSubject::of).toList()) {
            for (int count : threads) {
                measure(subject, count, tests, report);
            }
        }
        report.finish();
        return 0;
    }

    private void checkOptions() {
        if (repetitions < 1) {
            throw new ParameterException(spec.commandLine(), "-r is at least 1, not " + repetitions);
        }
        for (List<Integer> counts : List.of(promptTokens, generatedTokens, threads)) {
            counts.stream().filter(count -> count < 0).findFirst().ifPresent(count -> {
                throw new ParameterException(spec.commandLine(), "-p, -n and -t are not negative: " + count);
            });
        }
        if (tests().isEmpty()) {
            throw new ParameterException(spec.commandLine(), "Nothing to measure: both -p and -n are 0");
        }
        if (json && (models.size() > 1 || promptTokens.size() > 1 || generatedTokens.size() > 1
                || threads.size() > 1)) {
            throw new ParameterException(spec.commandLine(),
                    "--json is for one model, one -p, one -n and one -t; use -o json for lists");
        }
    }

    private List<Test> tests() {
        List<Test> tests = new ArrayList<>();
        promptTokens.stream().filter(count -> count > 0)
                .forEach(count -> tests.add(new Test(Stage.PREFILL, count, depth)));
        generatedTokens.stream().filter(count -> count > 0)
                .forEach(count -> tests.add(new Test(Stage.DECODE, count, depth)));
        return tests;
    }

    private BenchmarkReport report(PrintStream out) {
        if (json) {
            return new BenchmarkReport.Summary(out, repetitions, cacheType.label());
        }
        return format == Format.JSON ? new BenchmarkReport.Json(out) : new BenchmarkReport.Markdown(out);
    }

    private void measure(BenchmarkSubject subject, int threadCount, List<Test> tests, BenchmarkReport report) {
        ModelOptions options = ModelOptions.DEFAULT.withThreads(threadCount).withCacheType(cacheType)
                .withRepack(!noRepack).withPlace(placement.wish(Optional.empty()))
                .withWeightCache(weightCache ? Optional.of(ModelStore.ofUser().weightCache()) : Optional.empty());
        try (Benchmark benchmark = load(subject, options)) {
            if (!json) {
                jnpu.console().err().printf(Locale.ROOT, "%s: loaded in %.2f s%n", subject.name(),
                        benchmark.loadDuration().toNanos() / 1e9);
            }
            for (Test test : tests) {
                Result result;
                try (Spinner spinner = Spinner.start(jnpu.console(), "measuring " + subject.name())) {
                    result = benchmark.measure(test, repetitions, run -> spinner.show("%s %s: %s".formatted(
                            subject.name(), test.label(),
                            run == 0 ? "warming up" : "run %d of %d".formatted(run, repetitions))));
                }
                report.add(subject, benchmark, result);
            }
        }
    }

    private Benchmark load(BenchmarkSubject subject, ModelOptions options) {
        try (Spinner _ = Spinner.start(jnpu.console(), "loading " + subject.name())) {
            return Benchmark.load(() -> LanguageModel.load(ModelLocator.open(subject.name()), options));
        }
    }
}
