package io.github.jnpu.server.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.evaluation.Benchmark;
import io.github.jnpu.engine.evaluation.Benchmark.Result;
import io.github.jnpu.engine.evaluation.Benchmark.Spread;
import io.github.jnpu.probe.HardwareProbe;
import io.github.jnpu.server.JnpuVersion;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints what {@code jnpu bench} measures, in one of its formats. */
sealed interface BenchmarkReport {

    /** A test has been measured. */
    void add(BenchmarkSubject subject, Benchmark benchmark, Result result);

    /** All tests have been measured. */
    void finish();

    /** llama-bench's Markdown table, line by line, and below it what is true for all of them. */
    final class Markdown implements BenchmarkReport {
        private static final String ROW = "| %-30s | %10s | %10s | %-29s | %7s | %15s | %20s |%n";

        private final PrintStream out;
        private boolean started;

        Markdown(PrintStream out) {
            this.out = out;
        }

        @Override
        public void add(BenchmarkSubject subject, Benchmark benchmark, Result result) {
            if (!started) {
                started = true;
                out.printf(Locale.ROOT, ROW, "model", "size", "params", "backend", "threads", "test", "t/s");
                out.printf("| %s | %s: | %s: | %s | %s: | %s: | %s: |%n", "-".repeat(30), "-".repeat(9), "-".repeat(9),
                        "-".repeat(29), "-".repeat(6), "-".repeat(14), "-".repeat(19));
            }
            Spread speed = result.speed();
            out.printf(Locale.ROOT, ROW, subject.type(),
                    "%.2f MiB".formatted(subject.bytes() / (double) (1 << 20)),
                    "%.2f M".formatted(subject.parameters() / 1e6), benchmark.device(), benchmark.model().threads(),
                    result.test().label(), "%.2f ± %.2f".formatted(speed.mean(), speed.standardDeviation()));
            out.flush();
        }

        @Override
        public void finish() {
            out.printf("%njnpu %s, Java %s, %s%nmemory %s at most%n", JnpuVersion.full(), javaVersion(), cpu(),
                    Quantity.bytes(Benchmark.peakMemoryBytes()));
        }
    }

    /** llama-bench's JSON: an array with an object for each test, with its names where it has one for it. */
    final class Json implements BenchmarkReport {
        private final PrintStream out;
        private final List<JsonOutput.Members> objects = new ArrayList<>();

        Json(PrintStream out) {
            this.out = out;
        }

        @Override
        public void add(BenchmarkSubject subject, Benchmark benchmark, Result result) {
            String device = benchmark.device();
            String backend = benchmark.model().placement().backend().name();
            int threads = benchmark.model().threads();
            String cacheType = benchmark.model().options().cacheType().label();
            boolean repack = benchmark.model().options().repack();
            long load = benchmark.loadDuration().toNanos();
            Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
            objects.add(generator -> {
                generator.writeStringField("build_version", JnpuVersion.full());
                generator.writeStringField("java_version", javaVersion());
                generator.writeStringField("cpu_info", cpu());
                generator.writeStringField("backends", backend);
                generator.writeStringField("device", device);
                generator.writeStringField("model_filename", subject.name());
                generator.writeStringField("model_type", subject.type());
                generator.writeNumberField("model_size", subject.bytes());
                generator.writeNumberField("model_n_params", subject.parameters());
                generator.writeNumberField("n_threads", threads);
                generator.writeStringField("type_k", cacheType);
                generator.writeStringField("type_v", cacheType);
                generator.writeBooleanField("repack", repack);
                boolean prefill = result.test().stage() == Stage.PREFILL;
                generator.writeNumberField("n_prompt", prefill ? result.test().tokens() : 0);
                generator.writeNumberField("n_gen", prefill ? 0 : result.test().tokens());
                generator.writeNumberField("n_depth", result.test().depth());
                generator.writeStringField("test_time", now.toString());
                writeSamples(generator, result);
                generator.writeNumberField("load_ns", load);
            });
        }

        private static void writeSamples(JsonGenerator generator, Result result) throws IOException {
            generator.writeNumberField("avg_ns", Math.round(result.duration().mean()));
            generator.writeNumberField("stddev_ns", Math.round(result.duration().standardDeviation()));
            generator.writeNumberField("avg_ts", result.speed().mean());
            generator.writeNumberField("stddev_ts", result.speed().standardDeviation());
            generator.writeFieldName("samples_ns");
            generator.writeArray(result.nanos(), 0, result.nanos().length);
            generator.writeFieldName("samples_ts");
            double[] speeds = result.tokensPerSecond();
            generator.writeArray(speeds, 0, speeds.length);
        }

        @Override
        public void finish() {
            JsonOutput.printArray(out, objects);
        }
    }

    /** {@code --json}: one object for one prefill and one decode. */
    final class Summary implements BenchmarkReport {
        private final PrintStream out;
        private final int repetitions;
        private final String cacheType;
        private BenchmarkSubject subject;
        private Benchmark benchmark;
        private Result prefill;
        private Result decode;

        Summary(PrintStream out, int repetitions, String cacheType) {
            this.out = out;
            this.cacheType = cacheType;
            this.repetitions = repetitions;
        }

        @Override
        public void add(BenchmarkSubject measured, Benchmark by, Result result) {
            subject = measured;
            benchmark = by;
            if (result.test().stage() == Stage.PREFILL) {
                prefill = result;
            } else {
                decode = result;
            }
        }

        @Override
        public void finish() {
            JsonOutput.printObject(out, generator -> {
                generator.writeStringField("model", subject.name());
                generator.writeNumberField("prompt_tokens", prefill == null ? 0 : prefill.test().tokens());
                generator.writeNumberField("generated_tokens", decode == null ? 0 : decode.test().tokens());
                generator.writeNumberField("depth", prefill != null ? prefill.test().depth() : decode.test().depth());
                generator.writeStringField("kv_cache_type", cacheType);
                generator.writeNumberField("repetitions", repetitions);
                writeSpeed(generator, "prefill", prefill);
                writeSpeed(generator, "decode", decode);
                generator.writeNumberField("load_seconds", benchmark.loadDuration().toNanos() / 1e9);
                generator.writeNumberField("peak_memory_bytes", Benchmark.peakMemoryBytes());
                generator.writeStringField("device", benchmark.device());
                generator.writeNumberField("threads", benchmark.model().threads());
            });
        }

        private static void writeSpeed(JsonGenerator generator, String name, Result result) throws IOException {
            generator.writeNumberField(name + "_tokens_per_second", result == null ? 0 : result.speed().mean());
            generator.writeNumberField(name + "_standard_deviation",
                    result == null ? 0 : result.speed().standardDeviation());
        }
    }

    private static String javaVersion() {
        return "%s (%s)".formatted(System.getProperty("java.runtime.version"), System.getProperty("java.vendor"));
    }

    private static String cpu() {
        return HardwareProbe.local().cpu().model();
    }
}
