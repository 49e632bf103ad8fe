package io.github.jnpu.server.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A JSON object read as Go's decoder reads it: keys match in any case, unknown ones are passed over, {@code null} counts
 * as absent, and a value of the wrong type is the client's error.
 */
final class JsonFields {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String typeName;
    private final Map<String, JsonNode> fields = new HashMap<>();

    private JsonFields(JsonNode object, String typeName) {
        this.typeName = typeName;
        object.properties().forEach(entry -> fields.put(entry.getKey().toLowerCase(Locale.ROOT), entry.getValue()));
    }

    /**
     * The first JSON value of a request body; what follows it is ignored.
     *
     * @param typeName
     *            how errors call the object
     */
    static JsonFields ofBody(byte[] body, String typeName) {
        return ofBody(body, typeName, "missing request body");
    }

    /**
     * As {@link #ofBody(byte[], String)}.
     *
     * @param missing
     *            the error for a body without a value
     */
    static JsonFields ofBody(byte[] body, String typeName, String missing) {
        JsonNode root;
        try (JsonParser parser = JSON.createParser(body)) {
            root = JSON.readTree(parser);
        } catch (JsonEOFException e) {
            throw ApiException.badRequest("unexpected EOF");
        } catch (JsonProcessingException e) {
            throw ApiException.badRequest("invalid JSON: " + e.getOriginalMessage().lines().findFirst().orElse("?"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (root == null) {
            throw ApiException.badRequest(missing);
        }
        return of(root, typeName);
    }

    static JsonFields of(JsonNode value, String typeName) {
        if (!value.isObject() && !value.isNull()) {
            throw ApiException
                    .badRequest("json: cannot unmarshal %s into Go value of type api.%s".formatted(type(value),
                            typeName));
        }
        return new JsonFields(value, typeName);
    }

    /** The value of a key; empty where it is absent or {@code null}. */
    Optional<JsonNode> value(String key) {
        return Optional.ofNullable(fields.get(key)).filter(node -> !node.isNull());
    }

    Optional<String> string(String key) {
        return value(key).map(node -> {
            if (!node.isTextual()) {
                throw mismatch(key, node, "string");
            }
            return node.textValue();
        });
    }

    boolean bool(String key, boolean absent) {
        return value(key).map(node -> {
            if (!node.isBoolean()) {
                throw mismatch(key, node, "bool");
            }
            return node.booleanValue();
        }).orElse(absent);
    }

    int integer(String key, int absent) {
        return value(key).map(node -> {
            if (!node.isInt()) {
                throw mismatch(key, node, "int");
            }
            return node.intValue();
        }).orElse(absent);
    }

    /**
     * A number as it stands.
     *
     * @param type
     *            {@code int}, which takes whole numbers only, or another name for errors
     */
    Optional<JsonNode> number(String key, String type) {
        return value(key).map(node -> {
            if (!node.isNumber() || type.equals("int") && !node.isIntegralNumber()) {
                throw mismatch(key, node, type);
            }
            return node;
        });
    }

    List<JsonNode> array(String key) {
        return value(key).map(node -> {
            if (!node.isArray()) {
                throw mismatch(key, node, "[]");
            }
            List<JsonNode> elements = new ArrayList<>();
            node.forEach(elements::add);
            return elements;
        }).orElse(List.of());
    }

    Optional<JsonNode> object(String key) {
        return value(key).map(node -> {
            if (!node.isObject()) {
                throw mismatch(key, node, "map[string]interface {}");
            }
            return node;
        });
    }

    private ApiException mismatch(String key, JsonNode found, String wanted) {
        return ApiException.badRequest("json: cannot unmarshal %s into Go struct field %s.%s of type %s".formatted(type(
                found), typeName, key, wanted));
    }

    private static String type(JsonNode node) {
        return switch (node.getNodeType()) {
            case BOOLEAN -> "bool";
            default -> node.getNodeType().name().toLowerCase(Locale.ROOT);
        };
    }
}
