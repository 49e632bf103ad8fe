package io.github.jnpu.server.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A request of OpenAI's API in the words of Ollama's own, which knows everything else. So it is in Ollama, and so errors
 * come in the same order: first those of the translation, then those of the native route.
 *
 * @param fields
 *            the native request
 * @param stream
 *            whether the answer comes in pieces
 * @param includeUsage
 *            whether a stream ends with the counts of tokens
 * @param choice
 *            whether the answer has to be a call
 */
record OpenAiRequest(JsonFields fields, boolean stream, boolean includeUsage, ToolChoice choice) {
    /** Clients compare it to see whether a server has changed; Ollama's never does. */
    static final String FINGERPRINT = "fp_ollama";

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int IDS = 999;
    private static final Set<String> EFFORTS = Set.of("low", "medium", "high", "max");

    /**
     * A request for vectors.
     *
     * @param base64
     *            whether they are written as text
     */
    record Embedding(JsonFields fields, boolean base64) {}

    /** Reads the body of {@code /v1/chat/completions}. */
    static OpenAiRequest chat(byte[] body) {
        JsonFields fields = JsonFields.ofBody(body, "ChatCompletionRequest", "EOF");
        ObjectNode request = common(fields);
        List<JsonNode> messages = fields.array("messages");
        List<JsonNode> tools = fields.array("tools");
        ObjectNode options = options(fields, false);
        fields.number("frequency_penalty", "float64").ifPresent(value -> options.set("frequency_penalty", value));
        fields.number("presence_penalty", "float64").ifPresent(value -> options.set("presence_penalty", value));
        request.set("options", options);
        format(fields).ifPresent(format -> request.set("format", format));
        request.put("logprobs", fields.bool("logprobs", false)).put("top_logprobs", fields.integer("top_logprobs", 0));
        Optional<String> effort = effort(fields);
        if (messages.isEmpty()) {
            throw ApiException.badRequest("[] is too short - 'messages'");
        }
        request.set("messages", OpenAiMessages.translated(messages));
        Optional<ToolChoice> choice = toolChoice(fields);
        // Tools that may not be called are not shown either.
        request.set("tools", choice.isPresent() ? NODES.arrayNode().addAll(tools) : NODES.arrayNode());
        effort.ifPresent(level -> request.set("think", think(level)));
        return of(request, fields, "ChatRequest", choice.orElse(ToolChoice.AUTO));
    }

    /** Reads the body of {@code /v1/completions}. */
    static OpenAiRequest completion(byte[] body) {
        JsonFields fields = JsonFields.ofBody(body, "CompletionRequest", "EOF");
        ObjectNode request = common(fields);
        request.put("prompt", fields.string("prompt").orElse("")).put("suffix", fields.string("suffix").orElse(""));
        ObjectNode options = options(fields, true);
        options.set("frequency_penalty", fields.number("frequency_penalty", "float32").orElse(NODES.numberNode(0)));
        options.set("presence_penalty", fields.number("presence_penalty", "float32").orElse(NODES.numberNode(0)));
        request.set("options", options);
        int logprobs = fields.integer("logprobs", 0);
        request.put("logprobs", logprobs > 0).put("top_logprobs", logprobs);
        return of(request, fields, "GenerateRequest", ToolChoice.AUTO);
    }

    /** Reads the body of {@code /v1/embeddings}. */
    static Embedding embedding(byte[] body) {
        JsonFields fields = JsonFields.ofBody(body, "EmbedRequest", "EOF");
        ObjectNode request = NODES.objectNode();
        request.put("model", fields.string("model").orElse(""));
        fields.number("dimensions", "int").ifPresent(value -> request.set("dimensions", value));
        String encoding = fields.string("encoding_format").orElse("");
        boolean base64 = encoding.equalsIgnoreCase("base64");
        if (!encoding.isEmpty() && !base64 && !encoding.equalsIgnoreCase("float")) {
            throw ApiException.badRequest(
                    "Invalid value for 'encoding_format' = %s. Supported values: ['float', 'base64'].".formatted(
                            encoding));
        }
        JsonNode input = fields.value("input").filter(value -> !value.isArray() || !value.isEmpty()).orElseThrow(
                () -> ApiException.badRequest("invalid input"));
        // An empty text is a text here; alone it would only load the model.
        request.set("input", input.isTextual() ? NODES.arrayNode().add(input) : input);
        return new Embedding(JsonFields.of(request, "EmbedRequest"), base64);
    }

    private static ObjectNode common(JsonFields fields) {
        ObjectNode request = NODES.objectNode();
        return request.put("model", fields.string("model").orElse("")).put("stream", fields.bool("stream", false)).put(
                "_debug_render_only", fields.bool("_debug_render_only", false));
    }

    private static OpenAiRequest of(ObjectNode request, JsonFields fields, String typeName, ToolChoice choice) {
        boolean usage = fields.object("stream_options").map(options -> JsonFields.of(options, "StreamOptions").bool(
                "include_usage", false)).orElse(false);
        return new OpenAiRequest(JsonFields.of(request, typeName), request.path("stream").booleanValue(), usage,
                choice);
    }

    /** Temperature and top_p are 1 where the request does not say, whatever the model's parameters are. */
    private static ObjectNode options(JsonFields fields, boolean strictStops) {
        ObjectNode options = NODES.objectNode();
        stops(fields, strictStops).ifPresent(stops -> options.set("stop", stops));
        // The newer name is not Ollama's. Where both are there, the one that Ollama reads counts.
        fields.number("max_tokens", "int").or(() -> fields.number("max_completion_tokens", "int")).ifPresent(
                value -> options.set("num_predict", value));
        fields.number("seed", "int").ifPresent(value -> options.set("seed", value));
        options.set("temperature", fields.number("temperature", "float64").orElse(NODES.numberNode(1)));
        // In completions, zero counts as absent.
        options.set("top_p", fields.number("top_p", "float64").filter(value -> !strictStops || value
                .doubleValue() != 0).orElse(NODES.numberNode(1)));
        return options;
    }

    /** A text or several; what is neither is passed over, but completions refuse elements of other types. */
    private static Optional<ArrayNode> stops(JsonFields fields, boolean strict) {
        return fields.value("stop").filter(value -> value.isTextual() || value.isArray()).map(value -> {
            ArrayNode stops = NODES.arrayNode();
            if (value.isTextual()) {
                return stops.add(value);
            }
            for (JsonNode element : value) {
                if (element.isTextual()) {
                    stops.add(element);
                } else if (strict) {
                    throw ApiException.badRequest("invalid type for 'stop' field: " + goType(element));
                }
            }
            return stops;
        });
    }

    private static Optional<JsonNode> format(JsonFields fields) {
        return fields.object("response_format").flatMap(node -> {
            JsonFields format = JsonFields.of(node, "ResponseFormat");
            return switch (format.string("type").orElse("").strip().toLowerCase(Locale.ROOT)) {
                case "json_object" -> Optional.of(NODES.textNode("json"));
                case "json_schema" -> format.object("json_schema").flatMap(schema -> JsonFields.of(schema,
                        "JsonSchema").value("schema"));
                default -> Optional.empty();
            };
        });
    }

    private static Optional<String> effort(JsonFields fields) {
        Optional<JsonNode> reasoning = fields.object("reasoning");
        Optional<String> plain = fields.string("reasoning_effort");
        return (reasoning.isPresent() ? JsonFields.of(reasoning.get(), "Reasoning").string("effort") : plain).filter(
                effort -> !effort.isEmpty());
    }

    /**
     * What {@code tool_choice} says: a word, or an object that names a function. Other objects leave the choice to the model.
     *
     * @return empty where no tool may be called
     */
    static Optional<ToolChoice> toolChoice(JsonFields fields) {
        JsonNode choice = fields.value("tool_choice").orElse(NODES.textNode("auto"));
        String named = choice.path("name").asText(choice.path("function").path("name").asText());
        return switch (choice.asText()) {
            case "none" -> Optional.empty();
            case "required" -> Optional.of(ToolChoice.ANY);
            default -> Optional.of(choice.path("type").asText().equals("function") && !named.isEmpty()
                    ? ToolChoice.of(named)
                    : ToolChoice.AUTO);
        };
    }

    static JsonNode think(String effort) {
        return switch (effort) {
            case "none" -> NODES.booleanNode(false);
            case "minimal" -> NODES.textNode("low");
            case "xhigh", "ultra" -> NODES.textNode("max");
            case String level when EFFORTS.contains(level) -> NODES.textNode(level);
            default -> throw ApiException.badRequest(
                    "invalid reasoning value: '%s' (must be \"high\", \"medium\", \"low\", \"max\", or \"none\")"
                            .formatted(effort));
        };
    }

    /** What Go calls the type of a decoded value. */
    static String goType(JsonNode value) {
        return switch (value.getNodeType()) {
            case NULL, MISSING -> "<nil>";
            case BOOLEAN -> "bool";
            case NUMBER -> "float64";
            case OBJECT -> "map[string]interface {}";
            case ARRAY -> "[]interface {}";
            default -> "string";
        };
    }

    /** What the chat keeps to beside the native request. */
    ChatRules rules() {
        return new ChatRules(model -> new ChatCompletion.Shape(id("chatcmpl-"), now(), model, stream, includeUsage),
                choice, false);
    }

    /** How a model with this name completes the text. */
    AnswerShape completionShape(String model) {
        return new TextCompletion.Shape(id("cmpl-"), now(), model, stream, includeUsage);
    }

    private static String id(String prefix) {
        return prefix + ThreadLocalRandom.current().nextInt(IDS);
    }

    private static long now() {
        return Instant.now().getEpochSecond();
    }
}
