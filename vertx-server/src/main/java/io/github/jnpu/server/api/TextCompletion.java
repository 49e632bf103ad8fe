package io.github.jnpu.server.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.vertx.core.buffer.Buffer;

import java.util.List;

/** One object of {@code /v1/completions}: the answer, or an event of its stream. Thoughts have no place in it. */
record TextCompletion(String id, String object, long created, String model, String systemFingerprint,
        List<Choice> choices, TokenUsage usage, @JsonProperty("_debug_info") DebugInfo debugInfo) {

    record Choice(String text, int index, @JsonInclude(JsonInclude.Include.ALWAYS) String finishReason) {}

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
    record Shape(String id, long created, String model, boolean streams, boolean includeUsage)
            implements
                AnswerShape,
                AnswerStream {

        @Override
        public AnswerStream stream() {
            return this;
        }

        @Override
        public Object whole(String content, String thinking, List<CalledTool> calls, String reason,
                List<Integer> context, Metrics metrics) {
            return completion(List.of(new Choice(content, 0, reason)), TokenUsage.of(metrics), null);
        }

        @Override
        public Object loaded(String reason) {
            return whole("", null, null, reason, null, Metrics.NONE);
        }

        @Override
        public boolean streamsLoads() {
            return streams;
        }

        @Override
        public Object rendered(String prompt) {
            return completion(List.of(new Choice("", 0, null)), TokenUsage.NONE, new DebugInfo(prompt));
        }

        private TextCompletion completion(List<Choice> choices, TokenUsage usage, DebugInfo debugInfo) {
            return new TextCompletion(id, "text_completion", created, model, OpenAiRequest.FINGERPRINT, choices, usage,
                    debugInfo);
        }

        @Override
        public Buffer piece(String content, String thinking, List<CalledTool> calls) {
            return content.isEmpty() ? Buffer.buffer() : event(content, null);
        }

        /** Where counts were asked for, every event has some, and they are zero before the last. */
        private Buffer event(String text, String reason) {
            return WireJson.encodeEvent(completion(List.of(new Choice(text, 0, reason)), includeUsage
                    ? TokenUsage.NONE
                    : null, null));
        }

        @Override
        public Buffer end(String reason, List<Integer> context, Metrics metrics) {
            Buffer events = event("", reason);
            if (includeUsage) {
                events.appendBuffer(WireJson.encodeEvent(completion(List.of(), TokenUsage.of(metrics), null)));
            }
            return events.appendBuffer(WireJson.LAST_EVENT);
        }
    }
}
