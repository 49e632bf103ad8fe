package io.github.jnpu.langchain4j;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.internal.ChatRequestValidationUtils;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import io.github.jnpu.engine.GenerationRequest;
import io.github.jnpu.engine.GenerationResult;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.sampling.SamplingOptions;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** From LangChain4j's request to the engine's and back, for both chat models. Thread-safe. */
final class ChatEngine implements AutoCloseable {
    private final ModelOptions options;
    private final String modelName;
    // A request may name another model than the builder did; it stays loaded until this object is closed.
    private final Map<String, SharedEngine> engines = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** A request that the engine can run. */
    record Prepared(LanguageModel model, String modelName, GenerationRequest request) {}

    /** Loads the model. */
    ChatEngine(String modelName, ModelOptions options) {
        if (modelName == null || modelName.isBlank()) {
            throw new InvalidRequestException("no model: set modelName or modelPath");
        }
        this.modelName = modelName;
        this.options = options;
        engine(modelName);
    }

    private LanguageModel engine(String name) {
        if (closed) {
            throw new IllegalStateException("the chat model has been closed");
        }
        return engines.computeIfAbsent(name, n -> SharedEngine.of(n, options)).model();
    }

    /**
     * Throws for what the engine cannot do rather than ignoring it.
     *
     * @throws dev.langchain4j.exception.UnsupportedFeatureException
     *             naming the feature
     */
    static void requireSupported(ChatRequest request) {
        ChatRequestValidationUtils.validateMessages(request.messages());
        PromptLayout.requireTextOnly(request.messages());
        ChatRequestParameters parameters = request.parameters();
        ChatRequestValidationUtils.validate(parameters.toolSpecifications());
        ChatRequestValidationUtils.validate(parameters.toolChoice());
        ChatRequestValidationUtils.validate(parameters.responseFormat());
    }

    /** Lays the prompt out and reads the parameters; throws LangChain4j's exceptions. */
    Prepared prepare(ChatRequest request) {
        String name = request.parameters().modelName() == null ? modelName : request.parameters().modelName();
        LanguageModel model = engine(name);
        try {
            ChatRequestParameters parameters = request.parameters();
            Integer maxTokens = parameters.maxOutputTokens();
            if (maxTokens != null && maxTokens < 1) {
                throw new InvalidRequestException("maxOutputTokens must be at least 1, is " + maxTokens);
            }
            return new Prepared(model, name, new GenerationRequest(PromptLayout.encode(model, request.messages()),
                    sampling(parameters), maxTokens == null ? -1 : maxTokens,
                    parameters.stopSequences() == null ? List.of() : parameters.stopSequences()));
        } catch (RuntimeException e) {
            throw Failures.ofRequest(e);
        }
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

    static ChatResponse respond(Prepared prepared, GenerationResult result) {
        return ChatResponse.builder().id(UUID.randomUUID().toString()).modelName(prepared.modelName())
                .aiMessage(AiMessage.from(result.text()))
                .tokenUsage(new TokenUsage(result.promptTokens(), result.tokens().size()))
                .finishReason(switch (result.finishReason()) {
                    case STOP -> FinishReason.STOP;
                    case LENGTH -> FinishReason.LENGTH;
                    case CANCELLED -> FinishReason.OTHER;
                }).build();
    }

    @Override
    public void close() {
        closed = true;
        engines.values().forEach(SharedEngine::close);
    }
}
