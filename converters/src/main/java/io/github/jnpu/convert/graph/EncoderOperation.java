package io.github.jnpu.convert.graph;

import io.github.jnpu.convert.graph.Operation.Activation;
import io.github.jnpu.convert.model.ModelTensor;

import java.util.List;

/**
 * One step of an {@link EncoderGraph}: those of {@link Operation} that know nothing of a cache, and those that only encoders have.
 * Rows are the tokens of several texts, one text after the other.
 */
public sealed interface EncoderOperation
        permits Operation.TokenEmbedding, Operation.Projection, Operation.Rope, Operation.GatedActivation,
        Operation.Add,
        EncoderOperation.TokenTypeEmbedding, EncoderOperation.PositionEmbedding, EncoderOperation.LayerNorm,
        EncoderOperation.Activate, EncoderOperation.FullAttention {

    /** What this operation makes. */
    Value output();

    /** What it reads, in the order of its components. */
    List<Value> inputs();

    /**
     * {@code input + table[0]}: all tokens are of the first type, as no text has a second part.
     *
     * @param table
     *            [types, width]
     */
    record TokenTypeEmbedding(Value input, ModelTensor table, Value output) implements EncoderOperation {
        @Override
        public List<Value> inputs() {
            return List.of(input);
        }
    }

    /**
     * {@code input + table[position of the token in its text]}.
     *
     * @param table
     *            [positions, width]
     */
    record PositionEmbedding(Value input, ModelTensor table, Value output) implements EncoderOperation {
        @Override
        public List<Value> inputs() {
            return List.of(input);
        }
    }

    /**
     * {@code (x - mean(x)) / sqrt(variance(x) + epsilon) * gain + bias}.
     *
     * @param gain
     *            [width]
     * @param bias
     *            [width]
     */
    record LayerNorm(Value input, ModelTensor gain, ModelTensor bias, float epsilon, Value output)
            implements
                EncoderOperation {
        @Override
        public List<Value> inputs() {
            return List.of(input);
        }
    }

    /** {@code activation(input)}. */
    record Activate(Value input, Activation activation, Value output) implements EncoderOperation {
        @Override
        public List<Value> inputs() {
            return List.of(input);
        }
    }

    /**
     * Attention of each token over all tokens of its text: {@code softmax(q k^T * scale) v}.
     *
     * @param scale
     *            usually {@code 1 / sqrt(head width)}
     */
    record FullAttention(Value query, Value key, Value value, int heads, int headWidth, float scale, Value output)
            implements
                EncoderOperation {
        @Override
        public List<Value> inputs() {
            return List.of(query, key, value);
        }
    }
}
