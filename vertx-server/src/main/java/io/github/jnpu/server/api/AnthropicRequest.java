package io.github.jnpu.server.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A request of Anthropic's API in the words of Ollama's own.
 *
 * @param fields
 *            the native request
 * @param stream
 *            whether the answer comes in pieces
 */
record AnthropicRequest(JsonFields fields, boolean stream, ToolChoice choice, Set<String> stopSequences) {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** Reads the body of {@code /v1/messages}. */
    static AnthropicRequest messages(byte[] body) {
        return of(JsonFields.ofBody(body, "MessagesRequest", "EOF"), false);
    }

    /** Reads the body of {@code /v1/messages/count_tokens}, whose answer says how long the prompt would be. */
    static AnthropicRequest count(byte[] body) {
        return of(JsonFields.ofBody(body, "CountTokensRequest", "EOF"), true);
    }

    private static AnthropicRequest of(JsonFields fields, boolean counts) {
        ObjectNode request = NODES.objectNode();
        String model = fields.string("model").orElse("");
        int maxTokens = fields.integer("max_tokens", 0);
        List<JsonNode> messages = fields.array("messages");
        boolean stream = !counts && fields.bool("stream", false);
        ObjectNode options = options(fields);
        Optional<JsonNode> think = think(fields);
        List<JsonNode> tools = fields.array("tools");
        ToolChoice choice = choice(fields);
        if (model.isEmpty()) {
            throw ApiException.badRequest("model is required");
        }
        if (!counts && maxTokens <= 0) {
            throw ApiException.badRequest("max_tokens is required and must be positive");
        }
        if (messages.isEmpty()) {
            throw ApiException.badRequest("messages is required");
        }
        request.put("model", model).put("stream", stream).put("_debug_render_only", counts).put("truncate", !counts);
        ArrayNode translated = request.putArray("messages");
        system(fields).filter(text -> !text.isEmpty()).ifPresent(text -> translated.addObject().put("role", "system")
                .put("content", text));
        messages.forEach(message -> AnthropicMessages.translate(message, translated));
        OpenAiMessages.nameResults(translated);
        options.put("num_predict", maxTokens);
        request.set("options", options);
        // Tools that may not be called are not shown either.
        request.set("tools", choice == null ? NODES.arrayNode() : tools(tools));
        think.ifPresent(value -> request.set("think", value));
        Set<String> stops = new HashSet<>();
        options.path("stop").forEach(stop -> stops.add(stop.textValue()));
        return new AnthropicRequest(JsonFields.of(request, "ChatRequest"), stream, choice == null
                ? ToolChoice.AUTO
                : choice, stops);
    }

    private static ObjectNode options(JsonFields fields) {
        ObjectNode options = NODES.objectNode();
        fields.number("temperature", "float64").ifPresent(value -> options.set("temperature", value));
        fields.number("top_p", "float64").ifPresent(value -> options.set("top_p", value));
        fields.number("top_k", "int").ifPresent(value -> options.set("top_k", value));
        List<JsonNode> stops = fields.array("stop_sequences");
        if (!stops.isEmpty()) {
            ArrayNode list = options.putArray("stop");
            for (JsonNode stop : stops) {
                if (!stop.isTextual()) {
                    throw ApiException.badRequest(
                            "json: cannot unmarshal %s into Go struct field MessagesRequest.stop_sequences of type string"
                                    .formatted(stop.getNodeType().name().toLowerCase(Locale.ROOT)));
                }
                list.add(stop);
            }
        }
        return options;
    }

    /** A text, or blocks whose texts are put together. */
    private static Optional<String> system(JsonFields fields) {
        return fields.value("system").map(system -> {
            if (system.isTextual()) {
                return system.textValue();
            }
            StringBuilder text = new StringBuilder();
            for (JsonNode block : system) {
                if (block.path("type").asText().equals("text") && block.path("text").isTextual()) {
                    text.append(block.path("text").textValue());
                }
            }
            return text.toString();
        });
    }

    private static Optional<JsonNode> think(JsonFields fields) {
        String type = fields.object("thinking").map(thinking -> JsonFields.of(thinking, "ThinkingConfig")).flatMap(
                thinking -> thinking.string("type")).orElse("");
        String effort = fields.object("output_config").map(config -> JsonFields.of(config, "OutputConfig")).flatMap(
                config -> config.string("effort")).orElse("").strip().toLowerCase(Locale.ROOT);
        return switch (type) {
            case "enabled" -> Optional.of(NODES.booleanNode(true));
            case "disabled" -> Optional.of(NODES.booleanNode(false));
            default -> switch (effort) {
                case "low", "medium", "high", "max" -> Optional.of(NODES.textNode(effort));
                case "xhigh" -> Optional.of(NODES.textNode("high"));
                default -> Optional.empty();
            };
        };
    }

    /** Which tools have to be called; null where none may be. */
    private static ToolChoice choice(JsonFields fields) {
        Optional<JsonFields> choice = fields.object("tool_choice").map(node -> JsonFields.of(node, "ToolChoice"));
        String type = choice.flatMap(one -> one.string("type")).orElse("auto");
        return switch (type) {
            case "auto" -> ToolChoice.AUTO;
            case "any" -> ToolChoice.ANY;
            case "tool" -> ToolChoice.of(choice.flatMap(one -> one.string("name")).filter(name -> !name.isEmpty())
                    .orElseThrow(() -> ApiException.badRequest("tool_choice of type 'tool' has no name")));
            case "none" -> null;
            default -> throw ApiException.badRequest(
                    "tool_choice has the unknown type '%s'; use auto, any, tool or none".formatted(type));
        };
    }

    private static ArrayNode tools(List<JsonNode> nodes) {
        ArrayNode tools = NODES.arrayNode();
        for (JsonNode node : nodes) {
            JsonFields tool = JsonFields.of(node, "Tool");
            String type = tool.string("type").orElse("");
            if (type.startsWith("web_search")) {
                throw ApiException.badRequest(
                        "the tool %s is not supported: it searches through Ollama's cloud; leave it out"
                                .formatted(type));
            }
            ObjectNode function = tools.addObject().put("type", "function").putObject("function");
            function.put("name", tool.string("name").orElse(""));
            tool.string("description").filter(text -> !text.isEmpty()).ifPresent(text -> function.put("description",
                    text));
            function.set("parameters", tool.object("input_schema").orElseGet(NODES::objectNode));
        }
        return tools;
    }

    /** What the chat keeps to beside the native request. */
    ChatRules rules() {
        return new ChatRules(model -> new AnthropicMessage.Shape(AnthropicMessage.id("msg_"), model, stopSequences),
                choice, true);
    }
}
