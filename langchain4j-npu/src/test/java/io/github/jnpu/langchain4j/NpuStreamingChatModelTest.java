package io.github.jnpu.langchain4j;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.listener.ChatModelResponseContext;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.github.jnpu.convert.TestModels;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@Timeout(60)
class NpuStreamingChatModelTest {
    private static final String PROMPT = "Once upon a time";

    private static NpuStreamingChatModel model;

    @BeforeAll
    static void load() {
        model = builder().build();
    }

    @AfterAll
    static void close() {
        if (model != null) {
            model.close();
        }
    }

    private static NpuStreamingChatModel.Builder builder() {
        return NpuStreamingChatModel.builder().modelPath(TestModels.stories260K()).temperature(0.0)
                .maxOutputTokens(40);
    }

    /** Keeps what a handler hears. */
    private static class Recorder implements StreamingChatResponseHandler {
        final List<String> pieces = new CopyOnWriteArrayList<>();
        final Set<Thread> threads = ConcurrentHashMap.newKeySet();
        final CompletableFuture<ChatResponse> end = new CompletableFuture<>();

        @Override
        public void onPartialResponse(PartialResponse partial, PartialResponseContext context) {
            pieces.add(partial.text());
            threads.add(Thread.currentThread());
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            threads.add(Thread.currentThread());
            end.complete(response);
        }

        @Override
        public void onError(Throwable error) {
            end.completeExceptionally(error);
        }
    }

    @Test
    void streamsTheTextThatTheBlockingModelGives() {
        Recorder recorder = new Recorder();
        model.chat(PROMPT, recorder);
        ChatResponse response = recorder.end.join();
        assertThat(recorder.pieces).hasSizeGreaterThan(10);
        assertThat(String.join("", recorder.pieces)).isEqualTo(response.aiMessage().text());
        assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(40);
        assertThat(recorder.threads).hasSize(1).doesNotContain(Thread.currentThread());
        try (NpuChatModel blocking = NpuChatModel.builder().modelPath(TestModels.stories260K()).temperature(0.0)
                .maxOutputTokens(40).build()) {
            assertThat(blocking.chat(PROMPT)).isEqualTo(response.aiMessage().text());
            assertThat(SharedEngine.loadedModels()).isEqualTo(1);
        }
    }

    @Test
    void afterCancelNothingMoreIsHeardAndTheModelGoesOn() {
        CompletableFuture<Boolean> cancelled = new CompletableFuture<>();
        Recorder cancelling = new Recorder() {
            @Override
            public void onPartialResponse(PartialResponse partial, PartialResponseContext context) {
                super.onPartialResponse(partial, context);
                context.streamingHandle().cancel();
                context.streamingHandle().cancel();
                cancelled.complete(context.streamingHandle().isCancelled());
            }
        };
        model.chat(PROMPT, cancelling);
        // Each request has a thread of its own, so the second could overtake the first that has not begun.
        assertThat(cancelled.join()).isTrue();
        Recorder next = new Recorder();
        // It waits for the first to end, so by then the first would have been heard.
        model.chat(PROMPT, next);
        next.end.join();
        assertThat(cancelling.pieces).hasSize(1);
        assertThat(cancelling.end).isNotDone();
    }

    @Test
    void aHandlerMayAskTheSameModel() {
        CompletableFuture<String> inner = new CompletableFuture<>();
        try (NpuChatModel blocking = NpuChatModel.builder().modelPath(TestModels.stories260K()).temperature(0.0)
                .maxOutputTokens(5).build()) {
            model.chat(PROMPT, new Recorder() {
                @Override
                public void onCompleteResponse(ChatResponse response) {
                    inner.complete(blocking.chat(PROMPT));
                }
            });
            assertThat(inner.join()).isNotBlank();
        }
    }

    @Test
    void anExceptionOfTheHandlerGoesToOnErrorAndTheAnswerGoesOn() {
        List<Throwable> errors = new CopyOnWriteArrayList<>();
        Recorder throwing = new Recorder() {
            @Override
            public void onPartialResponse(PartialResponse partial, PartialResponseContext context) {
                throw new IllegalStateException("handler");
            }

            @Override
            public void onError(Throwable error) {
                errors.add(error);
            }
        };
        model.chat(PROMPT, throwing);
        assertThat(throwing.end.join().tokenUsage().outputTokenCount()).isEqualTo(40);
        assertThat(errors).isNotEmpty().allSatisfy(error -> assertThat(error).hasMessage("handler"));
    }

    @Test
    void aPromptThatDoesNotFitGoesToOnError() {
        Recorder recorder = new Recorder();
        model.chat("a dog ".repeat(2000), recorder);
        assertThatThrownBy(recorder.end::join).hasCauseInstanceOf(InvalidRequestException.class);
    }

    @Test
    void toolsAreRefusedAtOnce() {
        ChatRequest request = ChatRequest.builder().messages(UserMessage.from(PROMPT))
                .toolSpecifications(ToolSpecification.builder().name("weather").build()).build();
        assertThatThrownBy(() -> model.chat(request, new Recorder())).isInstanceOf(UnsupportedFeatureException.class);
    }

    @Test
    void listenersHear() {
        CompletableFuture<Integer> tokens = new CompletableFuture<>();
        try (NpuStreamingChatModel listened = builder().maxOutputTokens(3).listeners(List.of(new ChatModelListener() {
            @Override
            public void onResponse(ChatModelResponseContext context) {
                tokens.complete(context.chatResponse().tokenUsage().outputTokenCount());
            }
        })).build()) {
            listened.chat(PROMPT, new Recorder());
            assertThat(tokens.join()).isEqualTo(3);
        }
    }
}
