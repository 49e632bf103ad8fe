package io.github.jnpu.langchain4j;

import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.spi.ServiceHelper;
import io.github.jnpu.engine.Generation;
import io.github.jnpu.engine.GenerationListener;
import io.github.jnpu.engine.GenerationResult;
import io.github.jnpu.langchain4j.spi.NpuChatModelBuilderFactory;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;

/**
 * A chat model that runs in this JVM.
 *
 * <pre>{@code
 * try (NpuChatModel model = NpuChatModel.builder().modelName("demo").build()) {
 *     System.out.println(model.chat("What does an NPU do?"));
 * }
 * }</pre>
 *
 * <p>Thread-safe; requests to one engine wait for each other. Building it loads the model. Interrupting a thread that waits
 * for an answer ends the generation.
 */
public final class NpuChatModel implements ChatModel, AutoCloseable {
    private final NpuChatRequestParameters defaults;
    private final List<ChatModelListener> listeners;
    private final ChatEngine engine;

    private NpuChatModel(Builder builder) {
        this.defaults = builder.mergedParameters();
        this.listeners = builder.registeredListeners();
        this.engine = new ChatEngine(builder);
    }

    public static Builder builder() {
        for (NpuChatModelBuilderFactory factory : ServiceHelper.loadFactories(NpuChatModelBuilderFactory.class)) {
            return factory.get();
        }
        return new Builder();
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        engine.requireSupported(request);
        ChatEngine.Prepared prepared = engine.prepare(request);
        GenerationResult result = generate(prepared);
        Answer answer = prepared.answer();
        answer.accept(result.text(), Answer.NO_SINK);
        return answer.finish(result, Answer.NO_SINK);
    }

    private static GenerationResult generate(ChatEngine.Prepared prepared) {
        Generation generation;
        try {
            generation = prepared.model().generate(prepared.request(), new Silent());
        } catch (RuntimeException e) {
            throw Failures.ofRequest(e);
        }
        try {
            // An answer that is there already would be taken all the same, sometimes.
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            return generation.result().get();
        } catch (InterruptedException e) {
            generation.cancel();
            Thread.currentThread().interrupt();
            throw new LangChain4jException("the thread was interrupted while it waited for the answer", e);
        } catch (ExecutionException e) {
            throw Failures
                    .ofRequest(e.getCause() instanceof RuntimeException cause ? cause : new LangChain4jException(e));
        }
    }

    /** The result says it all. */
    private static final class Silent implements GenerationListener {
        @Override
        public void onText(String text) {}

        @Override
        public void onComplete(GenerationResult result) {}

        @Override
        public void onError(RuntimeException failure) {}
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

    /** Builds a {@link NpuChatModel}. Frameworks may extend it. */
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
        public NpuChatModel build() {
            return new NpuChatModel(this);
        }
    }
}
