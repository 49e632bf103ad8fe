package io.github.jnpu.langchain4j.spring;

import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.TokenCountEstimator;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.listener.ChatModelResponseContext;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.listener.EmbeddingModelResponseContext;
import dev.langchain4j.model.embedding.request.EmbeddingRequestParameters;
import io.github.jnpu.convert.RandomEncoder;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.engine.chat.Thinking;
import io.github.jnpu.langchain4j.NpuChatModel;
import io.github.jnpu.langchain4j.NpuChatRequestParameters;
import io.github.jnpu.langchain4j.NpuStreamingChatModel;
import io.github.jnpu.langchain4j.NpuTokenCountEstimator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What the starters do, on whatever Spring Boot the class path has. Answers come from the demo model. */
@Timeout(120)
abstract class NpuAutoConfigurationContract {
    private static final String QUESTION = "What does an NPU do?";
    private static final String CHAT = "langchain4j.npu.chat-model.";
    private static final String STREAMING = "langchain4j.npu.streaming-chat-model.";
    private static final String EMBEDDING = "langchain4j.npu.embedding-model.";

    private final ApplicationContextRunner runner = new ApplicationContextRunner().withConfiguration(
            AutoConfigurations.of(NpuAutoConfiguration.class));

    @TempDir
    Path folder;

    private ApplicationContextRunner chat(String... properties) {
        return runner.withPropertyValues(CHAT + "model-name=demo", CHAT + "temperature=0").withPropertyValues(
                properties);
    }

    @Test
    void withoutAModelsNameNothingIsMade() {
        runner.withPropertyValues(CHAT + "temperature=0", STREAMING + "seed=1", EMBEDDING + "threads=1").run(
                context -> assertThat(context).hasNotFailed().doesNotHaveBean(ChatModel.class)
                        .doesNotHaveBean(StreamingChatModel.class).doesNotHaveBean(EmbeddingModel.class)
                        .doesNotHaveBean(TokenCountEstimator.class));
    }

    @Test
    void theChatModelAnswersAndIsFreedWithTheContext() {
        AtomicReference<ChatModel> used = new AtomicReference<>();
        chat().run(context -> {
            assertThat(context).hasSingleBean(NpuChatModel.class).doesNotHaveBean(StreamingChatModel.class);
            used.set(context.getBean(ChatModel.class));
            assertThat(used.get().chat(QUESTION)).containsIgnoringCase("npu").endsWith(".");
        });
        assertThatThrownBy(() -> used.get().chat(QUESTION)).hasMessageContaining("has been closed");
    }

    @Test
    void theStreamingModelStreamsTheSameAndCountsToo() {
        AtomicReference<StreamingChatModel> used = new AtomicReference<>();
        chat(STREAMING + "model-name=demo", STREAMING + "temperature=0").run(context -> {
            used.set(context.getBean(StreamingChatModel.class));
            List<String> parts = new CopyOnWriteArrayList<>();
            String text = stream(used.get(), parts).get().aiMessage().text();
            assertThat(parts).hasSizeGreaterThan(3);
            assertThat(String.join("", parts)).isEqualTo(text).isEqualTo(context.getBean(ChatModel.class).chat(
                    QUESTION));
        });
        assertThatThrownBy(() -> stream(used.get(), new CopyOnWriteArrayList<>()).get()).hasMessageContaining(
                "has been closed");
    }

    private static CompletableFuture<ChatResponse> stream(StreamingChatModel model, List<String> parts) {
        CompletableFuture<ChatResponse> complete = new CompletableFuture<>();
        model.chat(QUESTION, new StreamingChatResponseHandler() {
            @Override
            public void onPartialResponse(String text) {
                parts.add(text);
            }

            @Override
            public void onCompleteResponse(ChatResponse response) {
                complete.complete(response);
            }

            @Override
            public void onError(Throwable error) {
                complete.completeExceptionally(error);
            }
        });
        return complete;
    }

    @Test
    void tokensAreCountedAsTheChatModelCountsThem() {
        for (String group : List.of(CHAT, STREAMING)) {
            runner.withPropertyValues(group + "model-name=demo").run(context -> assertThat(context.getBean(
                    TokenCountEstimator.class).estimateTokenCountInMessages(List.of(UserMessage.from(QUESTION))))
                    .isEqualTo(new NpuTokenCountEstimator("demo").estimateTokenCountInMessages(List.of(UserMessage
                            .from(QUESTION)))));
        }
    }

    @Test
    void everyParameterOfARequestComesFromAProperty() throws IOException {
        Path grammar = Files.writeString(folder.resolve("answer.gbnf"), "root ::= \"yes\" | \"no\"");
        for (String group : List.of(CHAT, STREAMING)) {
            runner.withPropertyValues(group + "model-name=demo", group + "temperature=0.5", group + "top-p=0.6", group
                    + "top-k=7", group + "min-p=0.08", group + "repeat-penalty=1.09", group + "frequency-penalty=0.1",
                    group + "presence-penalty=0.2", group + "seed=42", group + "think=high", group
                            + "max-output-tokens=9",
                    group + "stop-sequences=a,b", group + "grammar=file:" + grammar,
                    group + "return-thinking=true", group + "threads=1", group + "weight-cache=" + folder)
                    .run(context -> {
                        NpuChatRequestParameters parameters = (NpuChatRequestParameters) (group.equals(CHAT)
                                ? context.getBean(NpuChatModel.class).defaultRequestParameters()
                                : context.getBean(NpuStreamingChatModel.class).defaultRequestParameters());
                        assertThat(parameters.modelName()).isEqualTo("demo");
                        assertThat(parameters.temperature()).isEqualTo(0.5);
                        assertThat(parameters.topP()).isEqualTo(0.6);
                        assertThat(parameters.topK()).isEqualTo(7);
                        assertThat(parameters.minP()).isEqualTo(0.08);
                        assertThat(parameters.repeatPenalty()).isEqualTo(1.09);
                        assertThat(parameters.frequencyPenalty()).isEqualTo(0.1);
                        assertThat(parameters.presencePenalty()).isEqualTo(0.2);
                        assertThat(parameters.seed()).isEqualTo(42);
                        assertThat(parameters.think()).isEqualTo(Thinking.HIGH);
                        assertThat(parameters.maxOutputTokens()).isEqualTo(9);
                        assertThat(parameters.stopSequences()).containsExactly("a", "b");
                        assertThat(parameters.grammar()).isNotNull();
                    });
        }
    }

    @Test
    void loadOptionsReachTheEngine() {
        chat(CHAT + "context-length=16").run(context -> assertThatThrownBy(() -> context.getBean(ChatModel.class)
                .chat("a dog ".repeat(50))).isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("longer than the context length"));
        chat(CHAT + "backend=reference").run(context -> assertThat(context.getBean(ChatModel.class).chat(QUESTION))
                .containsIgnoringCase("npu"));
        chat(CHAT + "backend=none-such").run(context -> assertThat(context.getStartupFailure())
                .hasStackTraceContaining("none-such"));
        chat(CHAT + "place=none-such", CHAT + "strict=true").run(context -> assertThat(context.getStartupFailure())
                .hasStackTraceContaining("none-such"));
    }

    @Test
    void aGrammarHoldsTheAnswer() throws IOException {
        Path gbnf = Files.writeString(folder.resolve("answer.gbnf"), "root ::= \"yes\" | \"no\"");
        Path schema = Files.writeString(folder.resolve("answer.JSON"), "{\"enum\": [\"left\", \"right\"]}");
        Path broken = Files.writeString(folder.resolve("broken.gbnf"), "root ::= (");
        chat(CHAT + "grammar=file:" + gbnf).run(context -> assertThat(context.getBean(ChatModel.class).chat(QUESTION))
                .isIn("yes", "no"));
        chat(CHAT + "grammar=file:" + schema).run(context -> assertThat(context.getBean(ChatModel.class).chat(
                QUESTION)).isIn("\"left\"", "\"right\""));
        chat(CHAT + "grammar=file:" + broken).run(context -> assertThat(context.getStartupFailure())
                .hasStackTraceContaining("broken.gbnf"));
        chat(CHAT + "grammar=classpath:none.gbnf").run(context -> assertThat(context.getStartupFailure())
                .hasStackTraceContaining("none.gbnf"));
    }

    @Test
    void anEmbeddingModelIsConfigured() throws IOException {
        Path model = RandomEncoder.nomic(TensorType.F32).write(folder.resolve("encoder.gguf"));
        List<String> heard = new CopyOnWriteArrayList<>();
        runner.withPropertyValues(EMBEDDING + "model-name=" + model, EMBEDDING + "dimensions=8", EMBEDDING
                + "query-prefix=query: ", EMBEDDING + "threads=1", EMBEDDING + "backend=reference")
                .withBean(EmbeddingModelListener.class, () -> new EmbeddingModelListener() {
                    @Override
                    public void onResponse(EmbeddingModelResponseContext context) {
                        heard.add("response");
                    }
                }).run(context -> {
                    EmbeddingModel embedding = context.getBean(EmbeddingModel.class);
                    assertThat(embedding.embed("a dog").content().vector()).hasSize(8);
                    assertThat(embedding.supportedParameters()).contains(EmbeddingRequestParameters.INPUT_TYPE);
                    assertThat(heard).containsExactly("response");
                    assertThat(context).doesNotHaveBean(ChatModel.class).doesNotHaveBean(TokenCountEstimator.class);
                });
        runner.withPropertyValues(EMBEDDING + "model-name=" + model, EMBEDDING + "truncate=false", EMBEDDING
                + "context-length=8").run(
                        context -> assertThatThrownBy(() -> context.getBean(EmbeddingModel.class)
                                .embed("a dog ".repeat(99))).isInstanceOf(InvalidRequestException.class));
        runner.withPropertyValues(EMBEDDING + "model-name=" + model, EMBEDDING + "place=npu", EMBEDDING
                + "strict=true", EMBEDDING + "backend=none-such").run(
                        context -> assertThat(context.getStartupFailure())
                                .hasStackTraceContaining("none-such"));
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnModel {
        @Bean
        NpuChatModel mine() {
            return NpuChatModel.builder().modelName("demo").seed(7L).build();
        }

        @Bean
        TokenCountEstimator counter() {
            return new NpuTokenCountEstimator("demo");
        }
    }

    @Test
    void theApplicationsOwnBeansWin() {
        chat().withUserConfiguration(OwnModel.class).run(context -> {
            assertThat(context).getBean(ChatModel.class).isSameAs(context.getBean("mine"));
            assertThat(context).getBean(TokenCountEstimator.class).isSameAs(context.getBean("counter"));
        });
    }

    @Test
    void listenersThatAreBeansAreTold() {
        List<String> heard = new CopyOnWriteArrayList<>();
        chat().withBean(ChatModelListener.class, () -> new ChatModelListener() {
            @Override
            public void onResponse(ChatModelResponseContext context) {
                heard.add(context.chatResponse().aiMessage().text());
            }
        }).run(context -> assertThat(List.of(context.getBean(ChatModel.class).chat(QUESTION))).isEqualTo(heard));
    }
}
