package io.github.jnpu.probe;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How fast threads together read main memory, which bounds decode on every device that shares it.
 *
 * @param best
 *            10^9 bytes a second, in the fastest pass
 * @param median
 *            10^9 bytes a second, in the middle one; far below the best on a busy machine
 * @param threads
 *            that read at the same time
 * @param bytes
 *            that one pass reads
 */
public record MemoryBandwidth(double best, double median, int threads, long bytes) {
    private static final long MAX_BYTES = 1L << 30;
    /** Below this caches could hold it all, and the figure would be theirs. */
    private static final long MIN_BYTES = 32L << 20;
    private static final int MIN_PASSES = 5;
    private static final int MAX_PASSES = 10_000;

    /**
     * Measures: sums arrays that are much larger than the caches, each thread its own, all starting a pass together. Takes the given
     * time and that to fill the memory first, and keeps the threads busy meanwhile.
     *
     * @param probe
     *            of this machine: its caches and free memory decide how much is read, eight times the caches or an eighth of the free
     *            memory and of the Java heap, whichever is least
     * @param threads
     *            at least 1
     * @param duration
     *            of all passes together; there are five at least
     * @throws IllegalArgumentException
     *             if threads or duration are not positive
     * @throws IllegalStateException
     *             if there is too little free memory for a meaningful figure
     * @throws InterruptedException
     *             if interrupted while measuring
     */
    public static MemoryBandwidth measure(HardwareProbe probe, int threads, Duration duration)
            throws InterruptedException {
        if (threads < 1 || !duration.isPositive()) {
            throw new IllegalArgumentException("%d threads for %s".formatted(threads, duration));
        }
        int longs = longsPerThread(probe, threads);
        CyclicBarrier start = new CyclicBarrier(threads);
        long[][] ends = new long[threads][];
        long[][] starts = new long[threads][];
        try (ExecutorService workers = Executors.newFixedThreadPool(threads,
                Thread.ofPlatform().daemon().name("jnpu-bandwidth-", 0).factory())) {
            List<Future<Long>> results = new ArrayList<>();
            boolean[] stop = new boolean[1];
            for (int i = 0; i < threads; i++) {
                int thread = i;
                results.add(workers.submit(
                        () -> new Reader(longs, start, stop, duration.toNanos()).run(thread, starts, ends)));
            }
            for (Future<Long> result : results) {
                result.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("Measuring memory failed: " + e.getCause(), e.getCause());
        }
        return result(threads, longs, starts, ends);
    }

    private static int longsPerThread(HardwareProbe probe, int threads) {
        long caches = probe.cpu().caches().stream().mapToLong(Cpu.Cache::bytes).max().orElse(0);
        Runtime runtime = Runtime.getRuntime();
        long heap = runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
        long free = probe.memory().availableBytes() == 0 ? heap : Math.min(heap, probe.memory().availableBytes());
        long bytes = Math.min(Math.min(Math.max(8 * caches, 4 * MIN_BYTES), MAX_BYTES), free / 8);
        if (bytes < MIN_BYTES) {
            throw new IllegalStateException(
                    "Only %d MB are free for measuring memory; at least %d are needed".formatted(free >> 20,
                            8 * MIN_BYTES >> 20));
        }
        return (int) (bytes / threads / Long.BYTES);
    }

    /** A pass lasts from the first thread's start to the last one's end; the first two warm the compiler up. */
    private static MemoryBandwidth result(int threads, int longs, long[][] starts, long[][] ends) {
        int passes = ends[0].length;
        long bytes = (long) threads * longs * Long.BYTES;
        double[] rates = new double[passes - Math.min(2, passes - 1)];
        for (int i = 0; i < rates.length; i++) {
            int pass = passes - rates.length + i;
            long first = Arrays.stream(starts).mapToLong(own -> own[pass]).min().orElseThrow();
            long last = Arrays.stream(ends).mapToLong(own -> own[pass]).max().orElseThrow();
            rates[i] = (double) bytes / Math.max(1, last - first);
        }
        Arrays.sort(rates);
        return new MemoryBandwidth(rates[rates.length - 1], rates[rates.length / 2], threads, bytes);
    }

    /** One thread's share. */
    private record Reader(int longs, CyclicBarrier barrier, boolean[] stop, long nanos) {
        long run(int thread, long[][] starts, long[][] ends) throws Exception {
            long[] data = new long[longs];
            // Fresh pages all map to the same zeroes until they are written.
            Arrays.fill(data, thread + 1L);
            long[] from = new long[MAX_PASSES];
            long[] to = new long[MAX_PASSES];
            long deadline = System.nanoTime() + nanos;
            long sum = 0;
            int pass = 0;
            while (true) {
                barrier.await();
                if (stop[0] || pass == MAX_PASSES) {
                    break;
                }
                from[pass] = System.nanoTime();
                sum += sum(data);
                to[pass++] = System.nanoTime();
                barrier.await();
                // One decides for all, between two barriers, so that all make the same number of passes.
                if (thread == 0 && pass >= MIN_PASSES && System.nanoTime() >= deadline) {
                    stop[0] = true;
                }
            }
            starts[thread] = Arrays.copyOf(from, pass);
            ends[thread] = Arrays.copyOf(to, pass);
            return sum;
        }

        /** HotSpot makes vectors of it by itself. */
        private static long sum(long[] data) {
            long sum = 0;
            for (long value : data) {
                sum += value;
            }
            return sum;
        }
    }
}
