package io.github.jnpu.langchain4j;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.common.AbstractChatModelIT;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.ArrayList;
import java.util.List;

/** LangChain4j's own tests, as far as the demo model's few words go; the table is in the module's README. */
class ChatModelKitTest extends AbstractChatModelIT {
    private static final String WORDS = "needs a model that knows more than the demo model";
    private static final List<NpuChatModel> OPEN = new ArrayList<>();

    /** JUnit closes arguments that can be closed after each test. */
    private record Unclosed(NpuChatModel model) implements ChatModel {
        @Override
        public ChatResponse chat(ChatRequest request) {
            return model.chat(request);
        }

        @Override
        public ChatRequestParameters defaultRequestParameters() {
            return model.defaultRequestParameters();
        }
    }

    @AfterAll
    static void close() {
        OPEN.forEach(NpuChatModel::close);
        OPEN.clear();
    }

    private static ChatModel open(NpuChatModel.Builder builder) {
        NpuChatModel model = builder.temperature(0.0).build();
        OPEN.add(model);
        return new Unclosed(model);
    }

    private static NpuChatModel.Builder demo() {
        return NpuChatModel.builder().modelName("demo");
    }

    @Override
    protected List<ChatModel> models() {
        return List.of(open(demo()));
    }

    @Override
    protected ChatModel createModelWith(ChatRequestParameters parameters) {
        return open(NpuChatModel.builder().modelName(parameters.modelName() == null ? "demo" : parameters.modelName())
                .defaultRequestParameters(parameters));
    }

    @Override
    protected String customModelName() {
        return "demo:latest";
    }

    @Override
    protected ChatRequestParameters createIntegrationSpecificParameters(int maxOutputTokens) {
        return NpuChatRequestParameters.builder().maxOutputTokens(maxOutputTokens).build();
    }

    /** The demo model's template has no place for tools. */
    @Override
    protected boolean supportsTools() {
        return false;
    }

    @Override
    protected boolean supportsToolChoiceRequired() {
        return false;
    }

    @Override
    protected boolean supportsToolChoiceRequiredWithSingleTool() {
        return false;
    }

    @Override
    protected boolean supportsToolChoiceRequiredWithMultipleTools() {
        return false;
    }

    @Override
    protected boolean supportsToolsAndJsonResponseFormatWithSchema() {
        return false;
    }

    @Override
    protected boolean supportsSingleImageInputAsBase64EncodedString() {
        return false;
    }

    @Override
    protected boolean supportsMultipleImageInputsAsBase64EncodedStrings() {
        return false;
    }

    @Override
    protected boolean supportsSingleImageInputAsPublicURL() {
        return false;
    }

    @Override
    protected boolean supportsMultipleImageInputsAsPublicURLs() {
        return false;
    }

    @Override
    @Disabled(WORDS)
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_user_message(ChatModel model) {}

    @Override
    @Disabled(WORDS)
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_system_message(ChatModel model) {}

    @Override
    @Disabled(WORDS)
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_multiple_messages(ChatModel model) {}

    @Override
    @Disabled(WORDS)
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_stopSequences_in_chat_request(ChatModel model) {}

    @Override
    @Disabled(WORDS)
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_JSON_response_format(ChatModel model) {}

    @Override
    @Disabled(WORDS)
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_JSON_response_format_with_schema(ChatModel model) {}

    @Override
    @Disabled(WORDS)
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_JsonRawSchema_responseFormat(ChatModel model) {}

    @Override
    @Disabled(WORDS)
    @Test
    protected void should_respect_stopSequences_in_default_model_parameters() {}
}
