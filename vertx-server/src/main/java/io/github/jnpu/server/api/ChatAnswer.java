package io.github.jnpu.server.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;

import java.util.List;

/** One object of {@code /api/chat}. */
record ChatAnswer(String model, String createdAt, Message message, boolean done, String doneReason,
        @JsonProperty("_debug_info") DebugInfo debugInfo, List<Logprob> logprobs, @JsonUnwrapped Metrics metrics) {

    record Message(String role, String content, String thinking, List<CalledTool> toolCalls) {
        static Message of(AnswerPart part) {
            return new Message("assistant", part.content(), part.thinking(), part.calls());
        }
    }

    record Shape(String model) implements LineShape {
        @Override
        public Object piece(AnswerPart part) {
            return answer(part, false, null, null, null);
        }

        @Override
        public Object whole(AnswerPart all, AnswerEnd end) {
            return answer(all, true, end.reason(), null, end.metrics());
        }

        @Override
        public Object loaded(String reason) {
            return answer(AnswerPart.EMPTY, true, reason, null, null);
        }

        @Override
        public Object rendered(String prompt, int tokens) {
            return answer(AnswerPart.EMPTY, false, null, new DebugInfo(prompt), null);
        }

        private ChatAnswer answer(AnswerPart part, boolean done, String reason, DebugInfo debugInfo, Metrics metrics) {
            return new ChatAnswer(model, Timestamps.now(), Message.of(part), done, reason, debugInfo, part.logprobs(),
                    metrics);
        }
    }
}
