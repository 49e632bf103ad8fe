package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.MemoryEstimate;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Runs a graph on the CPU with some {@link Kernels}. */
public final class CpuDecoder implements Decoder {
    /**
     * Weights for which one more thread pays. A barrier is cheap while all workers run, and costs a scheduler's tick
     * when one of them does not; below this size a token takes less than a millisecond anyway.
     */
    private static final long BYTES_PER_THREAD = 8 << 20;

    private final DecoderGraph graph;
    private final DecoderOptions options;
    private final WorkerPool pool;
    /** Holds repacked weights. */
    private final Arena arena = Arena.ofShared();
    private final Program program;
    /** Tokens of several texts, and their logits one row behind the other. */
    private final Batch together = new Batch();
    private float[] togetherLogits = {};
    private final WorkerPool.Work togetherWork = (worker, workers) -> runTogether(worker, workers);

    /**
     * @throws io.github.jnpu.engine.backend.BackendException
     *             if heads of this model cannot be kept in the cache type that is asked for
     */
    public CpuDecoder(DecoderGraph graph, Kernels kernels, DecoderOptions options) {
        this.graph = graph;
        KeyValueCache.requireFit(graph.config(), options.cacheType());
        this.options = options;
        this.pool = new WorkerPool("jnpu-worker", workers(graph, options));
        try {
            this.program = new Program(graph, kernels, pool, options, arena);
            program.loadWeights(options.packListener(), options.packedFile());
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private static int workers(DecoderGraph graph, DecoderOptions options) {
        return Math.clamp(graph.weightBytes() / BYTES_PER_THREAD, 1, options.threads());
    }

    /** What a graph would take of memory with some kernels; see {@link ComputeBackend#estimate}. */
    public static MemoryEstimate estimate(DecoderGraph graph, Kernels kernels, DecoderOptions options,
            int contextLength) {
        // Positions are reserved by whole chunks.
        long positions = Math.ceilDiv(contextLength, KeyValueCache.CHUNK) * (long) KeyValueCache.CHUNK;
        return new MemoryEstimate(Program.weightBytes(graph, kernels, options.repack()),
                options.cacheType().bytesPerToken(graph.config()) * positions,
                Program.bufferBytes(graph, kernels, workers(graph, options), options), 0);
    }

    /** Why some kernels cannot run a graph; empty if they can. */
    public static Optional<String> refusal(DecoderGraph graph, Kernels kernels) {
        return Program.refusal(graph, kernels);
    }

    @Override
    public DecoderSequence newSequence(int capacity) {
        return new CpuSequence(graph, options.cacheType(), program, pool, capacity);
    }

    @Override
    public boolean decodesTogether() {
        return true;
    }

    @Override
    public void decode(List<DecoderSequence> sequences, int[] tokens, float[][] logits) {
        for (int from = 0; from < sequences.size(); from += options.maxBatch()) {
            int to = Math.min(sequences.size(), from + options.maxBatch());
            decodeBatch(sequences.subList(from, to), Arrays.copyOfRange(tokens, from, to),
                    Arrays.copyOfRange(logits, from, to));
        }
    }

    private void decodeBatch(List<DecoderSequence> sequences, int[] tokens, float[][] logits) {
        int count = sequences.size();
        int vocabulary = graph.config().vocabularySize();
        int[] positions = new int[count];
        KeyValueCache[] caches = new KeyValueCache[count];
        for (int i = 0; i < count; i++) {
            CpuSequence sequence = (CpuSequence) sequences.get(i);
            sequence.reserveNext(tokens[i]);
            positions[i] = sequence.length();
            caches[i] = sequence.cache();
        }
        if (togetherLogits.length < count * vocabulary) {
            togetherLogits = new float[Math.multiplyExact(count, vocabulary)];
        }
        together.tokens = tokens;
        together.count = count;
        together.decode = true;
        together.position = positions[0];
        together.cache = caches[0];
        together.positions = positions;
        together.caches = caches;
        together.logitRows = count;
        together.logits = togetherLogits;
        pool.run(togetherWork);
        for (int i = 0; i < count; i++) {
            System.arraycopy(togetherLogits, i * vocabulary, logits[i], 0, vocabulary);
            ((CpuSequence) sequences.get(i)).addNext();
        }
    }

    private void runTogether(int worker, int workers) {
        program.run(together, worker, workers);
    }

    @Override
    public int threads() {
        return pool.workers();
    }

    @Override
    public long cacheBytesPerToken() {
        return options.cacheType().bytesPerToken(graph.config());
    }

    @Override
    public long bufferBytes() {
        return program.bufferBytes();
    }

    @Override
    public void close() {
        pool.close();
        arena.close();
    }
}
