package io.github.jnpu.langchain4j;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.internal.Json;
import dev.langchain4j.internal.JsonSchemaElementUtils;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import io.github.jnpu.engine.grammar.Grammar;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** LangChain4j's tools and schemas as chat templates and grammars know them. */
final class ToolSchemas {
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

    /** A schema as a map in the schema's order. */
    static Map<String, Object> schema(JsonSchemaElement root) {
        return JsonSchemaElementUtils.toMap(root);
    }

    static Grammar grammar(Map<String, Object> schema) {
        return Grammar.ofJsonSchema(Json.toJson(schema));
    }
}
