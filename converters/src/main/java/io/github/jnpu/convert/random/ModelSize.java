package io.github.jnpu.convert.random;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The dimensions of a random model.
 *
 * @param embeddingLength
 *            width of the residual stream, a multiple of 32; of 256 for K-quants
 * @param heads
 *            a multiple of {@code keyValueHeads}
 * @param headLength
 *            features of one head, even
 * @param feedForwardLength
 *            as {@code embeddingLength}
 * @param vocabularySize
 *            512 to 1,000,000
 */
public record ModelSize(int embeddingLength, int layers, int heads, int keyValueHeads, int headLength,
        int feedForwardLength, int vocabularySize, int contextLength) {
    private static final int MIN_VOCABULARY = 512;
    private static final int MAX_VOCABULARY = 1_000_000;

    /**
     * @throws IllegalArgumentException
     *             if a number is out of its range
     */
    public ModelSize {
        require(embeddingLength >= 32 && embeddingLength % 32 == 0 && embeddingLength <= 1 << 16,
                "embedding length", embeddingLength);
        require(layers >= 1 && layers <= 1024, "layer count", layers);
        require(heads >= 1 && heads <= 1024, "head count", heads);
        require(keyValueHeads >= 1 && heads % keyValueHeads == 0, "key-value head count", keyValueHeads);
        require(headLength >= 2 && headLength % 2 == 0 && headLength <= 1024, "head length", headLength);
        require(heads * headLength % 32 == 0, "head length", headLength);
        require(feedForwardLength >= 32 && feedForwardLength % 32 == 0 && feedForwardLength <= 1 << 20,
                "feed-forward length", feedForwardLength);
        require(vocabularySize >= MIN_VOCABULARY && vocabularySize <= MAX_VOCABULARY, "vocabulary size",
                vocabularySize);
        require(contextLength >= 1, "context length", contextLength);
    }

    private static void require(boolean valid, String what, int value) {
        if (!valid) {
            throw new IllegalArgumentException("random model: a %s of %d is out of range".formatted(what, value));
        }
    }

    /** Sizes with a name; beside {@code TINY} they are those of published models with a vocabulary of 32,000. */
    public enum Preset {
        /** Some 1.3 million parameters; wide enough for K-quants. */
        TINY("tiny", new ModelSize(256, 2, 4, 2, 64, 512, 512, 2048)),
        /** SmolLM2 135M. */
        SIZE_100M("100m", new ModelSize(768, 12, 12, 4, 64, 2048, 32_000, 8192)),
        /** Qwen2.5 0.5B, with heads that K-quants can hold. */
        SIZE_500M("500m", new ModelSize(1024, 24, 16, 4, 64, 4864, 32_000, 8192)),
        /** Llama 3.2 1B. */
        SIZE_1B("1b", new ModelSize(2048, 16, 32, 8, 64, 8192, 32_000, 8192)),
        /** Llama 3.2 3B. */
        SIZE_3B("3b", new ModelSize(3072, 28, 24, 8, 128, 8192, 32_000, 8192)),
        /** Llama 3.1 8B. */
        SIZE_8B("8b", new ModelSize(4096, 32, 32, 8, 128, 14_336, 32_000, 8192));

        private final String label;
        private final ModelSize size;

        Preset(String label, ModelSize size) {
            this.label = label;
            this.size = size;
        }

        public String label() {
            return label;
        }

        public ModelSize size() {
            return size;
        }

        /** The preset of this label in any case. */
        public static Optional<Preset> ofLabel(String label) {
            return Arrays.stream(values()).filter(preset -> preset.label.equalsIgnoreCase(label)).findFirst();
        }

        /** All labels for a message: {@code tiny, 100m, ...}. */
        public static String labels() {
            return Arrays.stream(values()).map(Preset::label).collect(Collectors.joining(", "));
        }
    }
}
