package io.github.jnpu.benchmarks;

import io.github.jnpu.engine.sampling.Sampler;
import io.github.jnpu.engine.sampling.SamplingOptions;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** Drawing one token, with the copy of the logits that a sampler may change. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class SamplerBenchmark {
    /** Llama 2's and Llama 3's. */
    @Param({"32000", "128256"})
    public int vocabulary;

    private float[] source;
    private float[] logits;
    private Sampler greedy;
    private Sampler ollamaDefault;

    @Setup
    public void prepare() {
        source = Weights.gaussian(new SplittableRandom(1), vocabulary, 2);
        logits = new float[vocabulary];
        greedy = new Sampler(SamplingOptions.GREEDY, vocabulary, new int[0]);
        ollamaDefault = new Sampler(SamplingOptions.DEFAULT, vocabulary, new int[0]);
    }

    @Benchmark
    public int greedy() {
        System.arraycopy(source, 0, logits, 0, vocabulary);
        return greedy.sample(logits);
    }

    @Benchmark
    public int ollamaDefault() {
        System.arraycopy(source, 0, logits, 0, vocabulary);
        return ollamaDefault.sample(logits);
    }
}
