package io.github.jnpu.langchain4j;

import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.spi.ServiceHelper;
import io.github.jnpu.langchain4j.spi.NpuStreamingChatModelBuilderFactory;

import java.util.List;
import java.util.Set;

/**
 * A chat model that runs in this JVM and hands its answer over as it comes.
 *
 * <p>Thread-safe; {@code chat} returns at once. Each request has a thread of its own for its callbacks, so a handler may take
 * its time, or ask the same model again. What fails after the request's parameters have been checked goes to the handler's
 * {@code onError}.
 */
public final class NpuStreamingChatModel implements StreamingChatModel, AutoCloseable {
    private final NpuChatRequestParameters defaults;
    private final List<ChatModelListener> listeners;
    private final ChatEngine engine;

    private NpuStreamingChatModel(Builder builder) {
        this.defaults = builder.mergedParameters();
        this.listeners = builder.registeredListeners();
        this.engine = new ChatEngine(builder);
    }

    public static Builder builder() {
        for (NpuStreamingChatModelBuilderFactory factory : ServiceHelper
                .loadFactories(NpuStreamingChatModelBuilderFactory.class)) {
            return factory.get();
        }
        return new Builder();
    }

    @Override
    public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
        engine.requireSupported(request);
        StreamedAnswer answer = new StreamedAnswer(handler);
        Thread.ofVirtual().name("jnpu-callbacks").start(() -> answer.deliver(() -> engine.prepare(request)));
    }

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return defaults;
    }

    @Override
    public List<ChatModelListener> listeners() {
        return listeners;
    }

    @Override
    public Set<Capability> supportedCapabilities() {
        return Set.of(Capability.RESPONSE_FORMAT_JSON_SCHEMA);
    }

    @Override
    public ModelProvider provider() {
        return ModelProvider.OTHER;
    }

    /** Frees the engine if no other model object shares it; waits for the running generation. Idempotent. */
    @Override
    public void close() {
        engine.close();
    }

    /** Builds a {@link NpuStreamingChatModel}. Frameworks may extend it. */
    public static class Builder extends NpuModelBuilder<Builder> {
        @Override
        Builder self() {
            return this;
        }

        /**
         * Loads the model.
         *
         * @throws dev.langchain4j.exception.ModelNotFoundException
         *             if there is no model of this name
         * @throws dev.langchain4j.exception.InvalidRequestException
         *             if none was named, or it cannot be loaded
         */
        public NpuStreamingChatModel build() {
            return new NpuStreamingChatModel(this);
        }
    }
}
