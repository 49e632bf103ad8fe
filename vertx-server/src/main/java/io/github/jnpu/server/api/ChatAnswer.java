package io.github.jnpu.server.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;

import java.util.List;

/** One object of {@code /api/chat}. */
record ChatAnswer(String model, String createdAt, Message message, boolean done, String doneReason,
        @JsonUnwrapped Metrics metrics, @JsonProperty("_debug_info") DebugInfo debugInfo) {

    record Message(String role, String content, String thinking, List<CalledTool> toolCalls) {
        static Message of(String content, String thinking, List<CalledTool> calls) {
            return new Message("assistant", content, thinking, calls);
        }
    }

    record Shape(String model) implements LineShape {
        @Override
        public Object piece(String content, String thinking, List<CalledTool> calls) {
            return new ChatAnswer(model, Timestamps.now(), Message.of(content, thinking, calls), false, null, null,
                    null);
        }

        @Override
        public Object whole(String content, String thinking, List<CalledTool> calls, String reason,
                List<Integer> context,
                Metrics metrics) {
            return new ChatAnswer(model, Timestamps.now(), Message.of(content, thinking, calls), true, reason, metrics,
                    null);
        }

        @Override
        public Object loaded(String reason) {
            return new ChatAnswer(model, Timestamps.now(), Message.of("", null, null), true, reason, null, null);
        }

        @Override
        public Object rendered(String prompt) {
            return new ChatAnswer(model, Timestamps.now(), Message.of("", null, null), false, null, null, new DebugInfo(
                    prompt));
        }
    }
}
