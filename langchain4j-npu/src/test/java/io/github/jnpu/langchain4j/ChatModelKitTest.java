package io.github.jnpu.langchain4j;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.common.AbstractChatModelIT;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.ExtendWith;

import java.util.List;

/** LangChain4j's own tests of chat models. */
class ChatModelKitTest {

    @ExtendWith(KitSkips.class)
    abstract static class Kit extends AbstractChatModelIT {
        private final KitModels models = new KitModels();

        abstract NpuChatModel.Builder builder();

        @AfterAll
        void close() {
            models.close();
        }

        @Override
        protected List<ChatModel> models() {
            return List.of(models.open(builder().temperature(0.0)));
        }

        @Override
        protected ChatModel createModelWith(ChatRequestParameters parameters) {
            return models.open((parameters.modelName() == null
                    ? builder()
                    : NpuChatModel.builder().modelName(parameters.modelName())).temperature(0.0)
                    .defaultRequestParameters(parameters));
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
    }

    @Nested
    class Demo extends Kit {
        @Override
        NpuChatModel.Builder builder() {
            return NpuChatModel.builder().modelName("demo");
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
        NpuChatModel.Builder builder() {
            return NpuChatModel.builder().modelPath(KitModels.scripted());
        }

        @Override
        protected String customModelName() {
            return "demo";
        }
    }
}
