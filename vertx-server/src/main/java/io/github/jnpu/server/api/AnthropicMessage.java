package io.github.jnpu.server.api;

import com.fasterxml.jackson.annotation.JsonInclude;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The answer of {@code /v1/messages}. */
record AnthropicMessage(String id, String type, String role, String model, List<Block> content, String stopReason,
        String stopSequence, Usage usage) {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int ID_BYTES = 12;

    /**
     * A part of the content: a text, thoughts, or a call.
     *
     * @param input
     *            the call's arguments
     */
    record Block(String type, String text, String thinking, String id, String name, Map<String, Object> input) {
        static Block text(String text) {
            return new Block("text", text, null, null, null, null);
        }

        static Block thinking(String thinking) {
            return new Block("thinking", null, thinking, null, null, null);
        }

        static Block call(CalledTool call, Map<String, Object> arguments) {
            return new Block("tool_use", null, null, call.id(), call.function().name(), arguments);
        }
    }

    @JsonInclude(JsonInclude.Include.ALWAYS)
    record Usage(long inputTokens, long outputTokens) {
        static Usage of(Metrics metrics) {
            TokenUsage usage = TokenUsage.of(metrics);
            return new Usage(usage.promptTokens(), usage.completionTokens());
        }
    }

    /** {@code msg_} or the like, and 24 digits in base 16. */
    static String id(String prefix) {
        byte[] bytes = new byte[ID_BYTES];
        RANDOM.nextBytes(bytes);
        return prefix + HexFormat.of().formatHex(bytes);
    }

    /**
     * Of one request.
     *
     * @param stopSequences
     *            those that the request has; the model's own do not show
     */
    record Shape(String id, String model, Set<String> stopSequences) implements AnswerShape {

        @Override
        public AnswerStream stream(int promptTokens) {
            return new AnthropicEvents(this, promptTokens);
        }

        @Override
        public Object whole(AnswerPart all, AnswerEnd end) {
            List<Block> content = new ArrayList<>();
            if (all.thinking() != null) {
                content.add(Block.thinking(all.thinking()));
            }
            if (!all.content().isEmpty()) {
                content.add(Block.text(all.content()));
            }
            if (all.calls() != null) {
                all.calls().forEach(call -> content.add(Block.call(call, call.function().arguments())));
            }
            return message(content, reason(end, all.calls() != null), stopSequence(end, all.calls() != null),
                    Usage.of(end.metrics()));
        }

        AnthropicMessage message(List<Block> content, String reason, String stopSequence, Usage usage) {
            return new AnthropicMessage(id, "message", "assistant", model, content, reason, stopSequence, usage);
        }

        @Override
        public Object loaded(String reason) {
            return whole(AnswerPart.EMPTY, AnswerEnd.of(reason));
        }

        @Override
        public Object rendered(String prompt, int tokens) {
            return new Count(tokens);
        }

        @Override
        public boolean countsOnly() {
            return true;
        }

        /** Calls count more than how the answer ended. */
        String reason(AnswerEnd end, boolean called) {
            if (called) {
                return "tool_use";
            }
            return end.reason().equals("length")
                    ? "max_tokens"
                    : stopSequence(end, called) != null ? "stop_sequence" : "end_turn";
        }

        String stopSequence(AnswerEnd end, boolean called) {
            return !called && end.stopString() != null && stopSequences.contains(end.stopString())
                    ? end.stopString()
                    : null;
        }
    }

    /** The answer of {@code /v1/messages/count_tokens}. */
    record Count(int inputTokens) {}
}
