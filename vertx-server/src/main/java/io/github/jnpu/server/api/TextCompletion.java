package io.github.jnpu.server.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.vertx.core.buffer.Buffer;

import java.util.List;

/** One object of {@code /v1/completions}: the answer, or an event of its stream. Thoughts have no place in it. */
record TextCompletion(String id, String object, long created, String model, String systemFingerprint,
        List<Choice> choices, TokenUsage usage, @JsonProperty("_debug_info") DebugInfo debugInfo) {

    record Choice(String text, int index, @JsonInclude(JsonInclude.Include.ALWAYS) String finishReason,
            TextLogprobs logprobs) {}

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
            return completion(List.of(new Choice(all.content(), 0, end.reason(), TextLogprobs.of(all.logprobs(), 0))),
                    TokenUsage.of(end.metrics()), null);
        }

        @Override
        public Object loaded(String reason) {
            return whole(AnswerPart.EMPTY, AnswerEnd.of(reason));
        }

        @Override
        public boolean streamsLoads() {
            return streams;
        }

        @Override
        public Object rendered(String prompt, int tokens) {
            return completion(List.of(new Choice("", 0, null, null)), TokenUsage.NONE, new DebugInfo(prompt));
        }

        private TextCompletion completion(List<Choice> choices, TokenUsage usage, DebugInfo debugInfo) {
            return new TextCompletion(id, "text_completion", created, model, OpenAiRequest.FINGERPRINT, choices, usage,
                    debugInfo);
        }
    }

    private static final class Events implements AnswerStream {
        private final Shape shape;
        private int offset;

        Events(Shape shape) {
            this.shape = shape;
        }

        @Override
        public Buffer piece(AnswerPart part) {
            return part.content().isEmpty() && part.logprobs() == null
                    ? Buffer.buffer()
                    : event(part.content(), part.logprobs(), null);
        }

        /** Where counts were asked for, every event has some, and they are zero before the last. */
        private Buffer event(String text, List<Logprob> logprobs, String reason) {
            TextLogprobs lists = TextLogprobs.of(logprobs, offset);
            if (logprobs != null) {
                offset += logprobs.stream().mapToInt(TextLogprobs::length).sum();
            }
            return WireJson.encodeEvent(shape.completion(List.of(new Choice(text, 0, reason, lists)), shape
                    .includeUsage() ? TokenUsage.NONE : null, null));
        }

        @Override
        public Buffer end(List<Logprob> logprobs, AnswerEnd end) {
            Buffer events = event("", logprobs, end.reason());
            if (shape.includeUsage()) {
                events.appendBuffer(
                        WireJson.encodeEvent(shape.completion(List.of(), TokenUsage.of(end.metrics()), null)));
            }
            return events.appendBuffer(WireJson.LAST_EVENT);
        }
    }
}
