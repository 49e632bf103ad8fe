package io.github.jnpu.server;

import io.github.ollama4j.Ollama;
import io.github.ollama4j.exceptions.OllamaException;
import io.github.ollama4j.models.chat.OllamaChatMessageRole;
import io.github.ollama4j.models.chat.OllamaChatRequest;
import io.github.ollama4j.models.chat.OllamaChatResult;
import io.github.ollama4j.models.embed.OllamaEmbedRequest;
import io.github.ollama4j.models.generate.OllamaGenerateRequest;
import io.github.ollama4j.models.generate.OllamaGenerateStreamObserver;
import io.github.ollama4j.models.request.CustomModelRequest;
import io.github.ollama4j.models.request.ThinkMode;
import io.github.ollama4j.models.response.Model;
import io.github.ollama4j.models.response.OllamaResult;
import io.github.ollama4j.tools.Tools;
import io.github.ollama4j.utils.Options;
import io.github.ollama4j.utils.OptionsBuilder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * ollama4j, a Java client of Ollama's API. Its {@code ps()} is left out: version 1.1.6 refuses details that it does not know, be they
 * ours or the {@code context_length} of Ollama 0.33.
 */
class Ollama4jClientTest {
    private static final Options SHORT = new OptionsBuilder().setTemperature(0).setNumPredict(6).build();

    @TempDir
    static Path folder;
    static ConformanceServer server;
    static Ollama ollama;

    @BeforeAll
    static void start() throws IOException {
        server = new ConformanceServer(folder, Map.of("OLLAMA_CONTEXT_LENGTH", "1024")).withModels();
        ollama = new Ollama("http://127.0.0.1:" + server.port());
        ollama.setRequestTimeoutSeconds(60);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void modelsAreListedMadeAndDeleted() throws OllamaException {
        assertThat(ollama.ping()).isTrue();
        assertThat(ollama.getVersion()).matches("\\d+\\.\\d+\\.\\d+.*");
        assertThat(ollama.listModels()).extracting(Model::getName).contains("tiny:latest", "tiny-embed:latest");
        assertThat(ollama.getModelDetails("tiny").getDetails().getFamily()).isEqualTo("llama");
        ollama.createModel(CustomModelRequest.builder().model("mine").from("tiny").system("Be brief.").build());
        assertThat(ollama.getModelDetails("mine").getSystem()).isEqualTo("Be brief.");
        ollama.deleteModel("mine", false);
        assertThat(ollama.listModels()).extracting(Model::getName).doesNotContain("mine:latest");
    }

    @Test
    void textsAreGenerated() throws OllamaException {
        OllamaGenerateRequest request = OllamaGenerateRequest.builder().withModel("tiny").withPrompt("abc").withOptions(
                SHORT).withThink(ThinkMode.DISABLED).build();
        OllamaResult whole = ollama.generate(request, null);
        assertThat(whole.getEvalCount()).isEqualTo(6);
        StringBuilder streamed = new StringBuilder();
        ollama.generate(request, new OllamaGenerateStreamObserver(null, streamed::append));
        assertThat(streamed.toString()).isEqualTo(whole.getResponse());
        OllamaResult held = ollama.generate(
                OllamaGenerateRequest.builder().withModel("tiny").withPrompt("abc").withFormat(
                        Map.of("type", "object", "properties", Map.of("a", Map.of("enum", List.of("x", "y"))),
                                "required", List
                                        .of("a"),
                                "additionalProperties", false))
                        .withThink(ThinkMode.DISABLED).build(),
                null);
        assertThat(held.getStructuredResponse().get("a")).isIn("x", "y");
    }

    @Test
    void chatsThinkAndCallTools() throws OllamaException {
        OllamaChatResult thought = ollama.chat(OllamaChatRequest.builder().withModel("thinking").withMessage(
                OllamaChatMessageRole.USER, "abc").withThinking(ThinkMode.ENABLED).build(), null);
        assertThat(thought.getResponseModel().getMessage().getThinking()).contains("Hm, well.");
        assertThat(thought.getResponseModel().getMessage().getResponse()).isEqualTo("Yes indeed!");

        List<Object> cities = new ArrayList<>();
        Tools.Tool tool = Tools.Tool.builder().toolSpec(Tools.ToolSpec.builder().name("get_weather").description("d")
                .parameters(Tools.Parameters.of(Map.of("city", Tools.Property.builder().type("string").description(
                        "c").required(true).build())))
                .build()).toolFunction(arguments -> {
                    cities.add(arguments.get("city"));
                    return "sunny";
                }).build();
        ollama.registerTool(tool);
        // The model has nothing else to say, so it would call for ever.
        ollama.setMaxChatToolCallRetries(1);
        OllamaChatResult called = ollama.chat(OllamaChatRequest.builder().withModel("calling").withMessage(
                OllamaChatMessageRole.USER, "abc").withUseTools(true).build(), null);
        assertThat(cities).isNotEmpty().containsOnly("Rome");
        assertThat(called.getChatHistory()).extracting(message -> message.getRole().getRoleName()).contains("tool");
    }

    @Test
    void textsAreEmbedded() throws OllamaException {
        assertThat(ollama.embed(new OllamaEmbedRequest("tiny-embed", List.of("hello", "cat"))).getEmbeddings()).hasSize(
                2);
    }

    @Test
    void errorsReachTheCaller() {
        assertThatThrownBy(() -> ollama.generate(OllamaGenerateRequest.builder().withModel("nope").withPrompt("abc")
                .withThink(ThinkMode.DISABLED).build(), null)).isInstanceOf(OllamaException.class)
                .hasStackTraceContaining("model 'nope' not found");
    }
}
