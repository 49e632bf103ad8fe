package io.github.jnpu.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Rules for objects and arrays. */
final class ContainerSchemas {
    private static final JsonNode ANYTHING = BooleanNode.TRUE;

    private final JsonSchemaCompiler compiler;
    private int objects;

    ContainerSchemas(JsonSchemaCompiler compiler) {
        this.compiler = compiler;
    }

    private record Property(String name, JsonNode schema, boolean required) {}

    Expression object(ObjectNode object, String pointer) {
        if (object.has("properties") && !object.get("properties").isObject()) {
            throw new GrammarException("schema %s/properties: must be an object".formatted(pointer), "properties",
                    pointer + "/properties");
        }
        List<Property> properties = properties(object, pointer);
        JsonNode additional = additional(object, properties.isEmpty());
        long required = properties.stream().filter(Property::required).count();
        int min = JsonSchemaCompiler.size(object, "minProperties", 0, pointer);
        int max = JsonSchemaCompiler.size(object, "maxProperties", Expression.UNBOUNDED, pointer);
        boolean free = !additional.equals(BooleanNode.FALSE);
        // Among free names one may come twice and counts once.
        if (min > required && !(min == 1 && properties.isEmpty())) {
            throw JsonSchemaCompiler.unsupported(pointer, "minProperties",
                    "more properties than are required cannot be counted");
        }
        if (max < properties.size() || free && max != Expression.UNBOUNDED && !properties.isEmpty()) {
            throw JsonSchemaCompiler.unsupported(pointer, "maxProperties",
                    "only where no more properties are listed and no others are allowed, or where none are listed");
        }
        Expression others = free ? others(object, additional, properties, pointer) : Expression.NOTHING;
        if (properties.isEmpty()) {
            return JsonText.bracketed("{", JsonText.list(others, Math.min(min, 1), max), "}");
        }
        return JsonText.bracketed("{", members(properties, others, pointer), "}");
    }

    private static List<Property> properties(ObjectNode object, String pointer) {
        Set<String> required = new LinkedHashSet<>();
        if (object.has("required")) {
            SchemaMerger.requireArray(object, "required", pointer).forEach(name -> required.add(name.asText()));
        }
        Map<String, JsonNode> schemas = new LinkedHashMap<>();
        if (object.has("properties")) {
            object.get("properties").properties().forEach(entry -> schemas.put(entry.getKey(), entry.getValue()));
        }
        // A name that is required only must come all the same.
        JsonNode others = object.has("additionalProperties") ? object.get("additionalProperties") : ANYTHING;
        required.forEach(name -> schemas.putIfAbsent(name, others));
        if (object.has("propertyNames") && !schemas.isEmpty()) {
            throw JsonSchemaCompiler.unsupported(pointer, "propertyNames", "not beside properties that are listed");
        }
        List<Property> properties = new ArrayList<>();
        schemas.forEach((name, schema) -> properties.add(new Property(name, schema, required.contains(name))));
        return properties;
    }

    private static JsonNode additional(ObjectNode object, boolean nothingListed) {
        JsonNode additional = object.get("additionalProperties");
        boolean closed = object.has("unevaluatedProperties") && !object.get("unevaluatedProperties").equals(ANYTHING);
        return additional != null ? additional : BooleanNode.valueOf(nothingListed && !closed);
    }

    /** Members with names that are not listed. */
    private Expression others(ObjectNode object, JsonNode schema, List<Property> listed, String pointer) {
        Expression name;
        if (object.has("propertyNames")) {
            name = compiler.reference(SchemaMerger.allOf(object.objectNode().put("type", "string"), object.get(
                    "propertyNames")), pointer + "/propertyNames");
        } else if (listed.isEmpty()) {
            name = JsonText.STRING;
        } else {
            name = JsonText.quoted(otherThan(listed.stream().map(Property::name).toList()));
        }
        return JsonText.member(name, compiler.reference(schema, pointer + "/additionalProperties"));
    }

    /** Strings, spelled in one way only, that are none of these. */
    private static Expression otherThan(List<String> names) {
        return otherThan(names.stream().map(name -> name.codePoints().toArray()).toList(), 0);
    }

    private static Expression otherThan(List<int[]> names, int place) {
        Expression anything = Expression.repeat(JsonText.character(CharacterSet.ALL), 0, Expression.UNBOUNDED);
        Map<Integer, List<int[]>> byNext = new TreeMap<>();
        boolean isName = false;
        CharacterSet others = CharacterSet.ALL;
        for (int[] name : names) {
            if (name.length == place) {
                isName = true;
            } else {
                byNext.computeIfAbsent(name[place], ignored -> new ArrayList<>()).add(name);
                others = others.minus(CharacterSet.range(name[place], name[place]));
            }
        }
        List<Expression> alternatives = new ArrayList<>();
        alternatives.add(Expression.sequence(JsonText.character(others), anything));
        byNext.forEach((next, group) -> alternatives.add(Expression.sequence(JsonText.character(CharacterSet.range(next,
                next)), otherThan(group, place + 1))));
        if (!isName) {
            alternatives.add(Expression.EMPTY);
        }
        return Expression.choice(alternatives);
    }

    /** The listed properties in their order, then the others; commas only between them. */
    private Expression members(List<Property> properties, Expression others, String pointer) {
        String prefix = "object-" + objects++ + "-";
        int count = properties.size();
        Expression more = Expression.repeat(Expression.sequence(JsonText.COMMA, others), 0, Expression.UNBOUNDED);
        Expression behind = more;
        Expression first = Expression.optional(Expression.sequence(others, more));
        // Two rules for each property: what comes from it on, with something in front of it or as the first.
        for (int i = count - 1; i >= 0; i--) {
            Property property = properties.get(i);
            Expression member = JsonText.member(Expression.text(TextNode.valueOf(
                    property.name).toString()), compiler.reference(property.schema, pointer + "/properties/"
                            + escaped(
                                    property.name)));
            Expression withComma = Expression.sequence(JsonText.COMMA, member);
            Expression asFirst = Expression.sequence(member, behind);
            behind = rule(prefix + "more-" + i, Expression.sequence(property.required
                    ? withComma
                    : Expression.optional(withComma), behind));
            first = rule(prefix + "first-" + i, property.required ? asFirst : Expression.choice(asFirst, first));
        }
        return first;
    }

    private Expression rule(String name, Expression expression) {
        compiler.rules().put(name, expression);
        return Expression.reference(name);
    }

    private static String escaped(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }

    Expression array(ObjectNode object, String pointer) {
        if (object.has("uniqueItems") && object.get("uniqueItems").booleanValue()) {
            throw JsonSchemaCompiler.unsupported(pointer, "uniqueItems", "what came before is not remembered");
        }
        int min = JsonSchemaCompiler.size(object, "minItems", 0, pointer);
        int max = JsonSchemaCompiler.size(object, "maxItems", Expression.UNBOUNDED, pointer);
        List<Expression> prefix = new ArrayList<>();
        if (object.has("prefixItems")) {
            for (JsonNode item : SchemaMerger.requireArray(object, "prefixItems", pointer)) {
                prefix.add(compiler.reference(item, pointer + "/prefixItems/" + prefix.size()));
            }
        }
        JsonNode items = object.get("items");
        if (items != null && items.isArray()) {
            throw JsonSchemaCompiler.unsupported(pointer, "items", "a list of schemas is called prefixItems now");
        }
        if (items == null) {
            // Behind items that are listed there are no others, unless there have to be.
            items = BooleanNode.valueOf(prefix.isEmpty() || min > prefix.size());
        }
        Expression item = compiler.reference(items, pointer + "/items");
        if (prefix.isEmpty()) {
            return JsonText.bracketed("[", JsonText.list(item, min, max), "]");
        }
        return JsonText.bracketed("[", tuple(prefix, item, min, max), "]");
    }

    private static Expression tuple(List<Expression> prefix, Expression item, int min, int max) {
        int rest = prefix.size();
        Expression tail = Expression.repeat(Expression.sequence(JsonText.COMMA, item), Math.max(0, min - rest),
                max == Expression.UNBOUNDED ? max : Math.max(0, max - rest));
        for (int i = rest - 1; i >= 0; i--) {
            if (i >= max) {
                tail = Expression.EMPTY;
                continue;
            }
            Expression from = i == 0
                    ? Expression.sequence(prefix.get(i), tail)
                    : Expression.sequence(JsonText.COMMA, prefix.get(i), tail);
            tail = i < min ? from : Expression.optional(from);
        }
        return max < min ? Expression.NOTHING : tail;
    }
}
