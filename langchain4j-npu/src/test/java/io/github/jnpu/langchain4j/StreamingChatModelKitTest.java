package io.github.jnpu.langchain4j;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.common.AbstractStreamingChatModelIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.InOrder;

import java.util.List;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.Mockito.atLeastOnce;

/** LangChain4j's own tests of streaming chat models. */
class StreamingChatModelKitTest {

    @ExtendWith(KitSkips.class)
    abstract static class Kit extends AbstractStreamingChatModelIT {
        private final KitModels models = new KitModels();

        abstract NpuStreamingChatModel.Builder builder();

        @AfterAll
        void close() {
            models.close();
        }

        @Override
        protected List<StreamingChatModel> models() {
            return List.of(models.open(builder().temperature(0.0)));
        }

        @Override
        protected StreamingChatModel createModelWith(ChatRequestParameters parameters) {
            return models.open((parameters.modelName() == null
                    ? builder()
                    : NpuStreamingChatModel.builder().modelName(parameters.modelName())).temperature(0.0)
                    .defaultRequestParameters(parameters));
        }

        @Override
        public StreamingChatModel createModelWith(ChatModelListener listener) {
            return models.open(builder().temperature(0.0).listeners(List.of(listener)));
        }

        @Override
        protected ChatRequestParameters createIntegrationSpecificParameters(int maxOutputTokens) {
            return NpuChatRequestParameters.builder().maxOutputTokens(maxOutputTokens).build();
        }

        @Override
        protected boolean supportsSingleImageInputAsBase64EncodedString() {
            return false;
        }

        @Override
        protected boolean supportsSingleImageInputAsPublicURL() {
            return false;
        }

        @Override
        protected void verifyToolCallbacks(StreamingChatResponseHandler handler, InOrder order, String id) {
            verifyCall(handler, order, 0, id, "getWeather");
        }

        @Override
        protected void verifyToolCallbacks(StreamingChatResponseHandler handler, InOrder order, String first,
                String second) {
            verifyCall(handler, order, 0, first, "getWeather");
            verifyCall(handler, order, 1, second, "getTime");
        }

        private static void verifyCall(StreamingChatResponseHandler handler, InOrder order, int index, String id,
                String name) {
            order.verify(handler, atLeastOnce()).onPartialToolCall(argThat(call -> call.index() == index && call.id()
                    .equals(id) && call.name().equals(name)), any());
            order.verify(handler).onCompleteToolCall(argThat(call -> call.index() == index && call
                    .toolExecutionRequest().id().equals(id) && call.toolExecutionRequest().name().equals(name)));
        }
    }

    @Nested
    class Demo extends Kit {
        @Override
        NpuStreamingChatModel.Builder builder() {
            return NpuStreamingChatModel.builder().modelName("demo");
        }

        @Override
        protected String customModelName() {
            return "demo:latest";
        }

        @Override
        protected boolean supportsTools() {
            return KitSkips.DEMO_HAS_TOOLS;
        }

        @Override
        protected boolean supportsToolChoiceRequired() {
            return KitSkips.DEMO_HAS_TOOLS;
        }
    }

    @Nested
    class Scripted extends Kit {
        @Override
        NpuStreamingChatModel.Builder builder() {
            return NpuStreamingChatModel.builder().modelPath(KitModels.scripted());
        }

        @Override
        protected String customModelName() {
            return "demo";
        }
    }
}
