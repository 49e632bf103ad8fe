package io.github.jnpu.engine.jlama;

import com.github.tjake.jlama.math.ActivationFunction;
import com.github.tjake.jlama.model.llama.LlamaModel;
import com.github.tjake.jlama.model.qwen2.Qwen2Model;
import com.github.tjake.jlama.safetensors.Config;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.tokenizer.Tokenizer;
import io.github.jnpu.convert.graph.RopeFrequencies;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.EngineException;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * jlama's own models over GGUF files: its classes, its kernels, its generation loop, our loader and our tokenizer.
 *
 * <p>Loading one turns the Vector API's bounds checks off for the JVM if nothing has used them before (jlama does that),
 * and starts jlama's thread pool. Put no two sequences through one model at once: jlama shares buffers between them.
 */
public final class JlamaModels {
    /** jlama divides the KV cache into pages of this size; a context that fills not even one gets a page a token. */
    private static final int PAGE_BYTES = 1 << 20;

    private JlamaModels() {}

    /**
     * jlama's {@link LlamaModel}, or its Qwen2Model, for a file. To free the memory close the model, then its
     * {@link LlamaModel#getWeights() weights}, then the source.
     *
     * @param contextLength
     *            tokens that a session can hold; 0 for what the model was trained for
     * @throws ModelFormatException
     *             if the file is malformed
     * @throws EngineException
     *             if jlama has no code for such a network
     */
    public static LlamaModel load(ModelSource source, int contextLength) {
        io.github.jnpu.engine.tokenizer.Tokenizer tokenizer = io.github.jnpu.engine.tokenizer.Tokenizer.of(source);
        GgufWeightLoader weights = GgufWeightLoader.of(source);
        ModelConfig config = weights.network().config();
        int wanted = contextLength == 0 ? config.contextLength() : Math.min(contextLength, config.contextLength());
        int bos = tokenizer.bos().orElse(tokenizer.eos().orElse(0));
        List<Integer> endings = IntStream.range(0, tokenizer.vocabularySize()).filter(tokenizer::isEndOfGeneration)
                .boxed().toList();
        return create(weights, Optional.of(new JlamaTokenizer(tokenizer, source)), wanted, bos, endings);
    }

    /** The model without a tokenizer, for callers that only run tokens through it. */
    static LlamaModel create(GgufWeightLoader weights, int contextLength) {
        return create(weights, Optional.empty(), contextLength, 0, List.of());
    }

    private static LlamaModel create(GgufWeightLoader weights, Optional<Tokenizer> tokenizer, int contextLength,
            int bos, List<Integer> endings) {
        ModelConfig config = weights.network().config();
        if (config.slidingWindow() > 0 && contextLength > config.slidingWindow()) {
            throw new EngineException(
                    "jlama attends to all positions, this model to %d; ask for a context of at most that many"
                            .formatted(config.slidingWindow()));
        }
        requireWholeSplits(weights.layout());
        Config jlama = config(weights, contextLength, bos, endings);
        // F32 between the layers; activations become 8-bit in front of four-bit weights, where jlama's kernels can.
        return config.architecture().equals("qwen2")
                ? new Qwen2Model(jlama, weights, tokenizer.orElse(null), DType.F32, DType.I8, Optional.empty())
                : new LlamaModel(jlama, weights, tokenizer.orElse(null), DType.F32, DType.I8, Optional.empty());
    }

    private static Config config(GgufWeightLoader weights, int contextLength, int bos, List<Integer> endings) {
        ModelConfig config = weights.network().config();
        JlamaLayout layout = weights.layout();
        // jlama looks the angles of head h up two positions further on for each key-value head before it: harmless
        // for attention, which sees differences only, but the table must reach that far.
        int positions = contextLength + 2 * config.keyValueHeads();
        long bytesPerPosition = 2L * Float.BYTES * config.keyValueHeads() * layout.headWidth() * config.layers();
        positions = (int) Math.max(positions, PAGE_BYTES / bytesPerPosition + 1);
        Config jlama = new Config(positions, layout.embeddingLength(), layout.feedForwardLength(), config.heads(),
                config.keyValueHeads(), config.layers(), layout.epsilon(), config.vocabularySize(), bos, endings,
                ActivationFunction.Type.SILU, (double) config.rope().frequencyBase(), 1.0, null, layout.headWidth(),
                null, null, null, (float) (1 / Math.sqrt(config.keyLength())), null, null);
        jlama.ropeFreqs.ifPresent(table -> setAngles(table, positionsIn(table, layout), layout,
                weights.network().rope()));
        return jlama;
    }

    private static int positionsIn(float[][] table, JlamaLayout layout) {
        return table.length / (layout.headWidth() / 2);
    }

    /** jlama knows linear scaling only; its table is open to be filled with any other angles. */
    private static void setAngles(float[][] table, int positions, JlamaLayout layout, RopeFrequencies rope) {
        int pairs = layout.headWidth() / 2;
        for (int position = 0; position < positions; position++) {
            for (int pair = 0; pair < rope.inverse().length; pair++) {
                double angle = position * (double) rope.inverse()[pair];
                float[] cosineAndSine = table[position * pairs + pair];
                cosineAndSine[0] = (float) (Math.cos(angle) * rope.magnitude());
                cosineAndSine[1] = (float) (Math.sin(angle) * rope.magnitude());
            }
        }
    }

    /**
     * jlama gives each thread {@code rows / threads} rows and the rest of {@code rows % (rows / threads)} to the last one,
     * which loses rows when there are few of them for the threads.
     */
    private static void requireWholeSplits(JlamaLayout layout) {
        ModelConfig config = layout.config();
        int threads = JlamaRuntime.threads();
        int[] lengths = {layout.embeddingLength(), layout.feedForwardLength(), config.vocabularySize(),
                config.keyValueHeads() * layout.headWidth()};
        for (int length : lengths) {
            int parts = Math.min(length, threads);
            if (parts > 1 && length % parts >= length / parts) {
                throw new EngineException(
                        "jlama cannot divide %d rows among %d threads without losing some; use fewer threads"
                                .formatted(length, threads));
            }
        }
    }
}
