package io.github.jnpu.langchain4j;

import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.internal.ChatRequestValidationUtils;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import io.github.jnpu.engine.GenerationRequest;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.chat.AnswerReader;
import io.github.jnpu.engine.chat.AnswerSyntax;
import io.github.jnpu.engine.chat.ChatPrompt;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.chat.Thinking;
import io.github.jnpu.engine.grammar.Grammar;
import io.github.jnpu.engine.placement.PlacementWish;
import io.github.jnpu.engine.sampling.SamplingOptions;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** From LangChain4j's request to the engine's and back, for both chat models. Thread-safe. */
final class ChatEngine implements AutoCloseable {
    private final ModelOptions options;
    private final ModelAccess access;
    private final boolean returnsThinking;
    private final String modelName;
    // A request may name another model, place or length than the builder did; it stays loaded until this object is closed.
    private final Map<Key, SharedEngine> engines = new ConcurrentHashMap<>();
    private volatile boolean closed;

    private record Key(String model, ModelOptions options) {}

    /**
     * A request that the engine can run.
     *
     * @param text
     *            the prompt up to the answer
     * @param opening
     *            what the prompt says of the answer
     */
    record Prepared(LanguageModel model, String modelName, GenerationRequest request, Optional<AnswerSyntax> syntax,
            ChatPrompt asked, String text, String opening, boolean returnsThinking) {
        Answer answer() {
            AnswerReader reader = syntax.map(known -> AnswerReader.of(known, asked, text)).orElseGet(
                    AnswerReader::plain);
            return new Answer(modelName, reader, opening, returnsThinking);
        }
    }

    /** Loads the model. */
    ChatEngine(NpuModelBuilder<?> builder) {
        this.modelName = builder.mergedParameters().modelName();
        if (modelName == null || modelName.isBlank()) {
            throw new InvalidRequestException("no model: set modelName or modelPath");
        }
        this.options = builder.modelOptions();
        this.access = builder.modelAccess();
        this.returnsThinking = builder.returnsThinking();
        engine(key(builder.mergedParameters()));
    }

    private Key key(ChatRequestParameters parameters) {
        String name = parameters.modelName() == null ? modelName : parameters.modelName();
        if (!(parameters instanceof NpuChatRequestParameters own)) {
            return new Key(name, options);
        }
        ModelOptions asked = options;
        if (own.numCtx() != null) {
            if (own.numCtx() < 1) {
                throw new InvalidRequestException("numCtx must be at least 1, is " + own.numCtx());
            }
            asked = asked.withContextLength(own.numCtx());
        }
        if (own.place() != null) {
            try {
                asked = asked.withPlace(PlacementWish.parse(own.place(), options.place().strict()));
            } catch (IllegalArgumentException e) {
                throw new InvalidRequestException("place: " + e.getMessage(), e);
            }
        }
        return new Key(name, asked);
    }

    private SharedEngine engine(Key key) {
        if (closed) {
            throw new IllegalStateException("the chat model has been closed");
        }
        return engines.computeIfAbsent(key, k -> SharedEngine.of(k.model(), k.options(), access));
    }

    /**
     * Throws for what the engine or the model cannot do rather than ignoring it. What a model can do that is not loaded yet turns
     * out in {@link #prepare}.
     *
     * @throws UnsupportedFeatureException
     *             naming the feature
     */
    void requireSupported(ChatRequest request) {
        ChatRequestValidationUtils.validateMessages(request.messages());
        PromptLayout.turns(request.messages());
        SharedEngine engine = engines.get(key(request.parameters()));
        if (engine != null) {
            try {
                requireSupported(request, engine.template());
            } catch (RuntimeException e) {
                throw Failures.ofRequest(e);
            }
        }
    }

    private static AnswerConstraint requireSupported(ChatRequest request, Optional<ChatTemplate> template) {
        PromptLayout.requireLayout(request.messages(), template);
        if (thinking(request.parameters()).map(Thinking::enabled).orElse(false) && !template.map(
                ChatTemplate::supportsThinking).orElse(false)) {
            throw new UnsupportedFeatureException("thinking is not supported by this model; leave think out");
        }
        return AnswerConstraint.of(request.parameters(), template);
    }

    private static Optional<Thinking> thinking(ChatRequestParameters parameters) {
        return parameters instanceof NpuChatRequestParameters own ? Optional.ofNullable(own.think()) : Optional.empty();
    }

    /** Lays the prompt out and reads the parameters; throws LangChain4j's exceptions. */
    Prepared prepare(ChatRequest request) {
        Key key = key(request.parameters());
        SharedEngine engine = engine(key);
        try {
            ChatRequestParameters parameters = request.parameters();
            Integer maxTokens = parameters.maxOutputTokens();
            if (maxTokens != null && maxTokens < 1) {
                throw new InvalidRequestException("maxOutputTokens must be at least 1, is " + maxTokens);
            }
            AnswerConstraint constraint = requireSupported(request, engine.template());
            ChatPrompt asked = ChatPrompt.of(PromptLayout.turns(request.messages()), ToolSchemas.definitions(
                    AnswerConstraint.tools(parameters)), thinking(parameters));
            Optional<AnswerSyntax> syntax = engine.template().map(ChatTemplate::syntax);
            String text = engine.template().map(template -> template.renderForAnswer(asked)).orElseGet(
                    () -> PromptLayout.plain(asked.messages()));
            String opening = constraint.opening().isEmpty()
                    ? ""
                    : syntax.flatMap(AnswerSyntax::thinkingTags).filter(tags -> tags.areOpenedBy(text)).map(tags -> tags
                            .close() + "\n\n").orElse("") + constraint.opening();
            LanguageModel model = engine.model();
            GenerationRequest generation = new GenerationRequest(model.encodePrompt(text + opening, engine.template()
                    .isPresent()), sampling(parameters), maxTokens == null ? -1 : maxTokens,
                    parameters.stopSequences() == null ? List.of() : parameters.stopSequences(),
                    syntax.map(AnswerSyntax::specialTokens).orElse(Set.of()), constraint.grammar().map(
                            grammar -> held(grammar, constraint, syntax, asked, text)));
            return new Prepared(model, key.model(), generation, syntax, asked, text, opening, returnsThinking);
        } catch (RuntimeException e) {
            throw Failures.ofRequest(e);
        }
    }

    private static Grammar held(Grammar grammar, AnswerConstraint constraint, Optional<AnswerSyntax> syntax,
            ChatPrompt asked, String text) {
        return constraint.behindThoughts()
                ? syntax.map(known -> known.held(grammar, asked.mayThink(), text)).orElse(grammar)
                : grammar;
    }

    private static SamplingOptions sampling(ChatRequestParameters parameters) {
        SamplingOptions sampling = SamplingOptions.DEFAULT;
        if (parameters.temperature() != null) {
            sampling = sampling.withTemperature(inRange("temperature", parameters.temperature(), 0, Float.MAX_VALUE));
        }
        if (parameters.topP() != null) {
            sampling = sampling.withTopP(inRange("topP", parameters.topP(), 0, 1));
        }
        if (parameters.topK() != null) {
            sampling = sampling.withTopK(parameters.topK());
        }
        if (parameters.frequencyPenalty() != null) {
            sampling = sampling.withFrequencyPenalty(parameters.frequencyPenalty().floatValue());
        }
        if (parameters.presencePenalty() != null) {
            sampling = sampling.withPresencePenalty(parameters.presencePenalty().floatValue());
        }
        if (parameters instanceof NpuChatRequestParameters own) {
            if (own.minP() != null) {
                sampling = sampling.withMinP(inRange("minP", own.minP(), 0, 1));
            }
            if (own.repeatPenalty() != null) {
                sampling = sampling.withRepeatPenalty(own.repeatPenalty().floatValue());
            }
            if (own.seed() != null) {
                sampling = sampling.withSeed(own.seed());
            }
        }
        return sampling;
    }

    private static float inRange(String name, double value, double min, double max) {
        if (!(value >= min && value <= max)) {
            throw new InvalidRequestException("%s is %s, outside of %s to %s".formatted(name, value, min, max));
        }
        return (float) value;
    }

    @Override
    public void close() {
        closed = true;
        engines.values().forEach(SharedEngine::close);
    }
}
