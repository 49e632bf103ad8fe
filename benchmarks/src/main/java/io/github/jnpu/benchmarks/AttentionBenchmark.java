package io.github.jnpu.benchmarks;

import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.cpu.AttentionKernels;
import io.github.jnpu.engine.backend.cpu.AttentionState;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Attention of the queries that share one head of the KV cache, page after page: {@code bytes} counts those of the cache, {@code mac}
 * those of queries with keys and of weights with values.
 */
@State(Scope.Thread)
public class AttentionBenchmark extends KernelBenchmark {
    private static final int PAGE = AttentionKernels.PANEL;

    @Param({"F32", "F16", "BF16", "Q8_0"})
    public KvCacheType cacheType;

    @Param("64")
    public int headWidth;

    /** Positions in the cache. */
    @Param("8192")
    public int context;

    /** Query heads times tokens: 4 is a token of decode of a model with 32 heads of 8 in the cache, 64 a piece of a prompt. */
    @Param({"4", "64"})
    public int queries;

    private Arena arena;
    private AttentionKernels kernels;
    private MemorySegment[] pages;
    private long pageBytes;
    private float[] query;
    private float[] panels;
    private float[] scores;
    private AttentionState state;

    @Setup
    public void prepare() {
        arena = Arena.ofShared();
        kernels = VectorWidth.kernels(bits).attention();
        long keyBytes = cacheType.byteSize((long) PAGE * headWidth);
        pageBytes = 2 * keyBytes;
        SplittableRandom random = new SplittableRandom(1);
        pages = new MemorySegment[context / PAGE];
        for (int page = 0; page < pages.length; page++) {
            pages[page] = arena.allocate(pageBytes, 64);
            for (int position = 0; position < PAGE; position++) {
                float[] features = Weights.gaussian(random, 2 * headWidth, 1);
                kernels.storeKey(features, 0, headWidth, pages[page], 0, position, cacheType);
                kernels.storeValue(features, headWidth, headWidth, pages[page], keyBytes, position, cacheType);
            }
        }
        int stride = Math.ceilDiv(headWidth, PAGE) * PAGE;
        query = Weights.gaussian(random, queries * headWidth, 0.1f);
        panels = new float[stride * PAGE];
        scores = new float[queries * PAGE];
        state = new AttentionState(new float[queries], new float[queries * AttentionKernels.SUMS],
                new float[queries * stride], stride);
    }

    @Benchmark
    public AttentionState attend(Work work) {
        Arrays.fill(state.maxima(), Float.NEGATIVE_INFINITY);
        Arrays.fill(state.sums(), 0);
        Arrays.fill(state.outputs(), 0);
        for (MemorySegment page : pages) {
            kernels.loadKeys(page, 0, headWidth, cacheType, panels);
            Arrays.fill(scores, 0);
            kernels.multiplyAdd(query, 0, headWidth, queries, 0, headWidth, panels, 0, PAGE, scores, 0, PAGE);
            kernels.weigh(scores, queries, 0, PAGE, state, 0);
            kernels.loadValues(page, pageBytes / 2, headWidth, cacheType, panels);
            for (int column = 0; column < headWidth; column += PAGE) {
                kernels.multiplyAdd(scores, 0, PAGE, queries, 0, PAGE, panels, column * PAGE,
                        Math.min(PAGE, headWidth - column), state.outputs(), column, state.stride());
            }
        }
        work.mac += 2L * queries * context * headWidth;
        work.bytes += pages.length * pageBytes;
        return state;
    }

    @TearDown
    public void close() {
        arena.close();
    }
}
