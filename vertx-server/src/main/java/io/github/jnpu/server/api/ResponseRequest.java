package io.github.jnpu.server.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A request of {@code /v1/responses} in the words of Ollama's own.
 *
 * @param fields
 *            the native request
 * @param stream
 *            whether the answer comes in pieces
 */
record ResponseRequest(JsonFields fields, boolean stream, ToolChoice choice, Echo echo) {
    private static final Logger LOGGER = LoggerFactory.getLogger(ResponseRequest.class);
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int IDS = 999_999;

    /** What the answer repeats of the request. */
    record Echo(String instructions, JsonNode tools, JsonNode toolChoice, String truncation, JsonNode format,
            JsonNode topP, JsonNode temperature, JsonNode reasoning, JsonNode maxOutputTokens) {}

    /** Reads the body. */
    static ResponseRequest of(byte[] body) {
        JsonFields fields = JsonFields.ofBody(body, "ResponsesRequest", "EOF");
        refuse(fields);
        ObjectNode request = NODES.objectNode();
        String instructions = fields.string("instructions").orElse("");
        boolean stream = fields.bool("stream", false);
        request.put("model", fields.string("model").orElse("")).put("stream", stream).put("_debug_render_only", fields
                .bool("_debug_render_only", false));
        ArrayNode messages = request.putArray("messages");
        if (!instructions.isEmpty()) {
            messages.addObject().put("role", "system").put("content", instructions);
        }
        fields.value("input").ifPresent(input -> ResponseInput.translate(input, messages));
        OpenAiMessages.nameResults(messages);
        JsonNode temperature = fields.number("temperature", "float64").orElse(NODES.numberNode(1.0));
        Optional<JsonNode> topP = fields.number("top_p", "float64");
        Optional<JsonNode> maxTokens = fields.number("max_output_tokens", "int");
        ObjectNode options = request.putObject("options");
        options.set("temperature", temperature);
        topP.ifPresent(value -> options.set("top_p", value));
        maxTokens.ifPresent(value -> options.set("num_predict", value));
        JsonNode reasoning = fields.object("reasoning").orElse(NODES.nullNode());
        JsonFields.of(reasoning, "ResponsesReasoning").string("effort").filter(effort -> !effort.isEmpty()).ifPresent(
                effort -> request.set("think", OpenAiRequest.think(effort)));
        JsonNode format = fields.object("text").flatMap(text -> JsonFields.of(text, "ResponsesText").object("format"))
                .orElseGet(() -> NODES.objectNode().put("type", "text"));
        switch (format.path("type").asText()) {
            case "json_schema" -> JsonFields.of(format, "ResponsesTextFormat").value("schema").ifPresent(
                    schema -> request.set("format", schema));
            case "json_object" -> request.put("format", "json");
            default -> {
                // Plain text.
            }
        }
        List<JsonNode> tools = fields.array("tools");
        Optional<ToolChoice> choice = OpenAiRequest.toolChoice(fields);
        ArrayNode functions = request.putArray("tools");
        if (choice.isPresent()) {
            tools.forEach(tool -> addFunctions(tool, "", functions));
        }
        return new ResponseRequest(JsonFields.of(request, "ChatRequest"), stream, choice.orElse(ToolChoice.AUTO),
                new Echo(instructions.isEmpty() ? null : instructions, echo(tools), fields.value("tool_choice")
                        .orElse(NODES.textNode("auto")), fields.string("truncation").orElse("disabled"), format,
                        topP
                                .orElse(NODES.numberNode(1.0)),
                        temperature, reasoning(reasoning), maxTokens.orElse(NODES.nullNode())));
    }

    /** What would change the meaning of the request if it were passed over. */
    private static void refuse(JsonFields fields) {
        for (String name : List.of("previous_response_id", "conversation")) {
            if (fields.value(name).isPresent()) {
                throw ApiException.badRequest(
                        "%s is not supported: responses are not stored; send the whole conversation as input".formatted(
                                name));
            }
        }
        if (fields.bool("background", false)) {
            throw ApiException.badRequest("background is not supported: responses are not stored; leave it out");
        }
    }

    /** Functions, alone or in a namespace. What the server would have to run itself, such as web_search, is left out. */
    private static void addFunctions(JsonNode node, String namespace, ArrayNode functions) {
        JsonFields tool = JsonFields.of(node, "ResponsesTool");
        String type = tool.string("type").orElse("");
        String name = tool.string("name").orElse("");
        if (type.equals("namespace")) {
            tool.array("tools").forEach(member -> addFunctions(member, name.isEmpty() ? namespace : name + ".",
                    functions));
        } else if (name.isEmpty() && !type.equals("function")) {
            LOGGER.info("the model is not offered the tool of type '{}': there is nobody to run it", type.length() > 80
                    ? type.substring(0, 80)
                    : type);
        } else {
            ObjectNode function = functions.addObject().put("type", "function").putObject("function");
            function.put("name", name.startsWith(namespace) ? name : namespace + name);
            tool.string("description").filter(text -> !text.isEmpty()).ifPresent(text -> function.put("description",
                    text));
            function.set("parameters", tool.object("parameters").orElseGet(NODES::objectNode));
        }
    }

    private static JsonNode echo(List<JsonNode> tools) {
        List<JsonNode> echoes = new ArrayList<>();
        for (JsonNode tool : tools) {
            ObjectNode echo = NODES.objectNode();
            for (String field : List.of("type", "name", "description", "strict", "parameters")) {
                echo.set(field, tool.path(field).isMissingNode() ? NODES.nullNode() : tool.path(field));
            }
            if (tool.has("tools")) {
                echo.set("tools", tool.path("tools"));
            }
            echoes.add(echo);
        }
        return NODES.arrayNode().addAll(echoes);
    }

    private static JsonNode reasoning(JsonNode sent) {
        if (!sent.hasNonNull("effort") && !sent.hasNonNull("summary")) {
            return NODES.nullNode();
        }
        ObjectNode reasoning = NODES.objectNode();
        reasoning.set("effort", sent.hasNonNull("effort") ? sent.get("effort") : NODES.nullNode());
        reasoning.set("summary", sent.hasNonNull("summary") ? sent.get("summary") : NODES.nullNode());
        return reasoning;
    }

    /** What the chat keeps to beside the native request. */
    ChatRules rules() {
        return new ChatRules(model -> new OpenAiResponse.Shape(ThreadLocalRandom.current().nextInt(IDS), Instant.now()
                .getEpochSecond(), model, stream, echo), choice, false);
    }
}
