package io.github.jnpu.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Joins schemas that must hold together: {@code $ref} with what stands beside it, {@code allOf}. Only one level is joined; what
 * lies deeper becomes an {@code allOf} of its own and is joined when it is met, so recursive schemas come to an end.
 */
final class SchemaMerger {
    private static final int MAX_DEPTH = 64;
    private static final int MAX_PRODUCT = 1000;
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    /** In joined schemas: all values of {@code pattern} and of {@code format}. */
    static final String PATTERNS = "\u0000patterns";
    static final String FORMATS = "\u0000formats";
    /** Keywords that say nothing about a value. */
    static final Set<String> ANNOTATIONS = Set.of("title", "description", "default", "examples", "example", "$schema",
            "$id", "$defs", "definitions", "$comment", "$anchor", "deprecated", "readOnly", "writeOnly",
            "contentEncoding", "contentMediaType", "discriminator", "strict", "nullable");

    private final JsonNode root;

    SchemaMerger(JsonNode root) {
        this.root = root;
    }

    /** A schema as an object without {@code $ref} and {@code allOf}; {@code false} where nothing can match. */
    JsonNode flatten(JsonNode schema, String pointer) {
        return flatten(schema, pointer, 0);
    }

    private JsonNode flatten(JsonNode schema, String pointer, int depth) {
        if (depth > MAX_DEPTH) {
            throw new GrammarException(
                    "schema %s: $ref and allOf lead through more than %d schemas, or in a circle".formatted(pointer,
                            MAX_DEPTH),
                    "$ref", pointer);
        }
        if (schema.isBoolean()) {
            return schema.booleanValue() ? JSON.objectNode() : schema;
        }
        if (!schema.isObject()) {
            throw new GrammarException("schema %s: a schema is an object, true or false".formatted(pointer), "",
                    pointer);
        }
        ObjectNode own = JSON.objectNode();
        schema.properties().forEach(entry -> {
            String key = entry.getKey();
            if (key.equals("pattern")) {
                own.putArray(PATTERNS).add(entry.getValue());
            } else if (key.equals("format")) {
                own.putArray(FORMATS).add(entry.getValue());
            } else if (key.equals("const")) {
                if (schema.has("enum") && !contains(schema.get("enum"), entry.getValue())) {
                    own.putArray("enum");
                } else {
                    own.putArray("enum").add(entry.getValue());
                }
            } else if (!key.equals("$ref") && !key.equals("allOf") && !ANNOTATIONS.contains(key)
                    && !(key.equals("enum") && schema.has("const"))) {
                own.set(key, entry.getValue());
            }
        });
        JsonNode joined = own;
        if (schema.has("$ref")) {
            JsonNode target = resolve(schema.get("$ref"), pointer);
            joined = merge(joined, flatten(target, pointer + "/$ref", depth + 1), pointer);
        }
        if (schema.has("allOf")) {
            int i = 0;
            for (JsonNode part : requireArray(schema, "allOf", pointer)) {
                String at = pointer + "/allOf/" + i++;
                joined = merge(joined, flatten(part, at, depth + 1), at);
            }
        }
        return joined;
    }

    static JsonNode requireArray(JsonNode schema, String keyword, String pointer) {
        JsonNode array = schema.get(keyword);
        if (!array.isArray()) {
            throw new GrammarException("schema %s/%s: must be an array".formatted(pointer, keyword), keyword, pointer
                    + "/" + keyword);
        }
        return array;
    }

    private JsonNode resolve(JsonNode reference, String pointer) {
        String at = pointer + "/$ref";
        String text = reference.isTextual() ? reference.textValue() : "";
        if (text.equals("#")) {
            return root;
        }
        if (text.startsWith("#/")) {
            JsonNode target = root.at(decoded(text.substring(1)));
            if (!target.isMissingNode()) {
                return target;
            }
        } else if (text.startsWith("#") && text.length() > 1) {
            for (JsonNode holder : root.findParents("$anchor")) {
                if (holder.get("$anchor").asText().equals(text.substring(1))) {
                    return holder;
                }
            }
        } else {
            throw new GrammarException(
                    "schema %s: $ref '%s' is not supported: only references within the schema (#...) are".formatted(at,
                            text),
                    "$ref", at);
        }
        throw new GrammarException("schema %s: $ref '%s' leads nowhere".formatted(at, text), "$ref", at);
    }

    /** A fragment may spell characters as {@code %XX}. */
    private static String decoded(String fragment) {
        try {
            return URLDecoder.decode(fragment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            // A percent sign that encodes nothing stands for itself.
            return fragment;
        }
    }

    private JsonNode merge(JsonNode a, JsonNode b, String pointer) {
        if (a.isBoolean() || b.isBoolean()) {
            return BooleanNode.FALSE;
        }
        if (a.isEmpty()) {
            return b;
        }
        if (b.isEmpty()) {
            return a;
        }
        ObjectNode joined = ((ObjectNode) a).objectNode();
        joined.setAll((ObjectNode) a);
        for (Map.Entry<String, JsonNode> entry : b.properties()) {
            String key = entry.getKey();
            JsonNode theirs = entry.getValue();
            JsonNode ours = a.get(key);
            if (key.equals("properties") || key.equals("additionalProperties")) {
                continue;
            }
            joined.set(key, ours == null || ours.equals(theirs) ? theirs : both(key, ours, theirs, pointer));
        }
        mergeProperties((ObjectNode) a, (ObjectNode) b, joined);
        return joined;
    }

    private static JsonNode both(String key, JsonNode ours, JsonNode theirs, String pointer) {
        return switch (key) {
            case "type" -> commonTypes(ours, theirs);
            case "enum" -> {
                ArrayNode common = JSON.arrayNode();
                ours.forEach(value -> {
                    if (contains(theirs, value)) {
                        common.add(value);
                    }
                });
                yield common;
            }
            case "minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties" -> ours.decimalValue()
                    .compareTo(theirs.decimalValue()) >= 0 ? ours : theirs;
            case "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties" -> ours.decimalValue()
                    .compareTo(theirs.decimalValue()) <= 0 ? ours : theirs;
            case "required", PATTERNS, FORMATS -> {
                Set<JsonNode> all = new LinkedHashSet<>();
                ours.forEach(all::add);
                theirs.forEach(all::add);
                yield JSON.arrayNode().addAll(all);
            }
            case "anyOf" -> {
                if (ours.size() * theirs.size() > MAX_PRODUCT) {
                    throw new GrammarException(
                            "schema %s: 'anyOf' and 'anyOf' together have more than %d alternatives".formatted(pointer,
                                    MAX_PRODUCT),
                            key, pointer);
                }
                ArrayNode product = JSON.arrayNode();
                ours.forEach(one -> theirs.forEach(two -> product.add(allOf(one, two))));
                yield product;
            }
            case "items", "propertyNames" -> allOf(ours, theirs);
            default -> throw new GrammarException(
                    "schema %s: two different values of '%s' that must hold together are not supported".formatted(
                            pointer, key),
                    key, pointer);
        };
    }

    static ObjectNode allOf(JsonNode one, JsonNode two) {
        ObjectNode schema = JSON.objectNode();
        schema.putArray("allOf").add(one).add(two);
        return schema;
    }

    private static JsonNode commonTypes(JsonNode ours, JsonNode theirs) {
        ArrayNode common = JSON.arrayNode();
        for (String one : types(ours)) {
            for (String two : types(theirs)) {
                if (one.equals(two)) {
                    common.add(one);
                } else if (Set.of(one, two).equals(Set.of("integer", "number"))) {
                    common.add("integer");
                }
            }
        }
        return common;
    }

    static List<String> types(JsonNode type) {
        List<String> types = new ArrayList<>();
        if (type.isArray()) {
            type.forEach(one -> types.add(one.asText()));
        } else {
            types.add(type.asText());
        }
        return types;
    }

    /** Equal as JSON values: 1 and 1.0 are. */
    static boolean contains(JsonNode values, JsonNode value) {
        for (JsonNode one : values) {
            if (same(one, value)) {
                return true;
            }
        }
        return false;
    }

    static boolean same(JsonNode one, JsonNode two) {
        return one.equals((a, b) -> a.isNumber() && b.isNumber()
                ? a.decimalValue().compareTo(b.decimalValue())
                : a.equals(b) ? 0 : 1, two);
    }

    private static void mergeProperties(ObjectNode a, ObjectNode b, ObjectNode joined) {
        Set<String> names = new LinkedHashSet<>();
        for (ObjectNode one : List.of(a, b)) {
            if (one.has("properties")) {
                one.get("properties").properties().forEach(entry -> names.add(entry.getKey()));
            }
        }
        if (!names.isEmpty()) {
            ObjectNode properties = joined.putObject("properties");
            for (String name : names) {
                JsonNode ours = constraint(a, name);
                JsonNode theirs = constraint(b, name);
                properties.set(name, ours == null
                        ? theirs
                        : theirs == null || ours.equals(theirs) ? ours : allOf(ours, theirs));
            }
        }
        JsonNode ours = a.get("additionalProperties");
        JsonNode theirs = b.get("additionalProperties");
        if (ours != null || theirs != null) {
            joined.set("additionalProperties", ours == null
                    ? theirs
                    : theirs == null || ours.equals(theirs) ? ours : allOf(ours, theirs));
        }
    }

    /** What a flattened schema says about a property; null for nothing. */
    static JsonNode constraint(JsonNode schema, String property) {
        JsonNode properties = schema.get("properties");
        return properties != null && properties.has(property)
                ? properties.get(property)
                : schema.get("additionalProperties");
    }
}
