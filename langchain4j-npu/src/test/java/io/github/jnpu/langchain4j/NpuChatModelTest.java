package io.github.jnpu.langchain4j;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.listener.ChatModelErrorContext;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.listener.ChatModelRequestContext;
import dev.langchain4j.model.chat.listener.ChatModelResponseContext;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import io.github.jnpu.convert.TestModels;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class NpuChatModelTest {
    private static final String PROMPT = "Once upon a time";
    private static final String GOLDEN_START = ", there was a little girl named Lily. She loved to play outside";

    private static NpuChatModel model;

    @BeforeAll
    static void load() {
        model = greedy().build();
    }

    @AfterAll
    static void close() {
        if (model != null) {
            model.close();
        }
        assertThat(SharedEngine.loadedModels()).isZero();
    }

    private static NpuChatModel.Builder greedy() {
        return NpuChatModel.builder().modelPath(TestModels.stories260K()).temperature(0.0).maxOutputTokens(40);
    }

    private static ChatRequest.Builder request() {
        return ChatRequest.builder().messages(UserMessage.from(PROMPT));
    }

    @Test
    void answersWithTheTextOfTheGoldenFile() {
        ChatResponse response = model.chat(UserMessage.from(PROMPT));
        assertThat(response.aiMessage().text()).startsWith(GOLDEN_START);
        assertThat(response.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(5);
        assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(40);
        assertThat(response.tokenUsage().totalTokenCount()).isEqualTo(45);
        assertThat(response.modelName()).isEqualTo(TestModels.stories260K().toString());
        assertThat(response.id()).isNotBlank();
        assertThat(model.provider()).isEqualTo(ModelProvider.OTHER);
    }

    @Test
    void aModelWithoutTemplateGetsTheTextsOneBelowTheOther() {
        String joined = model.chat("Lily had a dog.\nThe dog was big.\nThey");
        ChatResponse response = model.chat(SystemMessage.from("Lily had a dog."),
                AiMessage.from("The dog was big."), UserMessage.from("They"));
        assertThat(response.aiMessage().text()).isEqualTo(joined);
    }

    @Test
    void aRequestsOwnParametersWinOverTheModels() {
        ChatResponse response = model.chat(request()
                .parameters(ChatRequestParameters.builder().maxOutputTokens(3).stopSequences("never").build()).build());
        assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(3);
        assertThat(response.finishReason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void aSettersValueWinsOverTheDefaultParameters() {
        ChatRequestParameters defaults = NpuChatRequestParameters.builder().maxOutputTokens(7).topK(3).seed(5L).build();
        try (NpuChatModel other = greedy().defaultRequestParameters(defaults).build()) {
            NpuChatRequestParameters merged = (NpuChatRequestParameters) other.defaultRequestParameters();
            assertThat(merged.maxOutputTokens()).isEqualTo(40);
            assertThat(merged.topK()).isEqualTo(3);
            assertThat(merged.seed()).isEqualTo(5);
            assertThat(merged.overrideWith(ChatRequestParameters.builder().topK(1).build()).seed()).isEqualTo(5);
            ChatRequestParameters plain = ChatRequestParameters.builder().topK(9).build();
            assertThat(plain.overrideWith(merged)).isEqualTo(merged);
        }
    }

    @Test
    void aSeedFixesTheTextAndOthersGiveOthers() {
        try (NpuChatModel warm = NpuChatModel.builder().modelPath(TestModels.stories260K()).temperature(1.5)
                .maxOutputTokens(30).build()) {
            List<String> texts = IntStream.of(1, 1, 2, 3).mapToObj(seed -> warm.chat(request()
                    .parameters(NpuChatRequestParameters.builder().seed((long) seed).build()).build()).aiMessage()
                    .text()).toList();
            assertThat(texts.get(0)).isEqualTo(texts.get(1));
            assertThat(texts.stream().distinct().count()).isGreaterThan(1);
        }
    }

    @Test
    void aStopSequenceEndsTheAnswer() {
        ChatResponse response = model.chat(request()
                .parameters(ChatRequestParameters.builder().stopSequences("girl").build()).build());
        assertThat(response.aiMessage().text()).isEqualTo(", there was a little ");
        assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void listenersHearOfRequestsAnswersAndErrors() {
        List<String> heard = new CopyOnWriteArrayList<>();
        ChatModelListener listener = new ChatModelListener() {
            @Override
            public void onRequest(ChatModelRequestContext context) {
                heard.add("request " + context.chatRequest().parameters().maxOutputTokens());
            }

            @Override
            public void onResponse(ChatModelResponseContext context) {
                heard.add("response " + context.chatResponse().tokenUsage().outputTokenCount());
            }

            @Override
            public void onError(ChatModelErrorContext context) {
                heard.add("error " + context.error().getClass().getSimpleName());
            }
        };
        try (NpuChatModel listened = greedy().maxOutputTokens(4).listeners(List.of(listener)).build()) {
            listened.chat(PROMPT);
            assertThatThrownBy(() -> listened.chat("a dog ".repeat(2000))).isInstanceOf(InvalidRequestException.class);
        }
        assertThat(heard).containsExactly("request 4", "response 4", "request 4", "error InvalidRequestException");
    }

    @Test
    void whatItCannotDoIsRefusedByName() {
        assertUnsupported(request().toolSpecifications(ToolSpecification.builder().name("weather").build()), "tools");
        assertUnsupported(ChatRequest.builder().messages(UserMessage.from(TextContent.from("What is this?"),
                ImageContent.from("https://example.org/cat.png"))), "image");
    }

    private static void assertUnsupported(ChatRequest.Builder request, String name) {
        assertThatThrownBy(() -> model.chat(request.build())).isExactlyInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining(name).hasMessageContaining("not support");
    }

    @Test
    void valuesOutOfRangeAreInvalidRequests() {
        assertInvalid(NpuChatRequestParameters.builder().temperature(-1.0), "temperature");
        assertInvalid(NpuChatRequestParameters.builder().topP(1.5), "topP");
        assertInvalid(NpuChatRequestParameters.builder().minP(Double.NaN), "minP");
        assertInvalid(NpuChatRequestParameters.builder().repeatPenalty(0.0), "repeat_penalty");
        assertInvalid(NpuChatRequestParameters.builder().maxOutputTokens(0), "maxOutputTokens");
        assertInvalid(NpuChatRequestParameters.builder().stopSequences(""), "stop string");
    }

    private static void assertInvalid(NpuChatRequestParameters.Builder parameters, String name) {
        assertThatThrownBy(() -> model.chat(request().parameters(parameters.build()).build()))
                .isInstanceOf(InvalidRequestException.class).hasMessageContaining(name);
    }

    @Test
    void missingAndUnreadableModelsSaySo(@TempDir Path folder) throws IOException {
        assertThatThrownBy(() -> NpuChatModel.builder().modelName("no-such-model").build())
                .isInstanceOf(ModelNotFoundException.class).hasMessageContaining("no-such-model");
        assertThatThrownBy(() -> NpuChatModel.builder().build()).isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("modelName");
        Path broken = Files.writeString(folder.resolve("broken.gguf"), "not a model");
        assertThatThrownBy(() -> NpuChatModel.builder().modelPath(broken).build())
                .isInstanceOf(InvalidRequestException.class).hasMessageContaining("broken.gguf");
        assertThatThrownBy(() -> greedy().backend("abacus").build()).isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("abacus");
    }

    @Test
    void aRequestMayNameAnotherModel(@TempDir Path folder) throws IOException {
        Path copy = Files.copy(TestModels.stories260K(), folder.resolve("copy.gguf"));
        try (NpuChatModel own = greedy().build()) {
            ChatResponse response = own.chat(request().modelName(copy.toString()).build());
            assertThat(response.modelName()).isEqualTo(copy.toString());
            assertThat(response.aiMessage().text()).startsWith(GOLDEN_START);
            assertThat(SharedEngine.loadedModels()).isEqualTo(2);
            assertThatThrownBy(() -> own.chat(request().modelName("no-such-model").build()))
                    .isInstanceOf(ModelNotFoundException.class);
        }
        assertThat(SharedEngine.loadedModels()).isEqualTo(1);
    }

    @Test
    void equalModelsShareAnEngineAndOthersDoNot() {
        NpuChatModel same = greedy().temperature(1.0).build();
        try (same) {
            assertThat(SharedEngine.loadedModels()).isEqualTo(1);
            try (NpuChatModel shorter = greedy().contextLength(64).build()) {
                assertThat(SharedEngine.loadedModels()).isEqualTo(2);
                assertThatThrownBy(() -> shorter.chat("a dog ".repeat(40))).hasMessageContaining("64");
            }
            same.close();
            assertThatThrownBy(() -> same.chat(PROMPT)).isInstanceOf(IllegalStateException.class);
        }
        assertThat(SharedEngine.loadedModels()).isEqualTo(1);
        assertThat(model.chat(PROMPT)).startsWith(GOLDEN_START);
    }

    @Test
    void fiftyCallersGetEachTheirOwnAnswer() {
        List<String> prompts = Stream.of("Tim", "Lily", "The dog", "Mom", "One day, a cat",
                "The sun", "He", "A bird", "Sam", "They")
                .flatMap(who -> Stream.of("was", "saw a", "went to the", "said,", "did not")
                        .map(what -> who + " " + what))
                .toList();
        try (NpuChatModel busy = greedy().maxOutputTokens(8).build()) {
            List<String> alone = prompts.stream().map(busy::chat).toList();
            assertThat(alone.stream().distinct().count()).isGreaterThan(25);
            CountDownLatch start = new CountDownLatch(1);
            List<CompletableFuture<String>> together = new ArrayList<>();
            for (String prompt : prompts) {
                CompletableFuture<String> answer = new CompletableFuture<>();
                together.add(answer);
                Thread.ofVirtual().start(() -> {
                    try {
                        start.await();
                        answer.complete(busy.chat(prompt));
                    } catch (Exception e) {
                        answer.completeExceptionally(e);
                    }
                });
            }
            start.countDown();
            assertThat(together.stream().map(CompletableFuture::join).toList()).isEqualTo(alone);
        }
    }

    @Test
    void aRequestMaySayItsContext() {
        NpuChatRequestParameters small = NpuChatRequestParameters.builder().numCtx(16).build();
        try (NpuChatModel own = greedy().contextLength(64).defaultRequestParameters(NpuChatRequestParameters.builder()
                .numCtx(32).build()).build()) {
            // The setter wins over the defaults, and a request over both.
            assertThat(((NpuChatRequestParameters) own.defaultRequestParameters()).numCtx()).isEqualTo(64);
            String text = "a dog ".repeat(12);
            assertThat(own.chat(text)).isNotBlank();
            int before = SharedEngine.loadedModels();
            assertThatThrownBy(() -> own.chat(request().messages(UserMessage.from(text)).parameters(small).build()))
                    .isInstanceOf(InvalidRequestException.class).hasMessageContaining("16");
            assertThat(SharedEngine.loadedModels()).isEqualTo(before + 1);
            assertThat(own.chat(request().parameters(NpuChatRequestParameters.builder().numCtx(64).build()).build())
                    .aiMessage().text()).isNotBlank();
            assertThat(SharedEngine.loadedModels()).isEqualTo(before + 1);
            assertThat(small.overrideWith(ChatRequestParameters.builder().build()).numCtx()).isEqualTo(16);
            assertThat(small.defaultedBy(NpuChatRequestParameters.builder().numCtx(9).build()).numCtx()).isEqualTo(16);
        }
        assertInvalid(NpuChatRequestParameters.builder().numCtx(0), "numCtx");
    }

    @Test
    void anInterruptEndsTheWait() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> model.chat(PROMPT)).isInstanceOf(LangChain4jException.class)
                .hasMessageContaining("interrupted");
        assertThat(Thread.interrupted()).isTrue();
    }
}
