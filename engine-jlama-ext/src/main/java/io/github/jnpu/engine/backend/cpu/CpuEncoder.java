package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.convert.graph.EncoderGraph;
import io.github.jnpu.engine.backend.Encoder;
import io.github.jnpu.engine.backend.EncoderOptions;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;

/** Runs an encoder on the CPU with some {@link Kernels}; one batch at a time, with all cores. */
public final class CpuEncoder implements Encoder {
    /** Enough for products to run at full speed; more would only cost memory and cache. */
    private static final int BATCH_TOKENS = 512;
    /** See {@link CpuDecoder}; a batch has a hundred times the work of a token. */
    private static final long BYTES_PER_THREAD = 1 << 16;

    private final EncoderGraph graph;
    private final int maxTokens;
    private final TextLayout layout;
    private final WorkerPool pool;
    private final Arena arena = Arena.ofShared();
    private final EncoderProgram program;
    private final Batch batch = new Batch();
    private final WorkerPool.Work work;
    private boolean closed;

    /**
     * @throws io.github.jnpu.engine.backend.BackendException
     *             if a tensor's type cannot be computed with
     */
    public CpuEncoder(EncoderGraph graph, Kernels kernels, EncoderOptions options) {
        this.graph = graph;
        this.maxTokens = options.maxTokens(graph.config());
        this.layout = new TextLayout(Math.max(maxTokens, BATCH_TOKENS));
        this.pool = new WorkerPool("jnpu-encoder", Math.clamp(graph.weightBytes() / BYTES_PER_THREAD, 1, options
                .threads()));
        try {
            this.program = new EncoderProgram(graph, kernels, pool, layout, arena);
        } catch (RuntimeException | Error e) {
            pool.close();
            arena.close();
            throw e;
        }
        this.work = (worker, workers) -> program.run(batch, worker, workers);
    }

    /** Why some kernels cannot run a graph; empty if they can. */
    public static Optional<String> refusal(EncoderGraph graph, Kernels kernels) {
        return graph.tensors().stream().filter(weight -> !kernels.supports(weight)).findFirst()
                .map(weight -> "tensor '%s' is of type %s, for which there is no code".formatted(weight.name(),
                        weight.type()));
    }

    @Override
    public int width() {
        return graph.output().width();
    }

    @Override
    public int maxTokens() {
        return maxTokens;
    }

    @Override
    public int batchTokens() {
        return BATCH_TOKENS;
    }

    @Override
    public synchronized float[][] encode(List<int[]> texts) {
        if (closed) {
            throw new IllegalStateException("the encoder is closed");
        }
        check(texts);
        float[][] vectors = new float[texts.size()][width()];
        for (int from = 0; from < texts.size();) {
            int to = from;
            for (int tokens = 0; to < texts.size()
                    && tokens + texts.get(to).length <= layout.positions.length; to++) {
                tokens += texts.get(to).length;
            }
            batch.tokens = layout.place(texts.subList(from, to));
            batch.count = batch.tokens.length;
            pool.run(work);
            for (int i = from; i < to; i++) {
                graph.pooling().pool(program.result(), layout.starts[i - from], texts.get(i).length, vectors[i]);
            }
            from = to;
        }
        return vectors;
    }

    private void check(List<int[]> texts) {
        int vocabulary = graph.config().vocabularySize();
        for (int[] text : texts) {
            if (text.length < 1 || text.length > maxTokens) {
                throw new IllegalArgumentException("a text has 1 to %d tokens, not %d".formatted(maxTokens,
                        text.length));
            }
            for (int token : text) {
                if (token < 0 || token >= vocabulary) {
                    throw new IllegalArgumentException(
                            "token %d is outside the vocabulary of %d".formatted(token, vocabulary));
                }
            }
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            pool.close();
            arena.close();
        }
    }
}
