package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.engine.backend.DecoderSequence;

/** One text on ONNX Runtime. */
final class OnnxSequence implements DecoderSequence {
    private final int vocabularySize;
    private final RunBuffers buffers;
    private final int maxBatch;
    private final int capacity;
    private final KeyValueTensors cache;
    private int length;

    OnnxSequence(ModelConfig config, RunBuffers buffers, int maxBatch, int capacity) {
        this.vocabularySize = config.vocabularySize();
        this.buffers = buffers;
        this.maxBatch = maxBatch;
        this.capacity = capacity;
        this.cache = new KeyValueTensors(config, capacity);
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
        cache.reserve(length + count, length);
        int firstLogitToken = count - logitRows;
        for (int done = 0; done < count;) {
            int size = Math.min(maxBatch, count - done);
            buffers.run(cache, length, tokens, from + done, size, Math.clamp(done + size - firstLogitToken, 0, size),
                    logits, Math.max(0, done - firstLogitToken) * vocabularySize);
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

    /** A sequence may be closed twice. */
    @Override
    public void close() {
        cache.close();
    }
}
