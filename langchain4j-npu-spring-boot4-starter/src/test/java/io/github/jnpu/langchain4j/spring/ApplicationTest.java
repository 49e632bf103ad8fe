package io.github.jnpu.langchain4j.spring;

import dev.langchain4j.model.TokenCountEstimator;
import dev.langchain4j.model.chat.ChatModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.test.context.SpringBootTest;

import static org.assertj.core.api.Assertions.assertThat;

/** A whole Spring Boot 4 application; the starter's configuration is found by itself. */
@Timeout(120)
@SpringBootTest(properties = {"langchain4j.npu.chat-model.model-name=demo", "langchain4j.npu.chat-model.temperature=0"})
class ApplicationTest {
    @SpringBootApplication
    static class Application {}

    @Autowired
    private ChatModel model;

    @Autowired
    private TokenCountEstimator counter;

    @Test
    void theModelsAreInjected() {
        assertThat(SpringBootVersion.getVersion()).startsWith("4.");
        assertThat(model.chat("What does an NPU do?")).containsIgnoringCase("npu");
        assertThat(counter.estimateTokenCountInText("What does an NPU do?")).isBetween(4, 12);
    }
}
