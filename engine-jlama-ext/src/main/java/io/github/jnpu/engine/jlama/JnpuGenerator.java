package io.github.jnpu.engine.jlama;

import com.github.tjake.jlama.math.ActivationFunction;
import com.github.tjake.jlama.model.functions.Generator;
import com.github.tjake.jlama.safetensors.Config;
import com.github.tjake.jlama.safetensors.prompt.PromptContext;
import com.github.tjake.jlama.safetensors.prompt.PromptSupport;
import com.github.tjake.jlama.safetensors.tokenizer.Tokenizer;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.GenerationRequest;
import io.github.jnpu.engine.GenerationResult;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.sampling.SamplingOptions;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/**
 * jlama's {@link Generator} over our engine: code written for jlama changes its loader and nothing else.
 *
 * <pre>{@code
 * try (Generator model = JnpuGenerator.load(Path.of("model.gguf"))) {
 *     PromptContext prompt = model.promptSupport().get().builder().addUserMessage("What does an NPU do?").build();
 *     model.generate(UUID.randomUUID(), prompt, 0.7f, 256, (text, milliseconds) -> System.out.print(text));
 * }
 * }</pre>
 *
 * <p>Thread-safe, unlike jlama's models. Differences on purpose: {@code ntokens} is the number of tokens to generate, as
 * jlama's documentation says (its code takes it as a position); BOS begins a session, not each of its turns, and only
 * where the model wants one; the first token may end the answer too; text is handed over in whole characters; an exception
 * of the callback ends the generation and reaches the caller.
 */
public final class JnpuGenerator implements Generator {
    private final LanguageModel model;
    private final JlamaTokenizer tokenizer;
    private final Config config;
    private final SessionHistories sessions = new SessionHistories();

    /**
     * A generator over a model that is loaded already; it is closed with the generator.
     */
    public JnpuGenerator(LanguageModel model) {
        this.model = model;
        this.tokenizer = new JlamaTokenizer(model.tokenizer(), model.source());
        this.config = describe(model);
    }

    /**
     * Loads a GGUF file with the default options.
     *
     * @throws ModelFormatException
     *             if the file is malformed or of an unknown kind
     */
    public static JnpuGenerator load(Path gguf) {
        return load(gguf, ModelOptions.DEFAULT);
    }

    /**
     * Loads a GGUF file.
     *
     * @throws ModelFormatException
     *             if the file is malformed or of an unknown kind
     */
    public static JnpuGenerator load(Path gguf, ModelOptions options) {
        return new JnpuGenerator(LanguageModel.load(GgufFile.open(gguf), options));
    }

    /** What callers read from it; without rope, whose table jlama would fill for every position at once. */
    private static Config describe(LanguageModel model) {
        ModelConfig config = model.config();
        List<Integer> endings = IntStream.range(0, model.tokenizer().vocabularySize())
                .filter(model.tokenizer()::isEndOfGeneration).boxed().toList();
        return new Config(model.contextLength(), config.embeddingLength(), config.feedForwardLength(), config.heads(),
                config.keyValueHeads(), config.layers(), config.normEpsilon(), config.vocabularySize(),
                model.tokenizer().bos().orElse(-1), endings, ActivationFunction.Type.SILU, null, null, null,
                config.keyLength(), null, null, null, null, null, null);
    }

    /**
     * Continues a session, or begins it if the id is new, and returns when the answer is complete. The callback runs on the
     * calling thread. Interrupting that thread ends the generation.
     *
     * @param temperature
     *            0 for the likeliest tokens, else jlama's plain sampling over the whole vocabulary
     * @param ntokens
     *            how many tokens to generate at most; negative for as many as the context holds
     * @param onTokenWithTimings
     *            receives text and the mean milliseconds per token up to it; prompt tokens for the first piece
     * @throws EngineException
     *             if the session with this prompt does not fit the context, or the generation fails or is interrupted
     */
    @Override
    public Response generate(UUID session, PromptContext promptContext, float temperature, int ntokens,
            BiConsumer<String, Float> onTokenWithTimings) {
        SessionHistories.History history = sessions.of(session);
        synchronized (history) {
            int[] prompt = history.isEmpty()
                    ? model.encodePrompt(promptContext.getPrompt(), true)
                    : history.followedBy(model.tokenizer().encode(promptContext.getPrompt(), true));
            SamplingOptions sampling = SamplingOptions.GREEDY.withTopK(0).withTopP(1).withTemperature(temperature);
            CallerThreadListener listener = new CallerThreadListener(prompt.length, onTokenWithTimings);
            GenerationResult result = listener.await(model.generate(
                    new GenerationRequest(prompt, sampling, ntokens, List.of()), listener));
            history.set(prompt, result.tokens());
            return ToolCalls.addTo(promptContext, respond(result));
        }
    }

    private Response respond(GenerationResult result) {
        int[] tokens = result.tokens().stream().mapToInt(Integer::intValue).toArray();
        return new Response(result.text(), tokenizer.decodeWithSpecial(tokens), switch (result.finishReason()) {
            case STOP -> FinishReason.STOP_TOKEN;
            case LENGTH -> FinishReason.MAX_TOKENS;
            case CANCELLED -> FinishReason.ERROR;
        }, result.promptTokens(), tokens.length, result.promptDuration().toMillis(),
                result.decodeDuration().toMillis());
    }

    /** Forgets a session; what is never forgotten by hand goes when too many newer ones have come. */
    public void forget(UUID session) {
        sessions.forget(session);
    }

    /** The model behind it, for what jlama's interface does not offer. */
    public LanguageModel model() {
        return model;
    }

    /**
     * Not possible yet: the engine gives logits only.
     *
     * @throws UnsupportedOperationException
     *             always
     */
    @Override
    public float[] embed(String input, PoolingType poolingType) {
        throw new UnsupportedOperationException(
                "jnpu does not make embeddings yet; JlamaModels.load runs jlama's own model over the same file, which does");
    }

    @Override
    public Config getConfig() {
        return config;
    }

    @Override
    public Tokenizer getTokenizer() {
        return tokenizer;
    }

    @Override
    public Optional<PromptSupport> promptSupport() {
        return tokenizer.promptSupport();
    }

    @Override
    public void close() {
        model.close();
    }
}
