package io.github.jnpu.server.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;

import java.util.List;

/** One object of {@code /api/generate}. */
record GenerateAnswer(String model, String createdAt, String response, String thinking, boolean done, String doneReason,
        List<Integer> context, @JsonUnwrapped Metrics metrics, List<CalledTool> toolCalls,
        @JsonProperty("_debug_info") DebugInfo debugInfo, List<Logprob> logprobs) {

    record Shape(String model) implements LineShape {
        @Override
        public Object piece(AnswerPart part) {
            return answer(part, false, null, null, null, null);
        }

        @Override
        public Object whole(AnswerPart all, AnswerEnd end) {
            return answer(all, true, end.reason(), end.context(), end.metrics(), null);
        }

        @Override
        public Object loaded(String reason) {
            return answer(AnswerPart.EMPTY, true, reason, null, null, null);
        }

        @Override
        public Object rendered(String prompt, int tokens) {
            return answer(AnswerPart.EMPTY, false, null, null, null, new DebugInfo(prompt));
        }

        private GenerateAnswer answer(AnswerPart part, boolean done, String reason, List<Integer> context,
                Metrics metrics, DebugInfo debugInfo) {
            return new GenerateAnswer(model, Timestamps.now(), part.content(), part.thinking(), done, reason, context,
                    metrics, part.calls(), debugInfo, part.logprobs());
        }
    }
}
