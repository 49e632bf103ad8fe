package io.github.jnpu.langchain4j;

import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.chat.Thinking;
import io.github.jnpu.engine.grammar.Grammar;
import io.github.jnpu.engine.placement.PlacementWish;
import io.github.jnpu.engine.store.TransferListener;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the builders of all chat models have in common. One of {@link #modelName} and {@link #modelPath} is needed; all
 * else has the engine's defaults, which are Ollama's.
 *
 * @param <B>
 *            the builder itself
 */
public abstract class NpuModelBuilder<B extends NpuModelBuilder<B>> {
    private final NpuChatRequestParameters.Builder parameters = NpuChatRequestParameters.builder();
    private ChatRequestParameters defaults;
    private List<ChatModelListener> listeners = List.of();
    private ModelOptions options = ModelOptions.DEFAULT;
    private String modelName;
    private boolean returnsThinking;
    private boolean pull;
    private TransferListener pullListener = TransferListener.NONE;

    NpuModelBuilder() {}

    abstract B self();

    /** A name in the model store, {@code demo}, or a path to a GGUF file. */
    public B modelName(String value) {
        modelName = value;
        return self();
    }

    /** A GGUF file. */
    public B modelPath(Path value) {
        modelName = value == null ? null : value.toString();
        return self();
    }

    /** Divides the logits; 0 takes the likeliest token always. */
    public B temperature(Double value) {
        parameters.temperature(value);
        return self();
    }

    /** Draws among the likeliest tokens whose probabilities reach this; above 0, at most 1. */
    public B topP(Double value) {
        parameters.topP(value);
        return self();
    }

    /** Draws among so many of the likeliest tokens; 0 for all. */
    public B topK(Integer value) {
        parameters.topK(value);
        return self();
    }

    /** Drops tokens less likely than this share of the likeliest. */
    public B minP(Double value) {
        parameters.minP(value);
        return self();
    }

    /** Divides the logits of recent tokens; 1 for no effect. */
    public B repeatPenalty(Double value) {
        parameters.repeatPenalty(value);
        return self();
    }

    /** Subtracted from a token's logit each time it has occurred. */
    public B frequencyPenalty(Double value) {
        parameters.frequencyPenalty(value);
        return self();
    }

    /** Subtracted from a token's logit once it has occurred. */
    public B presencePenalty(Double value) {
        parameters.presencePenalty(value);
        return self();
    }

    /** The same seed gives the same text. */
    public B seed(Long value) {
        parameters.seed(value);
        return self();
    }

    /** Whether the model thinks before it answers; by default as its template says. What it thinks is dropped without {@link #returnThinking}. */
    public B think(boolean value) {
        parameters.think(value);
        return self();
    }

    /** Whether, or how hard, the model thinks; null for its template's default. */
    public B think(Thinking value) {
        parameters.think(value);
        return self();
    }

    /** Whether thoughts are in {@code AiMessage.thinking()} and streamed; by default they are not. */
    public B returnThinking(Boolean value) {
        returnsThinking = value != null && value;
        return self();
    }

    /** What every answer's text must belong to. */
    public B grammar(Grammar value) {
        parameters.grammar(value);
        return self();
    }

    /** How many tokens an answer may have; by default as many as the context holds. */
    public B maxOutputTokens(Integer value) {
        parameters.maxOutputTokens(value);
        return self();
    }

    /** Texts that end an answer where they appear; they are not part of it. */
    public B stopSequences(List<String> value) {
        parameters.stopSequences(value);
        return self();
    }

    /** Parameters for every request; the single setters above win over them, and a request's own over both. */
    public B defaultRequestParameters(ChatRequestParameters value) {
        defaults = value;
        return self();
    }

    public B listeners(List<ChatModelListener> value) {
        listeners = value == null ? List.of() : List.copyOf(value);
        return self();
    }

    /**
     * Whether a model that is not in the store is pulled from its registry, Ollama's if the name says no other, when it is first needed; by
     * default nothing is ever downloaded.
     */
    public B pull(boolean value) {
        pull = value;
        return self();
    }

    /** Follows the download, and may give it up; see {@link #pull}. */
    public B pullListener(TransferListener value) {
        pullListener = value == null ? TransferListener.NONE : value;
        return self();
    }

    /** How many tokens prompt and answer can have together; by default 4096, or less if the model was trained for less. */
    public B contextLength(Integer value) {
        parameters.numCtx(value);
        return self();
    }

    /** Cores to use; by default all. */
    public B threads(Integer value) {
        options = options.withThreads(value == null ? 0 : value);
        return self();
    }

    /**
     * A folder that keeps weights as they are laid out for computing, so that the next load takes a fraction of the time, for as much
     * disk as the weights; by default nothing is kept.
     */
    public B weightCache(Path folder) {
        options = options.withWeightCache(Optional.ofNullable(folder));
        return self();
    }

    /**
     * What runs each stage of the work: {@code npu}, {@code prefill=npu,decode=gpu}, {@code onnxruntime:webgpu}; by default the best
     * device. What cannot be had runs on the CPU with a warning in the log.
     *
     * @throws IllegalArgumentException
     *             if it cannot be read
     */
    public B place(String value) {
        options = options.withPlace(value == null
                ? PlacementWish.AUTO
                : PlacementWish.parse(value, options.place().strict()));
        return self();
    }

    /** Whether building the model fails, and a request, rather than anything else than {@link #place} runs it. */
    public B strict(boolean value) {
        options = options.withPlace(options.place().withStrict(value));
        return self();
    }

    /** The backend that must be used, by name; by default the best one. */
    public B backend(String value) {
        options = value == null
                ? options.withPlace(PlacementWish.AUTO)
                : options.withBackend(value);
        return self();
    }

    /** The parameters of a request that sets none itself. */
    final NpuChatRequestParameters mergedParameters() {
        NpuChatRequestParameters.Builder merged = NpuChatRequestParameters.builder();
        if (defaults != null) {
            merged.overrideWith(defaults);
        }
        merged.overrideWith(parameters.build());
        if (modelName != null) {
            merged.modelName(modelName);
        }
        return merged.build();
    }

    final List<ChatModelListener> registeredListeners() {
        return listeners;
    }

    final boolean returnsThinking() {
        return returnsThinking;
    }

    final ModelAccess modelAccess() {
        return ModelAccess.ofUser(pull ? Optional.of(pullListener) : Optional.empty());
    }

    final ModelOptions modelOptions() {
        return options;
    }
}
