package io.github.jnpu.server;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.ollama.OllamaChatModel;
import dev.langchain4j.model.ollama.OllamaModelCard;
import dev.langchain4j.model.ollama.OllamaModels;
import dev.langchain4j.model.ollama.OllamaStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import io.github.jnpu.convert.TestModels;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** LangChain4j's Ollama client, which knows nothing of us, over a socket, with a trained model. */
class OllamaClientTest {
    private static final String STORY = ", there was a little girl named Lily. She loved to play";

    @TempDir
    static Path folder;
    static JnpuServer server;
    static String url;

    @BeforeAll
    static void start() throws IOException {
        Path gguf = TestModels.stories260K();
        TestStore store = new TestStore(folder);
        store.install("stories", gguf, Map.of("params", "{\"temperature\":0,\"num_predict\":16}"));
        server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0")).withStore(store.store()));
        url = "http://127.0.0.1:" + server.port();
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void chats() {
        OllamaChatModel model = OllamaChatModel.builder().baseUrl(url).modelName("stories").temperature(0.0).numPredict(
                16).maxRetries(0).build();
        ChatResponse response = model.chat(UserMessage.from("Once upon a time"));
        assertThat(response.aiMessage().text()).isEqualTo(STORY);
        assertThat(response.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(5);
        assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(16);
        // A history with every role.
        assertThat(model.chat(SystemMessage.from("Tell."), UserMessage.from("Once"), AiMessage.from("upon"), UserMessage
                .from("a time")).aiMessage().text()).isNotEmpty();
    }

    @Test
    void streams() {
        OllamaStreamingChatModel model = OllamaStreamingChatModel.builder().baseUrl(url).modelName("stories").build();
        CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
        StringBuilder pieces = new StringBuilder();
        model.chat("Once upon a time", new StreamingChatResponseHandler() {
            @Override
            public void onPartialResponse(String piece) {
                pieces.append(piece);
            }

            @Override
            public void onCompleteResponse(ChatResponse response) {
                whole.complete(response);
            }

            @Override
            public void onError(Throwable error) {
                whole.completeExceptionally(error);
            }
        });
        assertThat(whole.orTimeout(60, TimeUnit.SECONDS).join().aiMessage().text()).isEqualTo(STORY);
        assertThat(pieces).hasToString(STORY);
    }

    @Test
    void seesTheModels() {
        OllamaModels models = OllamaModels.builder().baseUrl(url).build();
        assertThat(models.availableModels().content()).extracting(model -> model.getName()).containsExactly(
                "stories:latest");
        OllamaModelCard card = models.modelCard("stories").content();
        assertThat(card.getDetails().getFamily()).isEqualTo("llama");
        assertThat(card.getDetails().getQuantizationLevel()).isEqualTo("F32");
        assertThat(card.getCapabilities()).containsExactly("completion");
        OllamaChatModel.builder().baseUrl(url).modelName("stories").build().chat("Once");
        assertThat(models.runningModels().content()).extracting(model -> model.getName()).containsExactly(
                "stories:latest");
    }

    @Test
    void hearsOfMissingModels() {
        OllamaChatModel model = OllamaChatModel.builder().baseUrl(url).modelName("nope").maxRetries(0).build();
        assertThatThrownBy(() -> model.chat("hello")).isInstanceOf(ModelNotFoundException.class).hasMessageContaining(
                "model 'nope' not found");
    }
}
