package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.backend.CheckedSequence;
import io.github.jnpu.engine.backend.Stage;

/** One text on graphs of standard operators. Its cache lies in the JVM's reach, so it can be moved. */
final class StandardSequence extends CheckedSequence {
    private final StandardGraph prefill;
    private final StandardGraph decode;
    private final int maxBatch;
    private final HostCache cache;

    /**
     * @param maxBatch
     *            how many tokens a run of {@code prefill} has at most
     */
    StandardSequence(DecoderGraph graph, StandardGraph prefill, StandardGraph decode, int maxBatch, int capacity,
            HostCache cache) {
        super(graph, capacity);
        this.prefill = prefill;
        this.decode = decode;
        this.maxBatch = maxBatch;
        this.cache = cache;
    }

    @Override
    protected void run(Stage stage, int[] tokens, int from, int count, float[] stream, float[] logits, int logitRows) {
        int position = length();
        cache.reserve(position + count, position);
        int firstLogitToken = count - logitRows;
        for (int done = 0; done < count;) {
            int size = Math.min(maxBatch, count - done);
            int rows = Math.clamp(done + size - firstLogitToken, 0, size);
            if (rows > prefill.maxLogitRows()) {
                // Tokens before, if there are any, then one token and its logits at a time.
                size = Math.max(1, firstLogitToken - done);
                rows = done + size > firstLogitToken ? 1 : 0;
            }
            StandardGraph graph = size == 1 ? decode : prefill;
            graph.run(cache, position + done, tokens, from + done, size, stream, done, rows, logits,
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
        cache.read(layer, 0, from, count, keys);
        cache.read(layer, 1, from, count, values);
    }

    @Override
    public void writeCache(int layer, int from, int count, float[] keys, float[] values) {
        requireFree(from, count);
        // Other layers may have more than the positions before these.
        cache.reserve(from + count, cache.positions());
        cache.write(layer, 0, from, count, keys);
        cache.write(layer, 1, from, count, values);
    }

    @Override
    public void close() {
        cache.close();
    }
}
