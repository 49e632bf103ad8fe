package io.github.jnpu.engine.jlama;

import com.github.tjake.jlama.model.llama.LlamaModel;
import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.DecoderSequence;

/**
 * jlama's model behind our interface. jlama fixes the context when it builds a model, so a longer sequence than before
 * builds it anew over the same weights.
 */
final class JlamaDecoder implements Decoder {
    /** Room for the usual context at once. */
    private static final int FIRST_CONTEXT = 4096;

    private final DecoderGraph graph;
    private final GgufWeightLoader weights;
    private final int maxBatch;
    private LlamaModel model;
    private int contextLength;

    JlamaDecoder(DecoderGraph graph, GgufWeightLoader weights, DecoderOptions options) {
        this.graph = graph;
        this.weights = weights;
        this.maxBatch = options.maxBatch();
        ModelConfig config = weights.network().config();
        int first = Math.min(FIRST_CONTEXT, config.contextLength());
        if (config.slidingWindow() > 0) {
            first = Math.min(first, config.slidingWindow());
        }
        try {
            build(first);
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    private void build(int newContextLength) {
        model = JlamaModels.create(weights, newContextLength);
        contextLength = newContextLength;
    }

    @Override
    public DecoderSequence newSequence(int capacity) {
        if (capacity > contextLength) {
            try {
                build(capacity);
            } catch (RuntimeException e) {
                throw new BackendException(
                        "jlama cannot hold %d tokens: %s".formatted(capacity, e.getMessage()), e);
            }
        }
        return new JlamaSequence(model, graph, capacity, maxBatch);
    }

    @Override
    public int threads() {
        return JlamaRuntime.threads();
    }

    @Override
    public long cacheBytesPerToken() {
        ModelConfig config = weights.network().config();
        return 2L * Float.BYTES * config.layers() * config.keyValueHeads() * weights.layout().headWidth();
    }

    @Override
    public void close() {
        model.close();
        weights.close();
    }
}
