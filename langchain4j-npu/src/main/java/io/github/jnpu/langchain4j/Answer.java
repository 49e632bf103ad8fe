package io.github.jnpu.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.internal.Json;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import io.github.jnpu.engine.GenerationResult;
import io.github.jnpu.engine.chat.AnswerEvent;
import io.github.jnpu.engine.chat.AnswerReader;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** One answer as it comes: text, thoughts and calls. For one thread. */
final class Answer {

    /** Hears of the parts at once. */
    interface Sink {
        void text(String text);

        void thought(String text);

        void partial(PartialToolCall call);

        void complete(CompleteToolCall call);
    }

    private final AnswerReader reader;
    private final boolean returnsThinking;
    private final String modelName;
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder thinking = new StringBuilder();
    private final StringBuilder arguments = new StringBuilder();
    private int callIndex = -1;
    private final List<ToolExecutionRequest> calls = new ArrayList<>();

    /**
     * Starts an answer.
     *
     * @param opening
     *            what the prompt already says of it
     */
    Answer(String modelName, AnswerReader reader, String opening, boolean returnsThinking) {
        this.modelName = modelName;
        this.reader = reader;
        this.returnsThinking = returnsThinking;
        reader.accept(opening);
    }

    void accept(String more, Sink sink) {
        reader.accept(more).forEach(event -> add(event, sink));
    }

    private void add(AnswerEvent event, Sink sink) {
        switch (event) {
            case AnswerEvent.Text(String more) -> {
                text.append(more);
                sink.text(more);
            }
            case AnswerEvent.Thought(String more) -> {
                if (returnsThinking) {
                    thinking.append(more);
                    sink.thought(more);
                }
            }
            case AnswerEvent.PartialToolCall(int index, String id, String name, String more) -> {
                if (index != callIndex) {
                    callIndex = index;
                    arguments.setLength(0);
                }
                arguments.append(more);
                sink.partial(PartialToolCall.builder().index(index).id(id).name(name).partialArguments(more).build());
            }
            case AnswerEvent.CompleteToolCall(int index, io.github.jnpu.engine.chat.ChatMessage.ToolCall call) -> {
                // As the model wrote them, so that the partial ones add up to the whole.
                String written = index == callIndex && !arguments.isEmpty()
                        ? arguments.toString()
                        : Json.toJson(call.arguments());
                callIndex = -1;
                ToolExecutionRequest request = ToolExecutionRequest.builder().id(call.id().orElseThrow()).name(call
                        .name()).arguments(written).build();
                calls.add(request);
                sink.complete(new CompleteToolCall(index, request));
            }
        }
    }

    /** The whole of it, after the last text has been accepted. */
    ChatResponse finish(GenerationResult result, Sink sink) {
        reader.finish().forEach(event -> add(event, sink));
        AiMessage message = AiMessage.builder().text(text.isEmpty() && !calls.isEmpty() ? null : text.toString())
                .thinking(thinking.isEmpty() ? null : thinking.toString()).toolExecutionRequests(calls).build();
        return ChatResponse.builder().id(UUID.randomUUID().toString()).modelName(modelName).aiMessage(message)
                .tokenUsage(new TokenUsage(result.promptTokens(), result.tokens().size()))
                .finishReason(switch (result.finishReason()) {
                    case STOP -> calls.isEmpty() ? FinishReason.STOP : FinishReason.TOOL_EXECUTION;
                    case LENGTH -> FinishReason.LENGTH;
                    case CANCELLED -> FinishReason.OTHER;
                }).build();
    }

    /** For callers that want the whole only. */
    static final Sink NO_SINK = new Sink() {
        @Override
        public void text(String text) {}

        @Override
        public void thought(String text) {}

        @Override
        public void partial(PartialToolCall call) {}

        @Override
        public void complete(CompleteToolCall call) {}
    };
}
