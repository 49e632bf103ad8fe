package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.KvCacheType;

import java.lang.foreign.Arena;
import java.util.Optional;

/** Runs a graph on the CPU with some {@link Kernels}. */
public final class CpuDecoder implements Decoder {
    /**
     * Weights for which one more thread pays. A barrier is cheap while all workers run, and costs a scheduler's tick
     * when one of them does not; below this size a token takes less than a millisecond anyway.
     */
    private static final long BYTES_PER_THREAD = 8 << 20;

    private final ModelConfig config;
    private final DecoderOptions options;
    private final WorkerPool pool;
    /** Holds repacked weights. */
    private final Arena arena = Arena.ofShared();
    private final Program program;

    /**
     * @throws io.github.jnpu.engine.backend.BackendException
     *             if heads of this model cannot be kept in the cache type that is asked for
     */
    public CpuDecoder(DecoderGraph graph, Kernels kernels, DecoderOptions options) {
        this.config = graph.config();
        KeyValueCache.requireFit(config, options.cacheType());
        this.options = options;
        this.pool = new WorkerPool("jnpu-worker",
                Math.clamp(graph.weightBytes() / BYTES_PER_THREAD, 1, options.threads()));
        try {
            this.program = new Program(graph, kernels, pool, options, arena);
            program.loadWeights(options.packListener(), options.packedFile());
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Why some kernels cannot run a graph; empty if they can. */
    public static Optional<String> refusal(DecoderGraph graph, Kernels kernels) {
        return Program.refusal(graph, kernels);
    }

    @Override
    public DecoderSequence newSequence(int capacity) {
        return new CpuSequence(config, options.cacheType(), program, pool, capacity);
    }

    @Override
    public int threads() {
        return pool.workers();
    }

    @Override
    public long cacheBytesPerToken() {
        KvCacheType type = options.cacheType();
        return config.layers() * config.keyValueHeads()
                * (type.byteSize(config.keyLength()) + type.byteSize(config.valueLength()));
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
