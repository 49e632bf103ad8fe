package io.github.jnpu.convert.model;

import java.util.Optional;

/**
 * The hyper-parameters that graphs are built from.
 *
 * @param architecture
 *            GGUF's name: {@code llama}, {@code qwen2}, {@code qwen3}
 * @param vocabularySize
 *            rows of the embedding table
 * @param contextLength
 *            positions that the model was trained for
 * @param embeddingLength
 *            width of the residual stream
 * @param keyLength
 *            features of one query or key head
 * @param valueLength
 *            features of one value head
 * @param rope
 *            how positions turn queries and keys
 * @param slidingWindow
 *            how many positions back attention reaches, as the file says; 0 for all. Architectures may pass over it
 * @param normEpsilon
 *            added to the mean square in RMS norms
 */
public record ModelConfig(String architecture, String name, int vocabularySize, int contextLength, int embeddingLength,
        int layers, int heads, int keyValueHeads, int keyLength, int valueLength, int feedForwardLength,
        RopeConfig rope,
        int slidingWindow, float normEpsilon) {

    /**
     * Rotary position embedding.
     *
     * @param dimensions
     *            how many features of a head turn; the rest stay
     * @param frequencyBase
     *            theta, 10000 in the first llama
     * @param scaling
     *            how the trained range is stretched
     */
    public record RopeConfig(int dimensions, float frequencyBase, RopeScaling scaling) {}

    /**
     * How rope's angles are scaled beyond the trained context.
     *
     * @param kind
     *            the rule
     * @param factor
     *            context length over original context length
     * @param originalContext
     *            positions before the stretch; 0 where the file does not say
     * @param attentionFactor
     *            YaRN's magnitude factor, 1 where the file does not say
     */
    public record RopeScaling(Kind kind, float factor, int originalContext, float attentionFactor) {
        /** The rules for which there is code; per-frequency factors (Llama 3.1) come as a tensor of their own. */
        public enum Kind {
            NONE,
            LINEAR,
            YARN
        }

        public static final RopeScaling NONE = new RopeScaling(Kind.NONE, 1, 0, 1);
    }

    /**
     * Reads the parameters from GGUF keys.
     *
     * @throws ModelFormatException
     *             if a needed key is missing or out of range
     */
    public static ModelConfig of(ModelSource source) {
        return new ModelConfigReader(source).read();
    }

    /** The same with another number of layers: of a part of the network. */
    public ModelConfig withLayers(int number) {
        return new ModelConfig(architecture, name, vocabularySize, contextLength, embeddingLength, number, heads,
                keyValueHeads, keyLength, valueLength, feedForwardLength, rope, slidingWindow, normEpsilon);
    }

    static Optional<RopeScaling.Kind> scalingKind(String name) {
        return switch (name) {
            case "none", "llama3" -> Optional.of(RopeScaling.Kind.NONE);
            case "linear" -> Optional.of(RopeScaling.Kind.LINEAR);
            case "yarn" -> Optional.of(RopeScaling.Kind.YARN);
            default -> Optional.empty();
        };
    }
}
