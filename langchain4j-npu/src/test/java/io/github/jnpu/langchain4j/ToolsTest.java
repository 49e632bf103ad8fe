package io.github.jnpu.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.internal.Json;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonEnumSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.PartialToolCallContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.FinishReason;
import io.github.jnpu.convert.TestModels;
import io.github.jnpu.engine.chat.Thinking;
import io.github.jnpu.engine.grammar.Grammar;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Tools, schemas and thoughts, with models whose weights say a script. */
@Timeout(120)
class ToolsTest {
    private static final ToolSpecification WEATHER = ToolSpecification.builder().name("get_weather").description("d")
            .parameters(JsonObjectSchema.builder().addProperty("city", JsonEnumSchema.builder().enumValues("Rome",
                    "Oslo").build()).required("city").build())
            .build();
    private static final ToolSpecification CLOCK = ToolSpecification.builder().name("clock").build();
    private static final ResponseFormat CITY = ResponseFormat.builder().type(ResponseFormatType.JSON).jsonSchema(
            JsonSchema.builder().name("City").rootElement(WEATHER.parameters()).build()).build();
    private static final ChatMessage QUESTION = UserMessage.from("abc");

    @TempDir
    static Path folder;
    static Path calling;
    static Path direct;
    static Path bare;
    static Path thinking;

    @BeforeAll
    static void write() throws IOException {
        calling = ScriptedModel.write(folder.resolve("tools.gguf"), ScriptedModel.TEMPLATE, List.of("Let", " me",
                " look.", "<tool_call>", "{\"name\": ", "\"get_weather\", ", "\"arguments\": ", "{\"city\": \"Ro",
                "me\"}}", "</tool_call>", "\n<tool_call>{\"na", "me\": \"get_weather\", \"arguments\"",
                ": {\"city\": \"Oslo\"}}</tool", "_call>"));
        direct = ScriptedModel.write(folder.resolve("direct.gguf"), ScriptedModel.TEMPLATE, List.of("<tool_call>",
                "{\"name\": ", "\"get_weather\", ", "\"arguments\": ", "{\"city\": \"Ro", "me\"}}", "</tool_call>",
                "\n<tool_call>{\"na", "me\": \"get_weather\", \"arguments\"", ": {\"city\": \"Oslo\"}}</tool",
                "_call>"));
        bare = ScriptedModel.write(folder.resolve("bare.gguf"), ScriptedModel.TEMPLATE.replace("<tool_call>", "")
                .replace("</tool_call>", ""), List.of("say"));
        thinking = ScriptedModel.write(folder.resolve("think.gguf"), ScriptedModel.THINKING_TEMPLATE, List.of(
                "<think>", "\nHm,", " well.", "\n</thi", "nk>\n\n", "Yes", " indeed!"));
    }

    private static NpuChatModel.Builder model(Path file) {
        return NpuChatModel.builder().modelPath(file).temperature(0.0).maxOutputTokens(400);
    }

    private static ChatRequest.Builder request() {
        return ChatRequest.builder().messages(QUESTION);
    }

    private static ChatResponse ask(Path file, ChatRequest.Builder request) {
        try (NpuChatModel model = model(file).build()) {
            return model.chat(request.build());
        }
    }

    private static int promptTokens(List<ChatMessage> messages, List<ToolSpecification> tools, ToolChoice choice) {
        return ask(calling, ChatRequest.builder().messages(messages).toolSpecifications(tools).toolChoice(choice))
                .tokenUsage().inputTokenCount();
    }

    @Test
    void callsComeBack() {
        ChatResponse response = ask(calling, request().toolSpecifications(WEATHER, CLOCK));
        assertThat(response.aiMessage().text()).isEqualTo("Let me look.");
        List<ToolExecutionRequest> calls = response.aiMessage().toolExecutionRequests();
        assertThat(calls).extracting(ToolExecutionRequest::name).containsExactly("get_weather", "get_weather");
        assertThat(calls).extracting(ToolExecutionRequest::arguments).containsExactly("{\"city\": \"Rome\"}",
                "{\"city\": \"Oslo\"}");
        assertThat(calls).extracting(ToolExecutionRequest::id).doesNotHaveDuplicates().allSatisfy(id -> assertThat(id)
                .isNotBlank());
        assertThat(response.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);
    }

    @Test
    void withToolChoiceNoneTheModelIsToldOfNone() {
        assertThat(ask(calling, request().toolSpecifications(WEATHER).toolChoice(ToolChoice.NONE)).aiMessage().text())
                .contains("<tool_call>");
        assertThat(promptTokens(List.of(QUESTION), List.of(WEATHER), ToolChoice.NONE)).isLessThan(promptTokens(List.of(
                QUESTION), List.of(WEATHER), ToolChoice.AUTO));
    }

    @Test
    void earlierCallsAndResultsReachTheTemplate() {
        ToolExecutionRequest call = ToolExecutionRequest.builder().id("1").name("get_weather").arguments(
                "{\"city\": \"Rome\"}").build();
        List<ChatMessage> messages = List.of(QUESTION, AiMessage.from(call), ToolExecutionResultMessage.from(call,
                "rain"));
        int expected = new NpuTokenCountEstimator(calling).estimateTokenCountInMessages(messages);
        assertThat(promptTokens(messages, List.of(), ToolChoice.AUTO)).isEqualTo(expected).isGreaterThan(
                new NpuTokenCountEstimator(calling).estimateTokenCountInMessages(List.of(QUESTION)) + 20);
        assertThatThrownBy(
                () -> promptTokens(List.of(QUESTION, AiMessage.from(call.toBuilder().arguments("[").build())),
                        List.of(), ToolChoice.AUTO))
                .isInstanceOf(InvalidRequestException.class).hasMessageContaining("arguments");
    }

    @Test
    void tokensAreCountedAsThePromptIs() {
        NpuTokenCountEstimator plain = new NpuTokenCountEstimator(TestModels.stories260K());
        assertThat(plain.estimateTokenCountInText("Once upon a time")).isEqualTo(4);
        assertThat(plain.estimateTokenCountInMessages(List.of(UserMessage.from("Once upon a time")))).isEqualTo(5);
        NpuTokenCountEstimator laidOut = new NpuTokenCountEstimator(calling);
        int one = laidOut.estimateTokenCountInMessages(List.of(QUESTION));
        assertThat(one).isEqualTo(ask(calling, request()).tokenUsage().inputTokenCount());
        // The template ends with a sign for the answer, behind a line end.
        assertThat(laidOut.estimateTokenCountInMessage(QUESTION)).isLessThanOrEqualTo(one);
    }

    @Test
    void aRequiredCallIsMadeWithAnyWeights() {
        for (Path file : List.of(calling, bare)) {
            AiMessage message = ask(file, request().toolSpecifications(WEATHER, CLOCK).toolChoice(ToolChoice.REQUIRED))
                    .aiMessage();
            assertThat(message.toolExecutionRequests()).as(message.toString()).hasSize(1);
            ToolExecutionRequest call = message.toolExecutionRequests().getFirst();
            assertThat(message.text()).isNull();
            assertThat(call.name()).isIn("get_weather", "clock");
            Map<?, ?> arguments = Json.fromJson(call.arguments(), Map.class);
            if (call.name().equals("clock")) {
                assertThat(arguments).isEmpty();
            } else {
                assertThat(arguments.get("city")).isIn("Rome", "Oslo");
            }
        }
        assertThatThrownBy(() -> ask(calling, request().toolChoice(ToolChoice.REQUIRED))).isInstanceOf(
                InvalidRequestException.class).hasMessageContaining("toolSpecifications");
    }

    @Test
    void schemasHoldAnswers() {
        for (Path file : List.of(calling, bare, thinking, TestModels.stories260K())) {
            String text = ask(file, request().responseFormat(CITY)).aiMessage().text();
            assertThat(Json.fromJson(text, Map.class).get("city")).isIn("Rome", "Oslo");
        }
        assertThat(
                ask(calling, ChatRequest.builder().messages(QUESTION).responseFormat(ResponseFormat.JSON)).aiMessage()
                        .text())
                .startsWith("{");
        try (NpuChatModel model = model(bare).build()) {
            assertThat(model.supportedCapabilities()).containsExactly(Capability.RESPONSE_FORMAT_JSON_SCHEMA);
        }
    }

    @Test
    void aSchemaLeavesRoomForBareCalls() {
        AiMessage message = ask(bare, request().toolSpecifications(CLOCK).responseFormat(CITY)).aiMessage();
        assertThat(message.hasToolExecutionRequests() || Json.fromJson(message.text(), Map.class).containsKey("city"))
                .as(message.toString()).isTrue();
        assertThatThrownBy(() -> ask(bare, request().toolSpecifications(CLOCK).responseFormat(ResponseFormat.JSON)))
                .isInstanceOf(UnsupportedFeatureException.class).hasMessageContaining("not supported")
                .hasMessageContaining("tools");
    }

    @Test
    void aSchemaLeavesRoomForCallsBetweenTags() {
        AiMessage message = ask(direct, request().toolSpecifications(WEATHER, CLOCK).responseFormat(CITY)).aiMessage();
        assertThat(message.text()).isNull();
        assertThat(message.toolExecutionRequests()).extracting(ToolExecutionRequest::arguments).containsExactly(
                "{\"city\": \"Rome\"}", "{\"city\": \"Oslo\"}");
        // A call of a tool that there is not is not let through.
        AiMessage answer = ask(direct, request().toolSpecifications(CLOCK).responseFormat(CITY)).aiMessage();
        assertThat(answer.toolExecutionRequests()).extracting(ToolExecutionRequest::name).doesNotContain("get_weather");
        assertThat(answer.hasToolExecutionRequests() || Json.fromJson(answer.text(), Map.class).containsKey("city")).as(
                answer.toString()).isTrue();
    }

    @Test
    void aGrammarHoldsAnswers() {
        Grammar grammar = Grammar.ofGbnf("root ::= \"No.\"");
        ChatResponse response = ask(thinking, request().parameters(NpuChatRequestParameters.builder().grammar(grammar)
                .build()));
        assertThat(response.aiMessage().text()).isEqualTo("No.");
        assertThatThrownBy(() -> ask(thinking, request().parameters(NpuChatRequestParameters.builder().grammar(grammar)
                .responseFormat(ResponseFormat.JSON).build()))).isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void thoughtsAreReturnedOnRequestOnly() {
        try (NpuChatModel model = model(thinking).returnThinking(true).build()) {
            AiMessage message = model.chat(QUESTION).aiMessage();
            assertThat(message.thinking()).isEqualTo("Hm, well.\n");
            assertThat(message.text()).isEqualTo("Yes indeed!");
        }
        AiMessage message = ask(thinking, request()).aiMessage();
        assertThat(message.thinking()).isNull();
        assertThat(message.text()).isEqualTo("Yes indeed!");
        assertThat(ask(thinking, request().parameters(NpuChatRequestParameters.builder().think(false).build()))
                .aiMessage().text()).contains("<think>");
        assertThatThrownBy(() -> ask(bare, request().parameters(NpuChatRequestParameters.builder().think(Thinking.HIGH)
                .build()))).isInstanceOf(UnsupportedFeatureException.class).hasMessageContaining("thinking");
    }

    @Test
    void ownParametersMerge() {
        Grammar grammar = Grammar.ofGbnf("root ::= \"a\"");
        NpuChatRequestParameters own = NpuChatRequestParameters.builder().think(true).grammar(grammar).place("cpu")
                .minP(0.1).build();
        NpuChatRequestParameters other = NpuChatRequestParameters.builder().think(Thinking.LOW).build();
        assertThat(own.overrideWith(other).think()).isEqualTo(Thinking.LOW);
        assertThat(own.overrideWith(other).grammar()).isEqualTo(grammar);
        assertThat(own.overrideWith(other).place()).isEqualTo("cpu");
        assertThat(own.defaultedBy(other)).isEqualTo(own).isNotEqualTo(other);
        assertThatThrownBy(
                () -> ask(bare, request().parameters(NpuChatRequestParameters.builder().place("@@").build())))
                .isInstanceOf(InvalidRequestException.class).hasMessageContaining("place");
    }

    /** Writes down what a handler hears. */
    private static class Protocol implements StreamingChatResponseHandler {
        final List<String> heard = new CopyOnWriteArrayList<>();
        final CompletableFuture<ChatResponse> end = new CompletableFuture<>();

        @Override
        public void onPartialResponse(String text) {
            heard.add("text " + text);
        }

        @Override
        public void onPartialThinking(PartialThinking thought) {
            heard.add("thought " + thought.text().strip());
        }

        @Override
        public void onPartialToolCall(PartialToolCall call, PartialToolCallContext context) {
            heard.add("partial " + call.index() + " " + call.partialArguments());
        }

        @Override
        public void onCompleteToolCall(CompleteToolCall call) {
            heard.add("call " + call.index() + " " + call.toolExecutionRequest().arguments());
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            heard.add("end");
            end.complete(response);
        }

        @Override
        public void onError(Throwable error) {
            heard.add("error");
            end.completeExceptionally(error);
        }
    }

    private static NpuStreamingChatModel streaming(Path file) {
        return NpuStreamingChatModel.builder().modelPath(file).temperature(0.0).maxOutputTokens(40).returnThinking(true)
                .build();
    }

    @Test
    void callsAreStreamed() {
        Protocol protocol = new Protocol();
        try (NpuStreamingChatModel model = streaming(calling)) {
            model.chat(request().toolSpecifications(WEATHER).build(), protocol);
            assertThat(protocol.end.join().aiMessage().toolExecutionRequests()).hasSize(2);
        }
        assertThat(protocol.heard).containsSubsequence("partial 0 {\"city\": \"Ro", "partial 0 me\"}",
                "call 0 {\"city\": \"Rome\"}", "call 1 {\"city\": \"Oslo\"}", "end");
        assertThat(protocol.heard).filteredOn(event -> event.equals("end") || event.equals("error")).containsExactly(
                "end");
    }

    @Test
    void thoughtsAreStreamed() {
        Protocol protocol = new Protocol();
        try (NpuStreamingChatModel model = streaming(thinking)) {
            model.chat(request().build(), protocol);
            assertThat(protocol.end.join().aiMessage().thinking()).isEqualTo("Hm, well.\n");
        }
        assertThat(protocol.heard.getFirst()).startsWith("thought Hm,");
        assertThat(protocol.heard).contains("text Yes").endsWith("end");
    }

    @Test
    void aStreamIsCancelledInTheMiddleOfACall() {
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        Protocol protocol = new Protocol() {
            @Override
            public void onPartialToolCall(PartialToolCall call, PartialToolCallContext context) {
                super.onPartialToolCall(call, context);
                context.streamingHandle().cancel();
                cancelled.complete(null);
            }
        };
        try (NpuStreamingChatModel model = streaming(calling)) {
            model.chat(request().toolSpecifications(WEATHER).build(), protocol);
            cancelled.join();
            Protocol next = new Protocol();
            model.chat(request().build(), next);
            next.end.join();
        }
        assertThat(protocol.heard.getLast()).isEqualTo("partial 0 {\"city\": \"Ro");
        assertThat(protocol.end).isNotDone();
    }
}
