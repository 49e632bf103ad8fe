package io.github.jnpu.langchain4j;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.internal.Json;
import dev.langchain4j.internal.JsonSchemaElementUtils;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import io.github.jnpu.engine.grammar.Grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** LangChain4j's tools and schemas as chat templates and grammars know them. */
final class ToolSchemas {
    private static final String DEFINITIONS = "$defs";

    private ToolSchemas() {}

    /** Definitions for a template. */
    static List<Map<String, Object>> definitions(List<ToolSpecification> tools) {
        return tools.stream().map(tool -> {
            Map<String, Object> function = new LinkedHashMap<>();
            function.put("name", tool.name());
            if (tool.description() != null) {
                function.put("description", tool.description());
            }
            function.put("parameters", parameters(tool));
            Map<String, Object> definition = new LinkedHashMap<>();
            definition.put("type", "function");
            definition.put("function", function);
            return definition;
        }).toList();
    }

    private static Map<String, Object> parameters(ToolSpecification tool) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        if (tool.parameters() == null) {
            parameters.put("type", "object");
        } else {
            parameters.putAll(JsonSchemaElementUtils.toMap(tool.parameters()));
        }
        parameters.putIfAbsent("properties", Map.of());
        return parameters;
    }

    /** One call of one of the tools, as most families write it. */
    static Grammar call(List<ToolSpecification> tools) {
        return anyOf(calls(tools));
    }

    /** One call, or an answer. */
    static Grammar callOr(List<ToolSpecification> tools, Map<String, Object> answer) {
        List<Map<String, Object>> all = calls(tools);
        all.add(answer);
        return anyOf(all);
    }

    /** A schema as a map in the schema's order. */
    static Map<String, Object> schema(JsonSchemaElement root) {
        return JsonSchemaElementUtils.toMap(root);
    }

    static Grammar grammar(Map<String, Object> schema) {
        return Grammar.ofJsonSchema(Json.toJson(schema));
    }

    private static List<Map<String, Object>> calls(List<ToolSpecification> tools) {
        List<Map<String, Object>> calls = new ArrayList<>();
        for (ToolSpecification tool : tools) {
            Map<String, Object> arguments = parameters(tool);
            if (((Map<?, ?>) arguments.get("properties")).isEmpty()) {
                // An open object would let a model invent arguments.
                arguments.put("additionalProperties", false);
            }
            Map<String, Object> call = new LinkedHashMap<>();
            call.put("type", "object");
            Object definitions = arguments.remove(DEFINITIONS);
            Map<String, Object> properties = new LinkedHashMap<>();
            properties.put("name", Map.of("const", tool.name()));
            properties.put("arguments", arguments);
            call.put("properties", properties);
            call.put("required", List.of("name", "arguments"));
            if (definitions != null) {
                call.put(DEFINITIONS, definitions);
            }
            calls.add(call);
        }
        return calls;
    }

    /** References begin at the root, so the definitions have to move there. */
    private static Grammar anyOf(List<Map<String, Object>> schemas) {
        Map<Object, Object> definitions = new LinkedHashMap<>();
        List<Map<String, Object>> alternatives = new ArrayList<>();
        for (Map<String, Object> schema : schemas) {
            Map<String, Object> alternative = new LinkedHashMap<>(schema);
            if (alternative.remove(DEFINITIONS) instanceof Map<?, ?> own) {
                own.forEach((name, definition) -> {
                    Object other = definitions.putIfAbsent(name, definition);
                    if (other != null && !other.equals(definition)) {
                        throw new UnsupportedFeatureException(
                                "two schemas with different definitions of '%s' are not supported".formatted(name));
                    }
                });
            }
            alternatives.add(alternative);
        }
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("anyOf", alternatives);
        if (!definitions.isEmpty()) {
            root.put(DEFINITIONS, definitions);
        }
        return grammar(root);
    }
}
