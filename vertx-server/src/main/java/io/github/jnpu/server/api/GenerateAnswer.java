package io.github.jnpu.server.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;

import java.util.List;

/** One object of {@code /api/generate}. */
record GenerateAnswer(String model, String createdAt, String response, String thinking, boolean done, String doneReason,
        List<Integer> context, List<CalledTool> toolCalls, @JsonUnwrapped Metrics metrics,
        @JsonProperty("_debug_info") DebugInfo debugInfo) {

    record Shape(String model) implements LineShape {
        @Override
        public Object piece(String content, String thinking, List<CalledTool> calls) {
            return new GenerateAnswer(model, Timestamps.now(), content, thinking, false, null, null, calls, null, null);
        }

        @Override
        public Object whole(String content, String thinking, List<CalledTool> calls, String reason,
                List<Integer> context,
                Metrics metrics) {
            return new GenerateAnswer(model, Timestamps.now(), content, thinking, true, reason, context, calls, metrics,
                    null);
        }

        @Override
        public Object loaded(String reason) {
            return new GenerateAnswer(model, Timestamps.now(), "", null, true, reason, null, null, null, null);
        }

        @Override
        public Object rendered(String prompt) {
            return new GenerateAnswer(model, Timestamps.now(), "", null, false, null, null, null, null, new DebugInfo(
                    prompt));
        }
    }
}
