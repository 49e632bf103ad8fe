package io.github.jnpu.langchain4j.spring;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;

import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What an application shows that cannot have its model. */
@Timeout(120)
@ExtendWith(OutputCaptureExtension.class)
abstract class ModelFailureContract {
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {}

    private static void start(String... properties) {
        List<String> arguments = new ArrayList<>();
        for (String property : properties) {
            arguments.add("--langchain4j.npu." + property);
        }
        SpringApplication application = new SpringApplication(Application.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.run(arguments.toArray(String[]::new)).close();
    }

    private static void assertReport(CapturedOutput output, String description, String action) {
        List<String> lines = output.toString().lines().toList();
        assertThat(lines).contains("APPLICATION FAILED TO START").noneMatch(line -> line.startsWith("\tat "));
        assertThat(lines.get(lines.indexOf("Description:") + 2)).contains(description);
        assertThat(lines.get(lines.indexOf("Action:") + 2)).contains(action);
    }

    @Test
    void aModelThatIsNotInTheStoreIsNamedWithTheRemedy(CapturedOutput output) {
        assertThatThrownBy(() -> start("chat-model.model-name=no-such-model:1b")).isNotNull();
        assertReport(output, "langchain4j.npu.chat-model: model 'no-such-model:1b' not found",
                "'jnpu pull no-such-model:1b', or let the application do it: langchain4j.npu.chat-model.pull=true");
    }

    @Test
    void aFileThatIsNotThereIsNotToBePulled(CapturedOutput output) {
        assertThatThrownBy(() -> start("streaming-chat-model.model-name=/no/such.gguf")).isNotNull();
        assertReport(output,
                "langchain4j.npu.streaming-chat-model: model '/no/such.gguf' not found: there is no such file",
                "Change langchain4j.npu.streaming-chat-model as the description says.");
    }

    @Test
    void aScoringModelIsNotToBePulled(CapturedOutput output) {
        assertThatThrownBy(() -> start("scoring-model.model-name=no-such-model")).isNotNull();
        assertReport(output, "langchain4j.npu.scoring-model: model 'no-such-model': there is no such folder",
                "Change langchain4j.npu.scoring-model as the description says.");
    }

    @Test
    void aPlaceThatCannotBeReadIsNamed(CapturedOutput output) {
        assertThatThrownBy(() -> start("embedding-model.model-name=any", "embedding-model.place=embed=cpu,embed=npu"))
                .isNotNull();
        assertReport(output, "langchain4j.npu.embedding-model: embed is placed twice",
                "Change langchain4j.npu.embedding-model");
    }

    @Test
    void otherPeoplesFailuresAreLeftAlone() {
        assertThat(new ModelFailureAnalyzer(null).analyze(new IllegalArgumentException("theirs"))).isNull();
    }
}
