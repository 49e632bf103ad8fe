package io.github.jnpu.engine.embedding;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.Operation;
import io.github.jnpu.convert.graph.Pooling;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.backend.Encoder;
import io.github.jnpu.engine.backend.EncoderOptions;
import io.github.jnpu.engine.backend.KvCacheType;
import io.github.jnpu.engine.backend.Stage;

import java.util.List;
import java.util.Optional;

/**
 * A decoder that embeds, as Qwen3-Embedding: the rows behind its last norm are pooled, and what would make logits of them is left out. One text at a time.
 */
final class PooledDecoder implements Encoder {
    /** Of decoders in prefill: larger batches take more memory and no less time. */
    private static final int MAX_BATCH = 192;

    private final Decoder decoder;
    private final Pooling pooling;
    private final int vocabularySize;
    private final int maxTokens;
    private final float[] gain;
    private final float epsilon;

    private PooledDecoder(Decoder decoder, DecoderGraph graph, Operation.RmsNorm norm, Pooling pooling,
            int maxTokens) {
        this.decoder = decoder;
        this.pooling = pooling;
        this.maxTokens = maxTokens;
        this.vocabularySize = graph.config().vocabularySize();
        this.gain = new float[graph.config().embeddingLength()];
        this.epsilon = norm.epsilon();
        Dequantizer.dequantize(norm.gain().type(), norm.gain().data(), 0, gain, 0, gain.length);
    }

    /** The part of a network that ends in the residual stream. */
    static DecoderGraph headless(DecoderGraph graph) {
        return new DecoderGraph(graph.config(), graph.entry(), graph.layers(), Optional.empty(), graph.valueCount());
    }

    /**
     * Compiles one.
     *
     * @throws ModelFormatException
     *             if the network does not end in a norm of the stream
     */
    static PooledDecoder compile(DecoderGraph graph, Pooling pooling, ComputeBackend backend,
            EncoderOptions options) {
        Operation.RmsNorm norm = graph.head()
                .filter(head -> head.operations().getFirst() instanceof Operation.RmsNorm first
                        && first.input().equals(head.input()))
                .map(head -> (Operation.RmsNorm) head.operations().getFirst())
                .orElseThrow(() -> new ModelFormatException(
                        "model '%s' has no norm behind its last layer, so jnpu cannot embed with it"
                                .formatted(graph.config().name())));
        Decoder decoder = backend.compile(headless(graph),
                new DecoderOptions(options.threads(), KvCacheType.F32, MAX_BATCH));
        return new PooledDecoder(decoder, graph, norm, pooling, options.maxTokens(graph.config()));
    }

    @Override
    public int width() {
        return gain.length;
    }

    @Override
    public int maxTokens() {
        return maxTokens;
    }

    @Override
    public int batchTokens() {
        return 1;
    }

    /** One text after the other: a decoder's sequences share its buffers. */
    @Override
    public synchronized float[][] encode(List<int[]> texts) {
        float[][] vectors = new float[texts.size()][];
        for (int i = 0; i < vectors.length; i++) {
            vectors[i] = encode(texts.get(i));
        }
        return vectors;
    }

    private float[] encode(int[] tokens) {
        if (tokens.length < 1 || tokens.length > maxTokens) {
            throw new IllegalArgumentException("a text has 1 to %d tokens, not %d".formatted(maxTokens,
                    tokens.length));
        }
        for (int token : tokens) {
            if (token < 0 || token >= vocabularySize) {
                throw new IllegalArgumentException(
                        "token %d is outside the vocabulary of %d".formatted(token, vocabularySize));
            }
        }
        int width = gain.length;
        float[] stream = new float[Math.multiplyExact(tokens.length, width)];
        try (DecoderSequence sequence = decoder.newSequence(tokens.length)) {
            sequence.forward(Stage.PREFILL, tokens, 0, tokens.length, stream, null);
        }
        for (int row = 0; row < tokens.length; row++) {
            normalize(stream, row * width);
        }
        float[] vector = new float[width];
        pooling.pool(stream, 0, tokens.length, vector);
        return vector;
    }

    private void normalize(float[] rows, int offset) {
        double squares = 0;
        for (int i = 0; i < gain.length; i++) {
            squares += (double) rows[offset + i] * rows[offset + i];
        }
        float scale = (float) (1 / Math.sqrt(squares / gain.length + epsilon));
        for (int i = 0; i < gain.length; i++) {
            rows[offset + i] *= scale * gain[i];
        }
    }

    @Override
    public synchronized void close() {
        decoder.close();
    }
}
