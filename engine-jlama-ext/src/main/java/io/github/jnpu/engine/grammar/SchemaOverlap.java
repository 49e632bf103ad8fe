package io.github.jnpu.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Whether a text written for one alternative of a {@code oneOf} may match another one as well, which {@code oneOf} forbids.
 * Answers no only where that is sure.
 */
final class SchemaOverlap {
    private static final int MAX_DEPTH = 8;
    private static final List<String> ALL_TYPES = List.of("object", "array", "string", "number", "boolean", "null");

    private final SchemaMerger merger;

    SchemaOverlap(SchemaMerger merger) {
        this.merger = merger;
    }

    void requireApart(List<JsonNode> alternatives, String pointer) {
        List<JsonNode> flat = new ArrayList<>();
        for (int i = 0; i < alternatives.size(); i++) {
            flat.add(merger.flatten(alternatives.get(i), pointer + "/" + i));
        }
        for (int i = 0; i < flat.size(); i++) {
            for (int j = 0; j < flat.size(); j++) {
                if (i != j && mayMatch(flat.get(i), flat.get(j), 0)) {
                    throw new GrammarException(
                            "schema %s: 'oneOf' is supported only where a value can match no more than one alternative, and %d and %d may both match; use anyOf"
                                    .formatted(pointer, Math.min(i, j), Math.max(i, j)),
                            "oneOf", pointer);
                }
            }
        }
    }

    /** Whether some text written for {@code written} may match {@code other}. */
    private boolean mayMatch(JsonNode written, JsonNode other, int depth) {
        if (written.isBoolean() || other.isBoolean()) {
            return false;
        }
        if (depth > MAX_DEPTH) {
            return true;
        }
        for (String keyword : List.of("anyOf", "oneOf")) {
            if (written.has(keyword)) {
                return alternatives(written, keyword).stream().anyMatch(one -> mayMatch(one, other, depth + 1));
            }
        }
        if (written.has("enum")) {
            for (JsonNode value : written.get("enum")) {
                if (types(written).stream().anyMatch(type -> ScalarSchemas.isOf(value, type)) && valueMayMatch(value,
                        other)) {
                    return true;
                }
            }
            return false;
        }
        Set<String> common = new LinkedHashSet<>(JsonSchemaCompiler.types((ObjectNode) written, "#"));
        Set<String> others = types(other);
        // A number that is written may happen to be whole.
        if (common.contains("number") && others.contains("integer") || common.contains("integer") && others.contains(
                "number")) {
            common.add("number");
            others.add("number");
        }
        common.retainAll(others);
        for (String type : common) {
            boolean apart = switch (type) {
                case "object" -> objectsApart(written, other, depth);
                case "number", "integer" -> numbersApart(written, other) || enumLacks(other, type);
                default -> enumLacks(other, type);
            };
            if (!apart) {
                return true;
            }
        }
        return false;
    }

    /** Texts are written for one alternative each. */
    private List<JsonNode> alternatives(JsonNode schema, String keyword) {
        ObjectNode rest = schema.deepCopy();
        rest.remove(keyword);
        List<JsonNode> alternatives = new ArrayList<>();
        schema.get(keyword).forEach(part -> alternatives.add(flat(SchemaMerger.allOf(rest, part))));
        return alternatives;
    }

    private static boolean valueMayMatch(JsonNode value, JsonNode other) {
        if (other.has("enum")) {
            return SchemaMerger.contains(other.get("enum"), value);
        }
        return types(other).stream().anyMatch(type -> ScalarSchemas.isOf(value, type));
    }

    private static boolean enumLacks(JsonNode schema, String type) {
        if (!schema.has("enum")) {
            return false;
        }
        for (JsonNode value : schema.get("enum")) {
            if (ScalarSchemas.isOf(value, type)) {
                return false;
            }
        }
        return true;
    }

    private static Set<String> types(JsonNode schema) {
        return new LinkedHashSet<>(schema.has("type") ? SchemaMerger.types(schema.get("type")) : ALL_TYPES);
    }

    private static boolean numbersApart(JsonNode one, JsonNode two) {
        return below(one, two) || below(two, one);
    }

    private static boolean below(JsonNode lower, JsonNode upper) {
        for (String high : List.of("maximum", "exclusiveMaximum")) {
            for (String low : List.of("minimum", "exclusiveMinimum")) {
                if (lower.has(high) && upper.has(low)) {
                    BigDecimal most = lower.get(high).decimalValue();
                    int order = most.compareTo(upper.get(low).decimalValue());
                    if (order < 0 || order == 0 && (high.startsWith("e") || low.startsWith("e"))) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private boolean objectsApart(JsonNode written, JsonNode other, int depth) {
        if (enumLacks(other, "object")) {
            return true;
        }
        for (String name : required(written)) {
            JsonNode ours = SchemaMerger.constraint(written, name);
            JsonNode theirs = SchemaMerger.constraint(other, name);
            if (theirs != null && !mayMatch(flat(ours), flat(theirs), depth + 1)) {
                return true;
            }
        }
        for (String name : required(other)) {
            if (!mayWrite(written, name)) {
                return true;
            }
            // If it is written at all, it must match both.
            JsonNode ours = SchemaMerger.constraint(written, name);
            JsonNode theirs = SchemaMerger.constraint(other, name);
            if (ours != null && theirs != null && !mayMatch(flat(ours), flat(theirs), depth + 1)) {
                return true;
            }
        }
        return false;
    }

    private JsonNode flat(JsonNode schema) {
        return merger.flatten(schema == null ? BooleanNode.TRUE : schema, "#");
    }

    /** Whether a text for this schema may have a property: one that is neither listed nor expressly allowed is not written. */
    private static boolean mayWrite(JsonNode schema, String name) {
        if (required(schema).contains(name)) {
            return true;
        }
        boolean listsNothing = !schema.has("properties") && !schema.has("required");
        JsonNode constraint = SchemaMerger.constraint(schema, name);
        return constraint == null ? listsNothing : !constraint.isBoolean() || constraint.booleanValue();
    }

    private static Set<String> required(JsonNode schema) {
        Set<String> names = new LinkedHashSet<>();
        if (schema.has("required")) {
            schema.get("required").forEach(name -> names.add(name.asText()));
        }
        return names;
    }
}
