package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.backend.CheckedSequence;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.Stage;

/** One text on the CPU. */
final class CpuSequence extends CheckedSequence {
    private final Program program;
    private final WorkerPool pool;
    private final KeyValueCache cache;
    private final Batch batch = new Batch();
    private final WorkerPool.Work work;

    CpuSequence(DecoderGraph graph, KvCacheType cacheType, Program program, WorkerPool pool, int capacity) {
        super(graph, capacity);
        this.program = program;
        this.pool = pool;
        this.cache = new KeyValueCache(graph.config(), cacheType, capacity);
        this.batch.cache = cache;
        this.work = (worker, workers) -> program.run(batch, worker, workers);
    }

    @Override
    protected void run(Stage stage, int[] tokens, int from, int count, float[] stream, float[] logits,
            int logitRows) {
        int position = length();
        cache.reserve(position + count);
        program.reserve(position + count);
        int firstLogitToken = count - logitRows;
        for (int done = 0; done < count;) {
            int size = Math.min(program.maxBatch(), count - done);
            batch.tokens = tokens;
            batch.from = from + done;
            batch.count = size;
            batch.decode = stage == Stage.DECODE;
            batch.position = position + done;
            batch.stream = stream;
            batch.streamOffset = done * width();
            batch.logitRows = Math.clamp(done + size - firstLogitToken, 0, size);
            batch.logits = logits;
            batch.logitsOffset = Math.max(0, done - firstLogitToken) * vocabularySize();
            pool.run(work);
            done += size;
        }
    }

    /** Makes room for the next token of a text that is decoded together with others. */
    void reserveNext(int token) {
        requireNext(token);
        cache.reserve(length() + 1);
        program.reserve(length() + 1);
    }

    KeyValueCache cache() {
        return cache;
    }

    /** The token that {@link #reserveNext} made room for has gone in. */
    void addNext() {
        counted();
    }

    @Override
    public boolean sharesCache() {
        return true;
    }

    @Override
    public void readCache(int layer, int from, int count, float[] keys, float[] values) {
        requireHeld(from, count);
        cache.read(program.attention(), layer, from, count, keys, values);
    }

    @Override
    public void writeCache(int layer, int from, int count, float[] keys, float[] values) {
        requireFree(from, count);
        cache.reserve(from + count);
        cache.write(program.attention(), layer, from, count, keys, values);
    }

    @Override
    public void close() {
        cache.close();
    }
}
