package io.github.jnpu.server.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The messages of a chat in OpenAI's form as messages in Ollama's. */
final class OpenAiMessages {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final List<String> IMAGE_PREFIXES = List.of("data:;base64,", "data:image/jpeg;base64,",
            "data:image/jpg;base64,", "data:image/png;base64,", "data:image/webp;base64,");
    private static final String INVALID = "invalid message format";

    /** A call of an earlier answer. */
    private record Call(String id, String name, String arguments) {}

    /** A message before its content is looked at. */
    private record Message(String role, Optional<JsonNode> content, String reasoning, List<Call> calls,
            boolean hasCalls, String name, String callId) {
        static Message of(JsonNode node) {
            JsonFields fields = JsonFields.of(node, "Message");
            List<Call> calls = new ArrayList<>();
            for (JsonNode element : fields.array("tool_calls")) {
                JsonFields call = JsonFields.of(element, "ToolCall");
                Optional<JsonFields> function = call.object("function").map(object -> JsonFields.of(object,
                        "ToolCallFunction"));
                calls.add(new Call(call.string("id").orElse(""), function.flatMap(fieldsOf -> fieldsOf.string("name"))
                        .orElse(""), function.flatMap(fieldsOf -> fieldsOf.string("arguments")).orElse("")));
            }
            return new Message(fields.string("role").orElse(""), fields.value("content"), fields.string("reasoning")
                    .orElse(""), calls, fields.value("tool_calls").isPresent(), fields.string("name").orElse(""),
                    fields.string("tool_call_id").orElse(""));
        }

        boolean isToolResult() {
            return role.equalsIgnoreCase("tool");
        }
    }

    private OpenAiMessages() {}

    /**
     * Translates all.
     *
     * @throws ApiException
     *             400 for content that is neither text nor known parts
     */
    static ArrayNode translated(List<JsonNode> nodes) {
        List<Message> messages = nodes.stream().map(Message::of).toList();
        // A result names its call by the id only; templates want the tool. Where ids come twice, the last one counts.
        Map<String, String> tools = new HashMap<>();
        messages.forEach(message -> message.calls().forEach(call -> tools.put(call.id(), call.name())));
        ArrayNode translated = NODES.arrayNode();
        for (Message message : messages) {
            add(translated, message, tools);
        }
        return translated;
    }

    private static void add(ArrayNode translated, Message message, Map<String, String> tools) {
        JsonNode content = message.content().orElse(NODES.nullNode());
        if (content.isTextual()) {
            finish(start(translated, message, tools).put("content", content.textValue()), message);
            return;
        }
        if (!content.isArray()) {
            if (!message.hasCalls()) {
                throw ApiException.badRequest("invalid message content type: " + OpenAiRequest.goType(content));
            }
            finish(start(translated, message, tools), message);
            return;
        }
        // Each part is a message; what belongs to the whole stands at the last one.
        ObjectNode last = null;
        for (JsonNode element : content) {
            if (!element.isObject()) {
                throw ApiException.badRequest(INVALID);
            }
            last = start(translated, message, tools);
            part(last, element);
        }
        if (last == null && message.hasCalls()) {
            last = start(translated, message, tools);
        }
        if (last != null) {
            finish(last, message);
        }
    }

    /** OpenAI's newer name for the system is one that templates do not know; they would leave the message out. */
    static String role(String role) {
        return role.equalsIgnoreCase("developer") ? "system" : role;
    }

    /**
     * Gives the results of tools, in Ollama's form, the names of the tools: they have the id of the call only, and templates want
     * the name. Where ids come twice, the last call before the result counts.
     */
    static void nameResults(ArrayNode messages) {
        Map<String, String> names = new HashMap<>();
        for (JsonNode message : messages) {
            message.path("tool_calls").forEach(call -> names.put(call.path("id").asText(), call.path("function").path(
                    "name").asText()));
            String name = names.getOrDefault(message.path("tool_call_id").asText(), "");
            if (!name.isEmpty() && message instanceof ObjectNode result && !message.has("tool_name")) {
                result.put("tool_name", name);
            }
        }
    }

    private static ObjectNode start(ArrayNode translated, Message message, Map<String, String> tools) {
        ObjectNode started = translated.addObject().put("role", role(message.role()));
        if (message.isToolResult()) {
            String tool = message.name().isEmpty() ? tools.getOrDefault(message.callId(), "") : message.name();
            if (!tool.isEmpty()) {
                started.put("tool_name", tool);
            }
            if (!message.callId().isEmpty()) {
                started.put("tool_call_id", message.callId());
            }
        }
        return started;
    }

    private static void finish(ObjectNode translated, Message message) {
        if (!message.reasoning().isEmpty()) {
            translated.put("thinking", message.reasoning());
        }
        if (message.hasCalls()) {
            ArrayNode calls = translated.putArray("tool_calls");
            for (Call call : message.calls()) {
                ObjectNode added = calls.addObject();
                if (!call.id().isEmpty()) {
                    added.put("id", call.id());
                }
                added.putObject("function").put("name", call.name()).set("arguments", arguments(call.arguments()));
            }
        }
    }

    private static JsonNode arguments(String text) {
        try {
            JsonNode arguments = WireJson.MAPPER.readTree(text);
            if (arguments.isObject() || arguments.isNull()) {
                return arguments;
            }
        } catch (JsonProcessingException e) {
            // Said below.
        }
        throw ApiException.badRequest("invalid tool call arguments");
    }

    private static void part(ObjectNode message, JsonNode part) {
        switch (part.path("type").asText()) {
            case "text" -> message.put("content", text(part.path("text")));
            case "image_url" -> {
                JsonNode image = part.path("image_url");
                message.putArray("images").add(imageData(text(image.isObject() ? image.path("url") : image)));
            }
            // Ollama hands sounds to the model as it does images.
            case "input_audio" -> message.putArray("images").add(text(part.path("input_audio").path("data")));
            default -> throw ApiException.badRequest(INVALID);
        }
    }

    private static String text(JsonNode value) {
        if (!value.isTextual()) {
            throw ApiException.badRequest(INVALID);
        }
        return value.textValue();
    }

    static String imageData(String url) {
        if (url.startsWith("http://") || url.startsWith("https://")) {
            throw ApiException.badRequest(
                    "image URLs are not currently supported, please use base64 encoded data instead");
        }
        return IMAGE_PREFIXES.stream().filter(url::startsWith).map(prefix -> url.substring(prefix.length()))
                .findFirst().orElseThrow(() -> ApiException.badRequest("invalid image input"));
    }
}
