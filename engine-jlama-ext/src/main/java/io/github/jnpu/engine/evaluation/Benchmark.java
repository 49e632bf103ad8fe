package io.github.jnpu.engine.evaluation;

import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.backend.DecoderSequence;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Prefill and decode speed as {@code llama-bench} defines them: random tokens, an empty context, no sampling; prefill runs all
 * prompt tokens and gives one row of logits, decode runs one token after the other and gives logits each time.
 *
 * <p>Each is run to warm up for at least a second before it is measured: the just-in-time compiler needs that where a C program
 * does not. A large model takes longer than that for one run.
 *
 * @param prefill
 *            in tokens per second
 * @param decode
 *            in tokens per second
 * @param load
 *            from opening the file until the model was ready
 * @param peakMemoryBytes
 *            the largest resident size that the process had, mapped weights included
 * @param device
 *            what it ran on
 */
public record Benchmark(Speed prefill, Speed decode, Duration load, long peakMemoryBytes, String device, int threads) {

    private static final long WARM_UP_NANOS = 1_000_000_000;

    /**
     * What to measure.
     *
     * @param promptTokens
     *            for prefill; 0 to leave it out
     * @param generatedTokens
     *            for decode; 0 to leave it out
     * @param repetitions
     *            how often each is measured
     */
    public record Settings(int promptTokens, int generatedTokens, int repetitions) {
        public Settings {
            if (promptTokens < 0 || generatedTokens < 0 || repetitions < 1) {
                throw new IllegalArgumentException(
                        "token counts must not be negative, repetitions at least 1: %d, %d, %d"
                                .formatted(promptTokens, generatedTokens, repetitions));
            }
        }
    }

    /**
     * A measured speed.
     *
     * @param mean
     *            over all repetitions, in tokens per second; 0 if it was left out
     * @param standardDeviation
     *            between them
     */
    public record Speed(double mean, double standardDeviation) {
        static Speed of(double[] samples) {
            double mean = 0;
            for (double sample : samples) {
                mean += sample / samples.length;
            }
            double variance = 0;
            for (double sample : samples) {
                variance += (sample - mean) * (sample - mean) / Math.max(1, samples.length - 1);
            }
            return new Speed(mean, Math.sqrt(variance));
        }
    }

    /**
     * Loads a model, measures it and closes it.
     *
     * @param loader
     *            opens the file and loads it
     * @throws EngineException
     *             if it cannot be loaded
     */
    public static Benchmark measure(Supplier<LanguageModel> loader, Settings settings) {
        long start = System.nanoTime();
        try (LanguageModel model = loader.get()) {
            Duration load = Duration.ofNanos(System.nanoTime() - start);
            int[] tokens = randomTokens(model, Math.max(settings.promptTokens(), settings.generatedTokens()));
            Speed prefill = speed(model, settings.promptTokens(), settings.repetitions(),
                    (sequence, logits) -> sequence.forward(tokens, 0, settings.promptTokens(), logits));
            Speed decode = speed(model, settings.generatedTokens(), settings.repetitions(), (sequence, logits) -> {
                for (int i = 0; i < settings.generatedTokens(); i++) {
                    sequence.forward(tokens, i, 1, logits);
                }
            });
            return new Benchmark(prefill, decode, load, readPeakMemory(), model.placement().backend().device(),
                    model.threads());
        }
    }

    private interface Work {
        void run(DecoderSequence sequence, float[] logits);
    }

    private static Speed speed(LanguageModel model, int tokens, int repetitions, Work work) {
        if (tokens == 0) {
            return new Speed(0, 0);
        }
        double[] samples = model.compute(tokens, sequence -> {
            float[] logits = new float[model.config().vocabularySize()];
            double[] speeds = new double[repetitions];
            long warmUp = System.nanoTime();
            do {
                run(work, sequence, logits);
            } while (System.nanoTime() - warmUp < WARM_UP_NANOS);
            for (int i = 0; i < repetitions; i++) {
                speeds[i] = tokens * 1e9 / run(work, sequence, logits);
            }
            return speeds;
        });
        return Speed.of(samples);
    }

    /** How many nanoseconds one run takes from an empty context. */
    private static long run(Work work, DecoderSequence sequence, float[] logits) {
        sequence.truncate(0);
        long start = System.nanoTime();
        work.run(sequence, logits);
        return System.nanoTime() - start;
    }

    private static int[] randomTokens(LanguageModel model, int count) {
        // Always the same ones, so that two runs do the same work.
        return new SplittableRandom(1).ints(count, 0, model.config().vocabularySize()).toArray();
    }

    /** Linux counts it; elsewhere the sum of the JVM's own pools is a lower bound. */
    private static long readPeakMemory() {
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
}
