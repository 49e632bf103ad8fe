package io.github.jnpu.langchain4j;

import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.common.AbstractChatModelListenerIT;
import dev.langchain4j.model.chat.common.AbstractStreamingChatModelListenerIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.ExtendWith;

import java.util.List;

/** LangChain4j's own tests of listeners. */
class ListenerKitTest {
    @ExtendWith(KitSkips.class)
    abstract static class BlockingKit extends AbstractChatModelListenerIT {
        private final KitModels models = new KitModels();

        @AfterEach
        void close() {
            models.close();
        }

        private NpuChatModel.Builder builder(ChatModelListener listener) {
            return NpuChatModel.builder().modelName(modelName()).temperature(temperature()).topP(topP())
                    .maxOutputTokens(maxTokens()).listeners(List.of(listener));
        }

        @Override
        protected ChatModel createModel(ChatModelListener listener) {
            return models.open(builder(listener));
        }

        /** A prompt of one token fits; those of requests do not. */
        @Override
        protected ChatModel createFailingModel(ChatModelListener listener) {
            return models.open(builder(listener).contextLength(4));
        }

        @Override
        protected Class<? extends Exception> expectedExceptionClass() {
            return InvalidRequestException.class;
        }
    }

    @ExtendWith(KitSkips.class)
    abstract static class StreamingKit extends AbstractStreamingChatModelListenerIT {
        private final KitModels models = new KitModels();

        @AfterEach
        void close() {
            models.close();
        }

        private NpuStreamingChatModel.Builder builder(ChatModelListener listener) {
            return NpuStreamingChatModel.builder().modelName(modelName()).temperature(temperature()).topP(topP())
                    .maxOutputTokens(maxTokens()).listeners(List.of(listener));
        }

        @Override
        protected StreamingChatModel createModel(ChatModelListener listener) {
            return models.open(builder(listener));
        }

        @Override
        protected StreamingChatModel createFailingModel(ChatModelListener listener) {
            return models.open(builder(listener).contextLength(4));
        }

        @Override
        protected Class<? extends Exception> expectedExceptionClass() {
            return InvalidRequestException.class;
        }
    }

    @Nested
    class Demo extends BlockingKit {
        @Override
        protected String modelName() {
            return "demo";
        }

        @Override
        protected boolean supportsTools() {
            return KitSkips.DEMO_HAS_TOOLS;
        }
    }

    @Nested
    class Scripted extends BlockingKit {
        @Override
        protected String modelName() {
            return KitModels.scripted().toString();
        }
    }

    @Nested
    class StreamingDemo extends StreamingKit {
        @Override
        protected String modelName() {
            return "demo";
        }

        @Override
        protected boolean supportsTools() {
            return KitSkips.DEMO_HAS_TOOLS;
        }
    }

    @Nested
    class StreamingScripted extends StreamingKit {
        @Override
        protected String modelName() {
            return KitModels.scripted().toString();
        }
    }
}
