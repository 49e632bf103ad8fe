package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.KvCacheType;

/** One text on the CPU. */
final class CpuSequence implements DecoderSequence {
    private final int vocabularySize;
    private final Program program;
    private final WorkerPool pool;
    private final int capacity;
    private final KeyValueCache cache;
    private final Batch batch = new Batch();
    private final WorkerPool.Work work;
    private int length;

    CpuSequence(ModelConfig config, KvCacheType cacheType, Program program, WorkerPool pool, int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("a sequence holds at least 1 token, not " + capacity);
        }
        this.vocabularySize = config.vocabularySize();
        this.program = program;
        this.pool = pool;
        this.capacity = capacity;
        this.cache = new KeyValueCache(config, cacheType, capacity);
        this.batch.cache = cache;
        this.work = (worker, workers) -> program.run(batch, worker, workers);
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public void forward(int[] tokens, int from, int count, float[] logits) {
        int logitRows = logits == null ? 0 : logits.length / vocabularySize;
        check(tokens, from, count, logits, logitRows);
        cache.reserve(length + count);
        program.reserve(length + count);
        int firstLogitToken = count - logitRows;
        for (int done = 0; done < count;) {
            int size = Math.min(program.maxBatch(), count - done);
            batch.tokens = tokens;
            batch.from = from + done;
            batch.count = size;
            batch.decode = count == 1 && logitRows == 1;
            batch.position = length;
            batch.logitRows = Math.clamp(done + size - firstLogitToken, 0, size);
            batch.logits = logits;
            batch.logitsOffset = Math.max(0, done - firstLogitToken) * vocabularySize;
            pool.run(work);
            length += size;
            done += size;
        }
    }

    private void check(int[] tokens, int from, int count, float[] logits, int logitRows) {
        if (count < 1 || from < 0 || from + count > tokens.length) {
            throw new IllegalArgumentException("%d tokens from %d of %d".formatted(count, from, tokens.length));
        }
        if (length + count > capacity) {
            throw new IllegalArgumentException(
                    "%d tokens do not fit a sequence of %d that holds %d already".formatted(count, capacity, length));
        }
        if (logits != null && (logits.length % vocabularySize != 0 || logitRows > count)) {
            throw new IllegalArgumentException(
                    "%d logits are not whole rows of %d for up to %d tokens".formatted(logits.length, vocabularySize,
                            count));
        }
        for (int i = from; i < from + count; i++) {
            if (tokens[i] < 0 || tokens[i] >= vocabularySize) {
                throw new IllegalArgumentException(
                        "token %d is outside the vocabulary of %d".formatted(tokens[i], vocabularySize));
            }
        }
    }

    @Override
    public void truncate(int newLength) {
        if (newLength < 0 || newLength > length) {
            throw new IllegalArgumentException("cannot shorten %d tokens to %d".formatted(length, newLength));
        }
        length = newLength;
    }

    @Override
    public void close() {
        cache.close();
    }
}
