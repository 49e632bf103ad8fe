package io.github.jnpu.engine.chat.tool;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.engine.grammar.Grammar;
import io.github.jnpu.engine.grammar.GrammarException;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Grammars of calls as most families write them: {@code {"name": ..., "arguments": {...}}}. */
public final class ToolCallGrammar {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DEFINITIONS = "$defs";

    private ToolCallGrammar() {}

    /**
     * One call of one of the tools.
     *
     * @param tools
     *            definitions as templates know them: {@code {"type": "function", "function": {"name", "parameters"}}}
     * @throws GrammarException
     *             if a schema cannot be held, or two have different definitions of one name
     */
    public static Grammar call(List<Map<String, Object>> tools) {
        return anyOf(calls(tools));
    }

    /** As {@link #call}, or a value that matches a schema. */
    public static Grammar callOr(List<Map<String, Object>> tools, Map<String, Object> schema) {
        List<Map<String, Object>> all = calls(tools);
        all.add(schema);
        return anyOf(all);
    }

    private static List<Map<String, Object>> calls(List<Map<String, Object>> tools) {
        List<Map<String, Object>> calls = new ArrayList<>();
        for (Map<String, Object> tool : tools) {
            Map<?, ?> function = tool.get("function") instanceof Map<?, ?> map ? map : Map.of();
            Map<String, Object> arguments = new LinkedHashMap<>();
            if (function.get("parameters") instanceof Map<?, ?> parameters) {
                parameters.forEach((name, value) -> arguments.put(String.valueOf(name), value));
            }
            arguments.putIfAbsent("type", "object");
            if (!(arguments.get("properties") instanceof Map<?, ?> properties) || properties.isEmpty()) {
                // An open object would let a model invent arguments.
                arguments.put("additionalProperties", false);
            }
            Map<String, Object> call = new LinkedHashMap<>();
            call.put("type", "object");
            Object definitions = arguments.remove(DEFINITIONS);
            Map<String, Object> properties = new LinkedHashMap<>();
            properties.put("name", Map.of("const", String.valueOf(function.get("name"))));
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
                        throw new GrammarException("two schemas have different definitions of '%s'; rename one"
                                .formatted(name));
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
        return Grammar.ofJsonSchema(JSON.valueToTree(root));
    }
}
