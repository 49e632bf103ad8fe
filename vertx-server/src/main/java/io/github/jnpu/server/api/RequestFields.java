package io.github.jnpu.server.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.engine.chat.Thinking;
import io.github.jnpu.engine.grammar.Grammar;
import io.github.jnpu.engine.grammar.GrammarException;
import io.github.jnpu.server.model.GoDuration;

import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/** The fields that generate and chat have in common, checked in the order in which Ollama's decoder meets them. */
record RequestFields(String model, boolean stream, Optional<JsonNode> format, Optional<Duration> keepAlive,
        Optional<JsonNode> options, Optional<Thinking> think, boolean truncate, boolean shift, boolean logprobs,
        int topLogprobs,
        boolean debugRenderOnly) {
    static RequestFields of(JsonFields fields) {
        return new RequestFields(fields.string("model").orElse(""), fields.bool("stream", true), fields.value("format"),
                keepAlive(fields.value("keep_alive")), fields.object("options"), think(fields.value("think")),
                fields.bool("truncate", true), fields.bool("shift", true), fields.bool("logprobs", false),
                fields.integer("top_logprobs", 0),
                fields.bool("_debug_render_only", false));
    }

    /** How many of the likeliest tokens are told in each place; empty where no probabilities are wanted. */
    OptionalInt probabilities() {
        return logprobs ? OptionalInt.of(topLogprobs) : OptionalInt.empty();
    }

    /** The same without a word on thinking. */
    RequestFields withoutThink() {
        return new RequestFields(model, stream, format, keepAlive, options, Optional.empty(), truncate, shift, logprobs,
                topLogprobs, debugRenderOnly);
    }

    private static Optional<Duration> keepAlive(Optional<JsonNode> value) {
        return value.map(node -> {
            if (node.isNumber()) {
                return GoDuration.keepAlive(node.asDouble());
            }
            if (!node.isTextual()) {
                throw ApiException.badRequest("Unsupported type: '%s'".formatted(node.isBoolean()
                        ? "bool"
                        : node
                                .getNodeType().name().toLowerCase(Locale.ROOT)));
            }
            try {
                return GoDuration.keepAlive(GoDuration.parse(node.textValue()));
            } catch (IllegalArgumentException e) {
                throw ApiException.badRequest(e.getMessage());
            }
        });
    }

    private static Optional<Thinking> think(Optional<JsonNode> value) {
        return value.map(node -> {
            if (node.isBoolean()) {
                return Thinking.of(node.booleanValue());
            }
            String allowed = "\"high\", \"medium\", \"low\", \"max\", true, or false";
            if (!node.isTextual()) {
                throw ApiException.badRequest("think must be a boolean or string (%s)".formatted(allowed));
            }
            return Thinking.ofLevel(node.textValue()).orElseThrow(() -> ApiException.badRequest(
                    "invalid think value: \"%s\" (must be %s)".formatted(node.textValue(), allowed)));
        });
    }

    /** Checks images for the errors of the decoder; none can be used. */
    static boolean hasImages(List<JsonNode> images) {
        for (JsonNode image : images) {
            if (!image.isTextual()) {
                throw ApiException.badRequest("json: cannot unmarshal %s into Go value of type []uint8".formatted(image
                        .getNodeType().name().toLowerCase(Locale.ROOT)));
            }
            requireBase64(image.textValue());
        }
        return !images.isEmpty();
    }

    private static void requireBase64(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean digit = c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+'
                    || c == '/';
            if (!digit && !(c == '=' && i >= text.length() - 2)) {
                throw ApiException.badRequest("illegal base64 data at input byte " + i);
            }
        }
        try {
            Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("illegal base64 data at input byte " + text.length());
        }
    }

    /**
     * What the answer is held to: an object for {@code "json"}, else the schema. An empty format is none; a wrong one is Ollama's
     * 500.
     *
     * @throws GrammarException
     *             if the schema cannot be held
     */
    Optional<Grammar> grammar() {
        if (format.isEmpty() || format.get().isTextual() && format.get().textValue().isEmpty()) {
            return Optional.empty();
        }
        JsonNode value = format.get();
        if (value.isObject()) {
            return Optional.of(Grammar.ofJsonSchema(value));
        }
        if (!value.isTextual() || !value.textValue().equals("json")) {
            throw new ApiException(500,
                    "invalid format: %s; expected \"json\" or a valid JSON Schema object".formatted(quote(value
                            .toString())));
        }
        return Optional.of(Grammar.jsonObject());
    }

    private static String quote(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
