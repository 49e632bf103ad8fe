package io.github.jnpu.langchain4j.spring;

import dev.langchain4j.service.TokenStream;
import dev.langchain4j.service.spring.AiService;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.test.context.SpringBootTest;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

import static org.assertj.core.api.Assertions.assertThat;

/** A whole Spring Boot 3 application with LangChain4j's own starter, which makes the service from the models that ours makes. */
@Timeout(120)
@SpringBootTest(properties = {"langchain4j.npu.chat-model.model-name=demo", "langchain4j.npu.chat-model.temperature=0",
        "langchain4j.npu.streaming-chat-model.model-name=demo", "langchain4j.npu.streaming-chat-model.temperature=0"})
class AiServiceTest {
    @SpringBootApplication
    static class Application {}

    @AiService
    interface Assistant {
        String answer(String question);

        TokenStream stream(String question);
    }

    @Autowired
    private Assistant assistant;

    @Test
    void anAnnotatedInterfaceIsAnsweredByTheModels() throws Exception {
        String question = "What does an NPU do?";
        String answer = assistant.answer(question);
        assertThat(answer).containsIgnoringCase("npu");
        List<String> parts = new CopyOnWriteArrayList<>();
        CompletableFuture<String> complete = new CompletableFuture<>();
        assistant.stream(question).onPartialResponse(parts::add).onCompleteResponse(response -> complete.complete(
                response.aiMessage().text())).onError(complete::completeExceptionally).start();
        assertThat(complete.get()).isEqualTo(answer).isEqualTo(String.join("", parts));
    }
}
