package io.github.jnpu.engine.jlama;

import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.KvBufferCache;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.DecoderSequence;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/** A text in jlama's KV cache, in memory. */
final class JlamaSequence implements DecoderSequence {
    private final AbstractModel model;
    private final int vocabularySize;
    private final int capacity;
    private final int maxBatch;
    private final KvBufferCache.KvBuffer cache;
    private final AbstractTensor<?, ?> logitsRow;
    private int length;

    JlamaSequence(AbstractModel model, int vocabularySize, int capacity, int maxBatch) {
        this.model = model;
        this.vocabularySize = vocabularySize;
        this.capacity = capacity;
        this.maxBatch = maxBatch;
        this.cache = new KvBufferCache(model).getEphemeralKvBuffer();
        this.logitsRow = model.makeDenseTensor(1, vocabularySize);
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
        int wantedRows = check(tokens, from, count, logits);
        int firstRow = count - wantedRows;
        for (int done = 0; done < count;) {
            int size = Math.min(maxBatch, count - done);
            try (AbstractTensor<?, ?> hidden = run(tokens, from + done, size)) {
                for (int row = Math.max(firstRow, done); row < done + size; row++) {
                    head(size == 1 ? hidden : hidden.slice(row - done), logits, (row - firstRow) * vocabularySize);
                }
            } catch (RuntimeException e) {
                throw new BackendException("jlama failed at position %d: %s".formatted(length, e), e);
            }
            done += size;
            length += size;
        }
    }

    private int check(int[] tokens, int from, int count, float[] logits) {
        Objects.checkFromIndexSize(from, count, tokens.length);
        if (count < 1 || count > capacity - length) {
            throw new IllegalArgumentException("%d tokens do not fit: %d of %d are taken".formatted(count, length,
                    capacity));
        }
        for (int i = from; i < from + count; i++) {
            if (tokens[i] < 0 || tokens[i] >= vocabularySize) {
                throw new IllegalArgumentException(
                        "token %d is outside the vocabulary of %d".formatted(tokens[i], vocabularySize));
            }
        }
        int values = logits == null ? 0 : logits.length;
        if (values % vocabularySize != 0 || values / vocabularySize > count) {
            throw new IllegalArgumentException("%d logits are not up to %d rows of %d".formatted(values, count,
                    vocabularySize));
        }
        return values / vocabularySize;
    }

    private AbstractTensor<?, ?> run(int[] tokens, int from, int count) {
        return count == 1
                ? model.forward(tokens[from], length, cache, Optional.empty())
                : model.batchForward(Arrays.copyOfRange(tokens, from, from + count), length, cache);
    }

    /** Final norm and output projection; jlama's greedy sampling leaves the logits as they are. */
    private void head(AbstractTensor<?, ?> hidden, float[] target, int offset) {
        model.sample(hidden, 0, 0, logitsRow);
        MemorySegment.copy(logitsRow.getMemorySegment(), ValueLayout.JAVA_FLOAT, 0, target, offset, vocabularySize);
    }

    @Override
    public void truncate(int newLength) {
        Objects.checkIndex(newLength, length + 1);
        // What lies behind is overwritten before it is read.
        length = newLength;
    }

    @Override
    public void close() {
        cache.close();
        logitsRow.close();
    }
}
