package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.backend.CheckedSequence;
import io.github.jnpu.engine.backend.Stage;

/** One text on ONNX Runtime. */
final class OnnxSequence extends CheckedSequence {
    private final RunBuffers buffers;
    private final int maxBatch;
    private final KeyValueTensors cache;

    OnnxSequence(DecoderGraph graph, RunBuffers buffers, KeyValueTensors cache, int maxBatch, int capacity) {
        super(graph, capacity);
        this.buffers = buffers;
        this.maxBatch = maxBatch;
        this.cache = cache;
    }

    @Override
    protected void run(Stage stage, int[] tokens, int from, int count, float[] stream, float[] logits,
            int logitRows) {
        int position = length();
        cache.reserve(position + count, position);
        int firstLogitToken = count - logitRows;
        for (int done = 0; done < count;) {
            int size = Math.min(maxBatch, count - done);
            buffers.run(cache, position + done, tokens, from + done, size,
                    Math.clamp(done + size - firstLogitToken, 0, size), logits,
                    Math.max(0, done - firstLogitToken) * vocabularySize());
            done += size;
        }
    }

    @Override
    public boolean sharesCache() {
        return true;
    }

    @Override
    public void readCache(int layer, int from, int count, float[] keys, float[] values) {
        requireHeld(from, count);
        cache.read(layer, from, count, keys, values);
    }

    @Override
    public void writeCache(int layer, int from, int count, float[] keys, float[] values) {
        requireFree(from, count);
        if (count > 0) {
            cache.reserve(from + count, from);
            cache.write(layer, from, count, keys, values);
        }
    }

    @Override
    public void close() {
        cache.close();
    }
}
