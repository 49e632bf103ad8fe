package io.github.jnpu.engine.jlama;

import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.KvBufferCache;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.CheckedSequence;
import io.github.jnpu.engine.backend.Stage;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;

/** A text in jlama's KV cache, in memory. */
final class JlamaSequence extends CheckedSequence {
    private final AbstractModel model;
    private final int maxBatch;
    private final KvBufferCache.KvBuffer cache;
    private final AbstractTensor<?, ?> logitsRow;

    JlamaSequence(AbstractModel model, DecoderGraph graph, int capacity, int maxBatch) {
        super(graph, capacity);
        this.model = model;
        this.maxBatch = maxBatch;
        this.cache = new KvBufferCache(model).getEphemeralKvBuffer();
        this.logitsRow = model.makeDenseTensor(1, vocabularySize());
    }

    @Override
    protected void run(Stage stage, int[] tokens, int from, int count, float[] stream, float[] logits,
            int wantedRows) {
        int firstRow = count - wantedRows;
        for (int done = 0; done < count;) {
            int size = Math.min(maxBatch, count - done);
            try (AbstractTensor<?, ?> hidden = run(tokens, from + done, size, length() + done)) {
                for (int row = Math.max(firstRow, done); row < done + size; row++) {
                    head(size == 1 ? hidden : hidden.slice(row - done), logits, (row - firstRow) * vocabularySize());
                }
            } catch (RuntimeException e) {
                throw new BackendException("jlama failed at position %d: %s".formatted(length() + done, e), e);
            }
            done += size;
        }
    }

    private AbstractTensor<?, ?> run(int[] tokens, int from, int count, int position) {
        return count == 1
                ? model.forward(tokens[from], position, cache, Optional.empty())
                : model.batchForward(Arrays.copyOfRange(tokens, from, from + count), position, cache);
    }

    /** Final norm and output projection; jlama's greedy sampling leaves the logits as they are. */
    private void head(AbstractTensor<?, ?> hidden, float[] target, int offset) {
        model.sample(hidden, 0, 0, logitsRow);
        MemorySegment.copy(logitsRow.getMemorySegment(), ValueLayout.JAVA_FLOAT, 0, target, offset, vocabularySize());
    }

    @Override
    public void close() {
        cache.close();
        logitsRow.close();
    }
}
