package io.github.jnpu.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes rules of a JSON Schema (draft 2020-12). The texts are a subset of the values that match: properties come in the schema's
 * order, and where {@code additionalProperties} is absent beside {@code properties} there are no others. What would let a text
 * through that does not match is refused by name. One use compiles one schema.
 */
final class JsonSchemaCompiler {
    private static final int MAX_RULES = 50_000;
    /** Keywords that restrict a value in a way that no rule here holds. */
    private static final Set<String> REFUSED = Set.of("not", "if", "then", "else", "contains", "minContains",
            "maxContains", "patternProperties", "dependentRequired", "dependentSchemas", "dependencies",
            "unevaluatedItems", "$dynamicRef", "$recursiveRef", "additionalItems");
    private static final Map<String, Set<String>> KEYWORDS_OF_TYPES = Map.of(
            "object", Set.of("properties", "required", "additionalProperties", "minProperties", "maxProperties",
                    "propertyNames", "unevaluatedProperties"),
            "array", Set.of("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
            "string", Set.of("minLength", "maxLength", SchemaMerger.PATTERNS, SchemaMerger.FORMATS),
            "number", Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"));
    private static final List<String> TYPES = List.of("object", "array", "string", "number", "integer", "boolean",
            "null");

    private final Map<String, Expression> rules = new LinkedHashMap<>();
    private final Map<JsonNode, String> names = new HashMap<>();
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private final SchemaMerger merger;
    private final SchemaOverlap overlap;
    private final ScalarSchemas scalars = new ScalarSchemas(this);
    private final ContainerSchemas containers = new ContainerSchemas(this);

    private record Waiting(String rule, JsonNode schema, String pointer) {}

    private JsonSchemaCompiler(JsonNode schema) {
        merger = new SchemaMerger(schema);
        overlap = new SchemaOverlap(merger);
    }

    static Map<String, Expression> compile(JsonNode schema) {
        JsonSchemaCompiler compiler = new JsonSchemaCompiler(schema);
        JsonText.addTo(compiler.rules);
        compiler.rules.put(Rules.ROOT, compiler.reference(schema, "#"));
        while (!compiler.waiting.isEmpty()) {
            Waiting next = compiler.waiting.remove();
            compiler.rules.put(next.rule, compiler.expression(next.schema, next.pointer));
        }
        return compiler.rules;
    }

    /** The rule of a schema; equal schemas share one. */
    Expression reference(JsonNode schema, String pointer) {
        String name = names.get(schema);
        if (name == null) {
            name = "schema-" + names.size();
            names.put(schema, name);
            waiting.add(new Waiting(name, schema, pointer));
            if (names.size() > MAX_RULES) {
                throw new GrammarException(
                        "schema %s: it comes to more than %d schemas; a recursive $ref beside other keywords may never end"
                                .formatted(pointer, MAX_RULES),
                        "$ref", pointer);
            }
        }
        return Expression.reference(name);
    }

    Map<String, Expression> rules() {
        return rules;
    }

    private Expression expression(JsonNode schema, String pointer) {
        JsonNode flat = merger.flatten(schema, pointer);
        if (flat.isBoolean()) {
            return Expression.NOTHING;
        }
        ObjectNode object = (ObjectNode) flat;
        for (String keyword : REFUSED) {
            if (object.has(keyword)) {
                throw unsupported(pointer, keyword, "it cannot be held while a text is written");
            }
        }
        for (String keyword : List.of("anyOf", "oneOf")) {
            if (object.has(keyword)) {
                return alternatives(object, keyword, pointer);
            }
        }
        if (object.has("enum")) {
            return scalars.values(object, types(object, pointer), pointer);
        }
        if (object.isEmpty()) {
            return Expression.reference(JsonText.VALUE);
        }
        List<Expression> expressions = new ArrayList<>();
        List<String> types = types(object, pointer);
        for (String type : types) {
            expressions.add(switch (type) {
                case "object" -> containers.object(object, pointer);
                case "array" -> containers.array(object, pointer);
                case "string" -> scalars.string(object, pointer);
                // Whole numbers are among the numbers.
                case "integer" -> types.contains("number") ? Expression.NOTHING : scalars.number(object, true, pointer);
                case "number" -> scalars.number(object, false, pointer);
                case "boolean" -> JsonText.BOOLEAN;
                default -> JsonText.NULL;
            });
        }
        return Expression.choice(expressions);
    }

    private Expression alternatives(ObjectNode object, String keyword, String pointer) {
        ObjectNode rest = object.deepCopy();
        rest.remove(keyword);
        String at = pointer + "/" + keyword;
        List<JsonNode> parts = new ArrayList<>();
        SchemaMerger.requireArray(object, keyword, pointer).forEach(part -> parts.add(rest.isEmpty()
                ? part
                : SchemaMerger.allOf(restored(rest), part)));
        if (keyword.equals("oneOf")) {
            overlap.requireApart(parts, at);
        }
        List<Expression> expressions = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            expressions.add(reference(parts.get(i), at + "/" + i));
        }
        return Expression.choice(expressions);
    }

    /** A flattened schema as a schema that can be flattened again. */
    private static ObjectNode restored(ObjectNode flat) {
        ObjectNode schema = flat.deepCopy();
        JsonNode patterns = schema.remove(SchemaMerger.PATTERNS);
        JsonNode formats = schema.remove(SchemaMerger.FORMATS);
        ObjectNode result = schema;
        if (patterns != null) {
            for (JsonNode pattern : patterns) {
                result = SchemaMerger.allOf(result, schema.objectNode().set("pattern", pattern));
            }
        }
        if (formats != null) {
            for (JsonNode format : formats) {
                result = SchemaMerger.allOf(result, schema.objectNode().set("format", format));
            }
        }
        return result;
    }

    /** The types that a schema names; those of its keywords where it names none. */
    static List<String> types(ObjectNode object, String pointer) {
        JsonNode type = object.get("type");
        if (type != null) {
            List<String> types = SchemaMerger.types(type).stream().distinct().toList();
            for (String one : types) {
                if (!TYPES.contains(one)) {
                    throw new GrammarException("schema %s/type: '%s' is no type of JSON Schema".formatted(pointer, one),
                            "type", pointer + "/type");
                }
            }
            return types;
        }
        List<String> types = new ArrayList<>();
        for (String one : TYPES) {
            if (KEYWORDS_OF_TYPES.getOrDefault(one, Set.of()).stream().anyMatch(object::has)) {
                types.add(one);
            }
        }
        return types.isEmpty() ? TYPES : types;
    }

    static GrammarException unsupported(String pointer, String keyword, String why) {
        return new GrammarException("schema %s/%s: '%s' is not supported: %s".formatted(pointer, keyword, keyword, why),
                keyword, pointer + "/" + keyword);
    }

    /**
     * A whole number that is not negative.
     *
     * @param absent
     *            what counts where the keyword is absent
     */
    static int size(ObjectNode object, String keyword, int absent, String pointer) {
        JsonNode value = object.get(keyword);
        if (value == null) {
            return absent;
        }
        if (!value.isNumber() || value.doubleValue() < 0 || value.doubleValue() != Math.rint(value.doubleValue())) {
            throw new GrammarException("schema %s/%s: must be a whole number, not negative".formatted(pointer, keyword),
                    keyword, pointer + "/" + keyword);
        }
        return (int) Math.min(value.doubleValue(), Expression.UNBOUNDED);
    }
}
