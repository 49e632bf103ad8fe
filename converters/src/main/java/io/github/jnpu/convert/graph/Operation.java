package io.github.jnpu.convert.graph;

import io.github.jnpu.convert.model.ModelTensor;

import java.util.List;
import java.util.Optional;

/**
 * One step of a network. Every operation reads values that earlier ones made and makes one of its own.
 *
 * <p>Matrices are [tokens, features]; "row" is one token. The operations are as large as devices like to have them:
 * ONNX's GroupQueryAttention and OpenVINO's fused patterns each take one or two of these records.
 */
public sealed interface Operation {

    /** What this operation makes. */
    Value output();

    /** What it reads, in the order of its components. */
    List<Value> inputs();

    /** Where the residual stream comes from: the first operation of every graph. */
    sealed interface Entry extends Operation {
        @Override
        default List<Value> inputs() {
            return List.of();
        }
    }

    /**
     * Looks tokens up: row t is the row {@code token[t]} of the table.
     *
     * @param table
     *            [vocabulary, width]
     */
    record TokenEmbedding(ModelTensor table, Value output) implements Entry, EncoderOperation {
        @Override
        public List<Value> inputs() {
            return List.of();
        }
    }

    /** The stream as an earlier part of the network, on another device perhaps, left it: the caller brings it. */
    record StreamInput(Value output) implements Entry {}

    /**
     * {@code x / sqrt(mean(x^2) + epsilon) * gain}, over the whole row, or over each head of {@code gain}'s length where
     * the row is longer (Qwen3's query and key norms).
     *
     * @param gain
     *            [width] or [head width], F32 or F16
     */
    record RmsNorm(Value input, ModelTensor gain, float epsilon, Value output) implements Operation {
        @Override
        public List<Value> inputs() {
            return List.of(input);
        }
    }

    /**
     * {@code x * weight^T + bias}.
     *
     * @param weight
     *            [output width, input width], any tensor type
     * @param bias
     *            [output width]
     */
    record Projection(Value input, ModelTensor weight, Optional<ModelTensor> bias, Value output)
            implements
                Operation,
                EncoderOperation {
        @Override
        public List<Value> inputs() {
            return List.of(input);
        }
    }

    /** Rotary position embedding of every head in the row. */
    record Rope(Value input, int headWidth, RopeLayout layout, RopeFrequencies frequencies, Value output)
            implements
                Operation,
                EncoderOperation {
        @Override
        public List<Value> inputs() {
            return List.of(input);
        }
    }

    /** Which features turn together. */
    enum RopeLayout {
        /** (0,1), (2,3), ...: llama. */
        ADJACENT,
        /** (0,n/2), (1,n/2+1), ...: NeoX, Qwen. */
        HALVES
    }

    /**
     * Appends keys and values to the layer's cache, then attends over all cached positions up to the token's own:
     * {@code softmax(q k^T * scale) v}, query heads in groups sharing a key-value head.
     *
     * @param layer
     *            whose cache it is
     * @param scale
     *            usually {@code 1 / sqrt(key width)}
     * @param slidingWindow
     *            how many positions, the token's own among them, are seen; 0 for all
     */
    record Attention(Value query, Value key, Value value, int layer, int heads, int keyValueHeads, int keyWidth,
            int valueWidth, float scale, int slidingWindow, Value output) implements Operation {
        @Override
        public List<Value> inputs() {
            return List.of(query, key, value);
        }

        /** The same with the cache of another number. */
        Attention onLayer(int number) {
            return new Attention(query, key, value, number, heads, keyValueHeads, keyWidth, valueWidth, scale,
                    slidingWindow, output);
        }
    }

    /** {@code activation(gate) * up}. */
    record GatedActivation(Value gate, Value up, Activation activation,
            Value output) implements Operation, EncoderOperation {
        @Override
        public List<Value> inputs() {
            return List.of(gate, up);
        }
    }

    /** The function of a gated feed-forward network. */
    enum Activation {
        /** {@code x / (1 + exp(-x))}. */
        SILU,
        /** The tanh approximation of the Gaussian error linear unit. */
        GELU
    }

    /** {@code left + right}: the residual stream. */
    record Add(Value left, Value right, Value output) implements Operation, EncoderOperation {
        @Override
        public List<Value> inputs() {
            return List.of(left, right);
        }
    }
}
