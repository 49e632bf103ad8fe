package io.github.jnpu.benchmarks;

import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.cpu.Kernels;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/** One query of one head against the KV cache, and the sum of the values: {@code bytes} counts those of the cache. */
@State(Scope.Thread)
public class AttentionBenchmark extends KernelBenchmark {
    @Param({"F32", "F16", "BF16"})
    public KvCacheType cacheType;

    @Param({"64", "128"})
    public int headWidth;

    /** Positions in the cache: with 128 a head's keys stay in the first-level cache, with 8192 in the second. */
    @Param({"128", "8192"})
    public int context;

    private Arena arena;
    private Kernels kernels;
    private MemorySegment cache;
    private float[] query;
    private float[] scores;
    private float[] output;

    @Setup
    public void prepare() {
        arena = Arena.ofShared();
        kernels = VectorWidth.kernels(bits);
        cache = arena.allocate((long) context * headWidth * cacheType.bytes(), 64);
        SplittableRandom random = new SplittableRandom(1);
        kernels.store(Weights.gaussian(random, context * headWidth, 1), 0, context * headWidth, cache, 0, cacheType);
        query = Weights.gaussian(random, headWidth, 1);
        scores = Weights.gaussian(random, context, 1);
        output = new float[headWidth];
    }

    @Benchmark
    public float[] scores(Work work) {
        kernels.scores(query, 0, headWidth, cache, 0, context, cacheType, 0.125f, scores, 0);
        count(work);
        return scores;
    }

    @Benchmark
    public float[] addWeighted(Work work) {
        kernels.addWeighted(scores, 0, context, cache, 0, headWidth, cacheType, output, 0);
        count(work);
        return output;
    }

    private void count(Work work) {
        work.mac += (long) context * headWidth;
        work.bytes += cache.byteSize();
    }

    @TearDown
    public void close() {
        arena.close();
    }
}
