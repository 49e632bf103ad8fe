package io.github.jnpu.server.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.server.api.ResponseRequest.Echo;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The answer of {@code /v1/responses}. All fields are always there, {@code null} where there is nothing to say. */
@JsonInclude(JsonInclude.Include.ALWAYS)
record OpenAiResponse(String id, String object, long createdAt, Long completedAt, String status,
        JsonNode incompleteDetails, String model, String previousResponseId, String instructions, List<Item> output,
        JsonNode error, JsonNode tools, JsonNode toolChoice, String truncation, boolean parallelToolCalls,
        Map<String, JsonNode> text, JsonNode topP, int presencePenalty, int frequencyPenalty, int topLogprobs,
        JsonNode temperature, JsonNode reasoning, Usage usage, JsonNode maxOutputTokens, Integer maxToolCalls,
        boolean store, boolean background, String serviceTier, Map<String, String> metadata, String safetyIdentifier,
        String promptCacheKey) {

    /** A part of the output: thoughts, a message or a call. */
    record Item(String id, String type, String status, String role, List<Part> content, String callId, String name,
            String arguments, List<Summary> summary, String encryptedContent) {

        /** Thoughts; the content is called encrypted, and is not: nobody else has to read it. */
        static Item reasoning(String id, String thinking) {
            return new Item(id, "reasoning", null, null, null, null, null, null, thinking.isEmpty()
                    ? List.of()
                    : List.of(new Summary("summary_text", thinking)), thinking.isEmpty() ? null : thinking);
        }

        /** @param content {@code null} where it has just begun */
        static Item message(String id, String content) {
            return new Item(id, "message", content == null ? "in_progress" : "completed", "assistant", content == null
                    ? List.of()
                    : List.of(Part.of(content)), null, null, null, null, null);
        }

        /** @param complete whether the arguments are there */
        static Item call(String id, CalledTool call, boolean complete) {
            return new Item(id, "function_call", complete ? "completed" : "in_progress", null, null, call.id(), call
                    .function().name(), complete ? arguments(call) : "", null, null);
        }

        static String arguments(CalledTool call) {
            return WireJson.encode(call.function().arguments()).toString();
        }
    }

    record Part(String type, String text, List<String> annotations, List<String> logprobs) {
        static Part of(String text) {
            return new Part("output_text", text, List.of(), List.of());
        }
    }

    record Summary(String type, String text) {}

    record Usage(long inputTokens, long outputTokens, long totalTokens, InputDetails inputTokensDetails,
            OutputDetails outputTokensDetails) {
        static Usage of(Metrics metrics) {
            TokenUsage usage = TokenUsage.of(metrics);
            return new Usage(usage.promptTokens(), usage.completionTokens(), usage.totalTokens(), new InputDetails(0),
                    new OutputDetails(0));
        }
    }

    record InputDetails(long cachedTokens) {}

    record OutputDetails(long reasoningTokens) {}

    /**
     * Of one request.
     *
     * @param number
     *            what the ids have behind their prefix
     * @param echo
     *            what the answer repeats of the request
     */
    record Shape(int number, long created, String model, boolean streams, Echo echo) implements AnswerShape {

        @Override
        public AnswerStream stream(int promptTokens) {
            return new ResponseEvents(this);
        }

        /** The id of an item. */
        String id(String prefix, int index) {
            return prefix + number + "_" + index;
        }

        @Override
        public Object whole(AnswerPart all, AnswerEnd end) {
            List<Item> output = new ArrayList<>();
            if (all.thinking() != null) {
                output.add(Item.reasoning(id("rs_", 0), all.thinking()));
            }
            if (!all.content().isEmpty() || all.calls() == null) {
                output.add(Item.message(id("msg_", output.size()), all.content()));
            }
            if (all.calls() != null) {
                all.calls().forEach(call -> output.add(Item.call(id("fc_", output.size()), call, true)));
            }
            return completed(output, end.metrics());
        }

        OpenAiResponse completed(List<Item> output, Metrics metrics) {
            return response("completed", Instant.now().getEpochSecond(), output, Usage.of(metrics));
        }

        OpenAiResponse inProgress() {
            return response("in_progress", null, List.of(), null);
        }

        private OpenAiResponse response(String status, Long completed, List<Item> output, Usage usage) {
            return new OpenAiResponse("resp_" + number, "response", created, completed, status, null, model, null, echo
                    .instructions(), output, null, echo.tools(), echo.toolChoice(), echo.truncation(), true,
                    Map.of(
                            "format", echo.format()),
                    echo.topP(), 0, 0, 0, echo.temperature(), echo.reasoning(), usage, echo.maxOutputTokens(), null,
                    false, false, "default", Map.of(), null, null);
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
            return whole(new AnswerPart(prompt, null, null, null), AnswerEnd.LOADED);
        }
    }
}
