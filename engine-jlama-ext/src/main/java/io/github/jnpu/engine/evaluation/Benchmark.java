package io.github.jnpu.engine.evaluation;

import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.Stage;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A loaded model whose prefill and decode speed are measured as {@code llama-bench} defines them: random tokens, an empty context
 * or one of a given depth, no sampling; prefill runs all prompt tokens and gives one row of logits, decode runs one token after the other and gives logits
 * each time.
 *
 * <p>Each is run to warm up before it is measured, for a second at least and then until it gets no faster, which the just-in-time
 * compiler needs where a C program does not. For one thread.
 */
public final class Benchmark implements AutoCloseable {
    private static final long SHORTEST_WARM_UP = 1_000_000_000;
    /** A large model takes seconds for one run, in which everything hot is compiled. */
    private static final long LONGEST_WARM_UP = 5_000_000_000L;
    /** Warm is what has not been faster by a twentieth for so many runs. */
    private static final int STEADY_RUNS = 5;
    private static final double FASTER = 0.95;

    private final LanguageModel model;
    private final Duration load;

    /**
     * What is measured.
     *
     * @param stage
     *            {@link Stage#PREFILL} or {@link Stage#DECODE}
     * @param tokens
     *            how many, at least 1
     * @param depth
     *            tokens that are in the context before, which attention reads; not counted
     */
    public record Test(Stage stage, int tokens, int depth) {
        public Test {
            if (stage == Stage.EMBED || tokens < 1 || depth < 0) {
                throw new IllegalArgumentException(
                        "a test is prefill or decode of at least one token, not %s of %d behind %d".formatted(stage,
                                tokens, depth));
            }
        }

        /** One in an empty context. */
        public Test(Stage stage, int tokens) {
            this(stage, tokens, 0);
        }

        /** llama-bench's name for it: {@code pp512}, {@code tg128 @ d8192}. */
        public String label() {
            return (stage == Stage.PREFILL ? "pp" : "tg") + tokens + (depth == 0 ? "" : " @ d" + depth);
        }
    }

    /**
     * What was measured.
     *
     * @param nanos
     *            of each repetition
     */
    public record Result(Test test, long[] nanos) {

        /** In tokens per second, of each repetition. */
        public double[] tokensPerSecond() {
            double[] speeds = new double[nanos.length];
            for (int i = 0; i < nanos.length; i++) {
                speeds[i] = test.tokens * 1e9 / nanos[i];
            }
            return speeds;
        }

        /** In tokens per second. */
        public Spread speed() {
            return Spread.of(tokensPerSecond());
        }

        /** In nanoseconds. */
        public Spread duration() {
            double[] durations = new double[nanos.length];
            for (int i = 0; i < nanos.length; i++) {
                durations[i] = nanos[i];
            }
            return Spread.of(durations);
        }
    }

    /**
     * How samples lie.
     *
     * @param standardDeviation
     *            of the samples, 0 if there is one
     */
    public record Spread(double mean, double standardDeviation) {
        static Spread of(double[] samples) {
            double mean = 0;
            for (double sample : samples) {
                mean += sample / samples.length;
            }
            double variance = 0;
            for (double sample : samples) {
                variance += (sample - mean) * (sample - mean) / Math.max(1, samples.length - 1);
            }
            return new Spread(mean, Math.sqrt(variance));
        }
    }

    private Benchmark(LanguageModel model, Duration load) {
        this.model = model;
        this.load = load;
    }

    /**
     * Loads a model.
     *
     * @param loader
     *            opens the file and loads it; the model is closed with the benchmark
     * @throws EngineException
     *             if it cannot be loaded
     */
    public static Benchmark load(Supplier<LanguageModel> loader) {
        long start = System.nanoTime();
        LanguageModel model = loader.get();
        return new Benchmark(model, Duration.ofNanos(System.nanoTime() - start));
    }

    /** From opening the file until the model was ready. */
    public Duration loadDuration() {
        return load;
    }

    /** The model that is measured. */
    public LanguageModel model() {
        return model;
    }

    /** What it runs on. */
    public String device() {
        return model.placement().backend().device();
    }

    /**
     * Warms up and measures.
     *
     * @param repetitions
     *            how often, at least once
     * @param progress
     *            hears the number of the repetition that begins, 0 for the warming up
     */
    public Result measure(Test test, int repetitions, IntConsumer progress) {
        if (repetitions < 1) {
            throw new IllegalArgumentException("at least one repetition, not " + repetitions);
        }
        // Always the same ones, so that two runs do the same work.
        int[] tokens = new SplittableRandom(1)
                .ints(Math.max(test.tokens, test.depth), 0, model.config().vocabularySize()).toArray();
        return model.compute(test.depth + test.tokens, sequence -> {
            float[] logits = new float[model.config().vocabularySize()];
            long[] nanos = new long[repetitions];
            progress.accept(0);
            if (test.depth > 0) {
                sequence.forward(tokens, 0, test.depth, null);
            }
            warmUp(test, sequence, tokens, logits);
            for (int i = 0; i < repetitions; i++) {
                progress.accept(i + 1);
                nanos[i] = run(test, sequence, tokens, logits);
            }
            return new Result(test, nanos);
        });
    }

    private static void warmUp(Test test, DecoderSequence sequence, int[] tokens, float[] logits) {
        long start = System.nanoTime();
        long best = Long.MAX_VALUE;
        int steady = 0;
        long elapsed = 0;
        while (elapsed < SHORTEST_WARM_UP || steady < STEADY_RUNS && elapsed < LONGEST_WARM_UP) {
            long nanos = run(test, sequence, tokens, logits);
            steady = nanos < best * FASTER ? 0 : steady + 1;
            best = Math.min(best, nanos);
            elapsed = System.nanoTime() - start;
        }
    }

    /** How many nanoseconds one run takes. */
    private static long run(Test test, DecoderSequence sequence, int[] tokens, float[] logits) {
        sequence.truncate(test.depth);
        long start = System.nanoTime();
        if (test.stage == Stage.PREFILL) {
            sequence.forward(tokens, 0, test.tokens, logits);
        } else {
            for (int i = 0; i < test.tokens; i++) {
                sequence.forward(tokens, i, 1, logits);
            }
        }
        return System.nanoTime() - start;
    }

    /**
     * The largest resident size that this process had, in bytes, mapped weights included. Linux counts it; elsewhere the sum of the
     * JVM's own pools is a lower bound.
     */
    public static long peakMemoryBytes() {
        Path status = Path.of("/proc/self/status");
        if (Files.isReadable(status)) {
            try (Stream<String> lines = Files.lines(status)) {
                return lines.filter(line -> line.startsWith("VmHWM:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024).findFirst().orElse(0);
            } catch (IOException e) {
                throw new EngineException("cannot read " + status, e);
            }
        }
        return ManagementFactory.getMemoryPoolMXBeans().stream().map(MemoryPoolMXBean::getPeakUsage)
                .mapToLong(usage -> usage.getUsed()).sum();
    }

    @Override
    public void close() {
        model.close();
    }
}
