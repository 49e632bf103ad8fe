package io.github.jnpu.server.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.Locale;

/** A message in Anthropic's form as messages in Ollama's: one for what is said, and one for each tool's result. */
final class AnthropicMessages {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final StringBuilder text = new StringBuilder();
    private final ArrayNode images = NODES.arrayNode();
    private final ArrayNode calls = NODES.arrayNode();
    private final ArrayNode results = NODES.arrayNode();
    private String thinking = "";

    private AnthropicMessages() {}

    /**
     * Adds what one message comes to.
     *
     * @throws ApiException
     *             400 for blocks that lack something; unknown ones are passed over
     */
    static void translate(JsonNode node, ArrayNode translated) {
        JsonFields message = JsonFields.of(node, "MessageParam");
        AnthropicMessages blocks = new AnthropicMessages();
        JsonNode content = message.value("content").orElse(NODES.textNode(""));
        if (content.isTextual()) {
            blocks.text.append(content.textValue());
        } else {
            message.array("content").forEach(block -> blocks.add(JsonFields.of(block, "ContentBlock")));
        }
        blocks.addTo(translated, message.string("role").orElse("").toLowerCase(Locale.ROOT));
    }

    private void add(JsonFields block) {
        switch (block.string("type").orElse("")) {
            case "text" -> text.append(block.string("text").orElse(""));
            case "image" -> images.add(image(block.object("source").orElseThrow(() -> ApiException.badRequest(
                    "invalid image source"))));
            case "tool_use" -> call(block);
            case "tool_result" -> result(block);
            case "thinking" -> thinking = block.string("thinking").orElse(thinking);
            default -> {
                // Clients send blocks of servers that can do more; Ollama passes them over, too.
            }
        }
    }

    private void call(JsonFields block) {
        ObjectNode call = calls.addObject();
        call.put("id", required(block, "id"));
        call.putObject("function").put("name", required(block, "name")).set("arguments", block.object("input")
                .orElseGet(NODES::objectNode));
    }

    private static String required(JsonFields block, String field) {
        return block.string(field).filter(text -> !text.isEmpty()).orElseThrow(() -> ApiException.badRequest(
                "tool_use block missing required '%s' field".formatted(field)));
    }

    private void result(JsonFields block) {
        StringBuilder said = new StringBuilder();
        ArrayNode shown = NODES.arrayNode();
        JsonNode content = block.value("content").orElse(NODES.nullNode());
        if (content.isTextual()) {
            said.append(content.textValue());
        } else if (content.isArray()) {
            for (JsonNode part : content) {
                if (part.path("type").asText().equals("text")) {
                    said.append(part.path("text").asText());
                } else if (part.path("type").asText().equals("image")) {
                    shown.add(image(part.path("source")));
                }
            }
        }
        ObjectNode result = results.addObject().put("role", "tool").put("content", said.toString());
        result.put("tool_call_id", block.string("tool_use_id").orElse(""));
        if (!shown.isEmpty()) {
            result.set("images", shown);
        }
    }

    private static String image(JsonNode source) {
        if (!source.path("type").asText().equals("base64")) {
            throw ApiException.badRequest("invalid image source type: %s. Only base64 images are supported.".formatted(
                    source.path("type").asText()));
        }
        return source.path("data").asText();
    }

    /** A user's results come first: they answer what was called before. */
    private void addTo(ArrayNode translated, String role) {
        boolean resultsFirst = role.equals("user");
        if (resultsFirst) {
            translated.addAll(results);
        }
        if (!text.isEmpty() || !images.isEmpty() || !calls.isEmpty() || !thinking.isEmpty()) {
            ObjectNode message = translated.addObject().put("role", role).put("content", text.toString());
            if (!thinking.isEmpty()) {
                message.put("thinking", thinking);
            }
            if (!images.isEmpty()) {
                message.set("images", images);
            }
            if (!calls.isEmpty()) {
                message.set("tool_calls", calls);
            }
        }
        if (!resultsFirst) {
            translated.addAll(results);
        }
    }
}
