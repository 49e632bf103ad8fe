package io.github.jnpu.server.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.vertx.core.buffer.Buffer;

import java.util.List;

/** One object of {@code /v1/chat/completions}: the answer, or an event of its stream. */
record ChatCompletion(String id, String object, long created, String model, String systemFingerprint,
        List<Choice> choices, TokenUsage usage, @JsonProperty("_debug_info") DebugInfo debugInfo) {

    /** @param delta what the event adds to the message, which is absent then */
    record Choice(int index, Message message, Message delta,
            @JsonInclude(JsonInclude.Include.ALWAYS) String finishReason, Logprobs logprobs) {}

    record Logprobs(List<Logprob> content) {
        static Logprobs of(List<Logprob> logprobs) {
            return logprobs == null ? null : new Logprobs(logprobs);
        }
    }

    record Message(String role, String content, String reasoning, List<Call> toolCalls) {}

    record Call(String id, int index, String type, Function function) {
        static List<Call> of(List<CalledTool> calls) {
            return calls == null
                    ? null
                    : calls.stream().map(call -> new Call(call.id(), call.function().index(),
                            "function",
                            new Function(call.function().name(), WireJson.encode(call.function().arguments())
                                    .toString())))
                            .toList();
        }
    }

    /** @param arguments a JSON object as text */
    record Function(String name, String arguments) {}

    /**
     * Of one request.
     *
     * @param created
     *            seconds since 1970
     * @param streams
     *            whether the request asked for a stream
     * @param includeUsage
     *            whether a stream ends with the counts of tokens
     */
    record Shape(String id, long created, String model, boolean streams, boolean includeUsage) implements AnswerShape {

        @Override
        public AnswerStream stream(int promptTokens) {
            return new Events(this);
        }

        @Override
        public Object whole(AnswerPart all, AnswerEnd end) {
            return completion(all, end.reason(), end.metrics(), null);
        }

        @Override
        public Object loaded(String reason) {
            return completion(AnswerPart.EMPTY, reason, Metrics.NONE, null);
        }

        @Override
        public boolean streamsLoads() {
            return streams;
        }

        @Override
        public Object rendered(String prompt, int tokens) {
            return completion(AnswerPart.EMPTY, null, Metrics.NONE, new DebugInfo(prompt));
        }

        private ChatCompletion completion(AnswerPart all, String reason, Metrics metrics, DebugInfo debugInfo) {
            Message message = new Message("assistant", all.content(), all.thinking(), Call.of(all.calls()));
            return new ChatCompletion(id, "chat.completion", created, model, OpenAiRequest.FINGERPRINT,
                    List.of(new Choice(0, message, null, reason(reason, all.calls() != null), Logprobs.of(all
                            .logprobs()))),
                    TokenUsage.of(metrics), debugInfo);
        }

        private ChatCompletion chunk(List<Choice> choices, TokenUsage usage) {
            return new ChatCompletion(id, "chat.completion.chunk", created, model, OpenAiRequest.FINGERPRINT, choices,
                    usage, null);
        }

        /** Calls give a reason of their own, unless the answer was cut off. */
        private static String reason(String reason, boolean called) {
            return called && "stop".equals(reason) ? "tool_calls" : reason;
        }
    }

    /** The role comes first and once, then text, thoughts and calls; then why it ended, and the counts. */
    private static final class Events implements AnswerStream {
        private final Shape shape;
        private boolean begun;
        private boolean called;

        Events(Shape shape) {
            this.shape = shape;
        }

        @Override
        public Buffer piece(AnswerPart part) {
            called |= part.calls() != null;
            boolean silent = part.content().isEmpty() && (part.thinking() != null || part.calls() != null);
            return event(new Message(role(), silent ? null : part.content(), part.thinking(), Call.of(part.calls())),
                    null, part.logprobs());
        }

        private String role() {
            String role = begun ? null : "assistant";
            begun = true;
            return role;
        }

        private Buffer event(Message delta, String reason, List<Logprob> logprobs) {
            return WireJson.encodeEvent(shape.chunk(List.of(new Choice(0, null, delta, reason, Logprobs.of(logprobs))),
                    null));
        }

        @Override
        public Buffer end(List<Logprob> logprobs, AnswerEnd end) {
            Buffer events = Buffer.buffer();
            if (!begun || logprobs != null) {
                events.appendBuffer(event(new Message(role(), "", null, null), null, logprobs));
            }
            events.appendBuffer(event(new Message(null, null, null, null), Shape.reason(end.reason(), called), null));
            if (shape.includeUsage()) {
                events.appendBuffer(WireJson.encodeEvent(shape.chunk(List.of(), TokenUsage.of(end.metrics()))));
            }
            return events.appendBuffer(WireJson.LAST_EVENT);
        }
    }
}
