package io.github.jnpu.server.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The input of {@code /v1/responses}, a text or items, as messages in Ollama's form. */
final class ResponseInput {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final ArrayNode messages;
    /** Thoughts that belong to the next message of the assistant. */
    private String thinking = "";

    /** What the parts of a content come to. */
    private record Content(String text, ArrayNode images) {}

    private ResponseInput(ArrayNode messages) {
        this.messages = messages;
    }

    /**
     * Adds what an input comes to.
     *
     * @throws ApiException
     *             400 for what is neither a text nor known items
     */
    static void translate(JsonNode input, ArrayNode messages) {
        if (input.isTextual()) {
            if (!input.textValue().isEmpty()) {
                messages.addObject().put("role", "user").put("content", input.textValue());
            }
            return;
        }
        if (!input.isArray()) {
            throw ApiException.badRequest(
                    "input must be a string or array: json: cannot unmarshal %s into Go value of type []json.RawMessage"
                            .formatted(
                                    input.isBoolean() ? "bool" : input.getNodeType().name().toLowerCase(Locale.ROOT)));
        }
        ResponseInput translation = new ResponseInput(messages);
        List<JsonFields> items = new ArrayList<>();
        input.forEach(item -> items.add(JsonFields.of(item, "ResponsesInputItem")));
        for (int i = 0; i < items.size(); i++) {
            try {
                translation.add(items.get(i), i + 1 < items.size() ? answeredCall(items.get(i + 1)) : Optional.empty());
            } catch (ApiException e) {
                throw new ApiException(e.status(), "input[%d]: %s".formatted(i, e.getMessage()));
            }
        }
        if (!translation.thinking.isEmpty()) {
            translation.withThoughts(messages.addObject().put("role", "assistant").put("content", ""));
        }
    }

    private static Optional<String> answeredCall(JsonFields item) {
        return type(item).equals("function_call_output") ? item.string("call_id") : Optional.empty();
    }

    private static String type(JsonFields item) {
        String type = item.string("type").orElse("");
        return type.isEmpty() && item.string("role").filter(role -> !role.isEmpty()).isPresent() ? "message" : type;
    }

    private void add(JsonFields item, Optional<String> answeredNext) {
        switch (type(item)) {
            case "message" -> message(item, answeredNext);
            case "function_call" -> call(item);
            case "function_call_output" -> {
                Content output = content(item, "output");
                ObjectNode result = messages.addObject().put("role", "tool").put("content", output.text());
                result.put("tool_call_id", item.string("call_id").orElse(""));
                withImages(result, output);
            }
            case "reasoning" -> thinking = thoughts(item);
            case "web_search_call" -> {
                // What was found is in the message that follows it.
            }
            case "" -> throw ApiException.badRequest("input item missing required 'type' field");
            default -> throw ApiException.badRequest("unknown input item type: \"%s\"".formatted(type(item)));
        }
    }

    private void message(JsonFields item, Optional<String> answeredNext) {
        Content content = content(item, "content");
        String role = item.string("role").orElse("");
        if (role.equals("assistant") && answeredNext.isPresent() && lastCalls(answeredNext.get())) {
            // Text between a call and its result belongs to the message of the call: templates want results right behind it.
            ObjectNode last = (ObjectNode) messages.get(messages.size() - 1);
            String before = last.path("content").asText();
            last.put("content", before + (before.isEmpty() || content.text().isEmpty() ? "" : "\n") + content.text());
            withImages(last, content);
            withThoughts(last);
            return;
        }
        ObjectNode message = messages.addObject().put("role", OpenAiMessages.role(role)).put("content", content.text());
        withImages(message, content);
        if (role.equals("assistant")) {
            withThoughts(message);
        }
    }

    private boolean lastCalls(String id) {
        JsonNode last = messages.path(messages.size() - 1);
        for (JsonNode call : last.path("tool_calls")) {
            if (call.path("id").asText().equals(id)) {
                return true;
            }
        }
        return false;
    }

    private void call(JsonFields item) {
        JsonNode last = messages.path(messages.size() - 1);
        ObjectNode message = last.path("role").asText().equals("assistant")
                ? (ObjectNode) last
                : messages.addObject().put("role", "assistant").put("content", "");
        ObjectNode call = message.withArray("tool_calls").addObject();
        call.put("id", item.string("call_id").orElse(""));
        call.putObject("function").put("name", item.string("name").orElse("")).set("arguments", arguments(item.string(
                "arguments").orElse("")));
        withThoughts(message);
    }

    private static JsonNode arguments(String text) {
        if (text.isEmpty()) {
            return NODES.objectNode();
        }
        try {
            JsonNode arguments = WireJson.MAPPER.readTree(text);
            if (arguments.isObject()) {
                return arguments;
            }
        } catch (JsonProcessingException e) {
            // Said below.
        }
        throw ApiException.badRequest("failed to parse function call arguments: they are no JSON object");
    }

    private static String thoughts(JsonFields item) {
        return item.string("encrypted_content").filter(text -> !text.isEmpty()).orElseGet(() -> {
            StringBuilder text = new StringBuilder();
            item.array("summary").forEach(part -> text.append(part.path("text").asText()));
            return text.toString();
        });
    }

    private static Content content(JsonFields item, String field) {
        JsonNode value = item.value(field).orElse(NODES.textNode(""));
        if (value.isTextual()) {
            return new Content(value.textValue(), NODES.arrayNode());
        }
        if (!value.isArray()) {
            throw ApiException.badRequest(field + " must be a string or array");
        }
        StringBuilder text = new StringBuilder();
        ArrayNode images = NODES.arrayNode();
        for (int i = 0; i < value.size(); i++) {
            JsonFields part = JsonFields.of(value.get(i), "ResponsesContent");
            switch (part.string("type").orElse("")) {
                case "input_text", "output_text" -> text.append(part.string("text").orElse(""));
                case "input_image" ->
                    part.string("image_url").filter(url -> !url.isEmpty()).ifPresent(url -> images.add(
                            OpenAiMessages.imageData(url)));
                case "input_file" -> throw ApiException.badRequest("file inputs are not currently supported");
                default -> throw ApiException.badRequest("%s[%d]: unknown content type: %s".formatted(field, i, part
                        .string("type").orElse("")));
            }
        }
        return new Content(text.toString(), images);
    }

    private static void withImages(ObjectNode message, Content content) {
        if (!content.images().isEmpty()) {
            message.withArray("images").addAll(content.images());
        }
    }

    private void withThoughts(ObjectNode message) {
        if (!thinking.isEmpty()) {
            message.put("thinking", thinking);
            thinking = "";
        }
    }
}
