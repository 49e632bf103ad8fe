package io.github.jnpu.langchain4j;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.common.AbstractStreamingChatModelIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** LangChain4j's own tests, with a model that says one sentence; the table is in the module's README. */
class StreamingChatModelKitTest extends AbstractStreamingChatModelIT {
    private static final String WORDS = "needs a model that knows more than one sentence";
    private static final List<NpuStreamingChatModel> OPEN = new ArrayList<>();

    @TempDir
    static Path folder;
    static Path scripted;

    /** JUnit closes arguments that can be closed after each test. */
    private record Unclosed(NpuStreamingChatModel model) implements StreamingChatModel {
        @Override
        public void chat(ChatRequest request, StreamingChatResponseHandler handler) {
            model.chat(request, handler);
        }

        @Override
        public ChatRequestParameters defaultRequestParameters() {
            return model.defaultRequestParameters();
        }
    }

    @AfterAll
    static void close() {
        OPEN.forEach(NpuStreamingChatModel::close);
        OPEN.clear();
    }

    private static StreamingChatModel open(NpuStreamingChatModel.Builder builder) {
        NpuStreamingChatModel model = builder.temperature(0.0).build();
        OPEN.add(model);
        return new Unclosed(model);
    }

    @BeforeAll
    static void write() throws IOException {
        scripted = ScriptedModel.write(folder.resolve("berlin.gguf"), ScriptedModel.PLAIN_TEMPLATE, List.of("The",
                " capital", " of", " Germany", " is", " Berlin,", " which", " lies", " on", " the", " Spree",
                " and", " has",
                " more", " bridges", " than", " Venice."));
    }

    private static NpuStreamingChatModel.Builder scripted() {
        return NpuStreamingChatModel.builder().modelPath(scripted);
    }

    @Override
    protected List<StreamingChatModel> models() {
        return List.of(open(scripted()));
    }

    @Override
    protected StreamingChatModel createModelWith(ChatRequestParameters parameters) {
        return open((parameters.modelName() == null
                ? scripted()
                : NpuStreamingChatModel.builder().modelName(parameters.modelName()))
                .defaultRequestParameters(parameters));
    }

    @Override
    protected String customModelName() {
        return "demo";
    }

    @Override
    protected ChatRequestParameters createIntegrationSpecificParameters(int maxOutputTokens) {
        return NpuChatRequestParameters.builder().maxOutputTokens(maxOutputTokens).build();
    }

    @Override
    public StreamingChatModel createModelWith(ChatModelListener listener) {
        return open(scripted().listeners(List.of(listener)));
    }

    /** The model's template has no place for tools. */
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
    protected void should_respect_user_message(StreamingChatModel model) {}

    @Override
    @Disabled(WORDS)
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_system_message(StreamingChatModel model) {}

    @Override
    @Disabled(WORDS)
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_multiple_messages(StreamingChatModel model) {}

    @Override
    @Disabled(WORDS)
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_stopSequences_in_chat_request(StreamingChatModel model) {}

    @Override
    @Disabled(WORDS)
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_JSON_response_format(StreamingChatModel model) {}

    @Override
    @Disabled(WORDS)
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_JSON_response_format_with_schema(StreamingChatModel model) {}

    @Override
    @Disabled(WORDS)
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_JsonRawSchema_responseFormat(StreamingChatModel model) {}

    @Override
    @Disabled(WORDS)
    @Test
    protected void should_respect_stopSequences_in_default_model_parameters() {}
}
