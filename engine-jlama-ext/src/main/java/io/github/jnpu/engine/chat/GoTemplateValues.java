package io.github.jnpu.engine.chat;

import io.github.jnpu.engine.chat.gotemplate.GoValue.Field;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Mapping;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Slice;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Struct;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Messages and tools as Ollama shows them to a Go template: the names, the types that fix how a value prints, and the parts
 * of a JSON schema that it knows. A tool's function and its parameters print as JSON, as they did in all Ollama versions
 * until the templates' own types came; templates of published models rely on it.
 */
final class GoTemplateValues {
    private GoTemplateValues() {}

    static Slice messages(List<ChatMessage> messages) {
        List<Object> result = new ArrayList<>();
        for (ChatMessage message : messages) {
            List<Object> calls = new ArrayList<>();
            int index = 0;
            for (ChatMessage.ToolCall call : message.toolCalls()) {
                calls.add(struct("ToolCall", Text.PLAIN, plain("ID", call.id().orElse("")), plain("Function",
                        struct("ToolCallFunction", Text.PLAIN, plain("Index", (long) index++), plain("Name", call
                                .name()), plain("Arguments", mapping(call.arguments(), Text.JSON))))));
            }
            result.add(struct("Message", Text.PLAIN, plain("Role", message.role()), plain("Content", message.content()),
                    plain("Thinking", message.thinking().orElse("")), plain("Images", Slice.nil(Text.PLAIN)),
                    plain("ToolCalls", calls.isEmpty() ? Slice.nil(Text.PLAIN) : Slice.of(calls)),
                    plain("ToolName", message.toolName().orElse("")),
                    plain("ToolCallID", message.toolCallId().orElse(""))));
        }
        return Slice.of(result);
    }

    static Slice tools(List<Map<String, Object>> tools) {
        if (tools.isEmpty()) {
            return Slice.nil(Text.JSON);
        }
        List<Object> result = new ArrayList<>();
        for (Map<String, Object> tool : tools) {
            Map<?, ?> function = object(tool.get("function"));
            Map<?, ?> parameters = object(function.get("parameters"));
            Struct parametersValue = struct("ToolFunctionParameters", Text.JSON, field("Type", "type", false, text(
                    parameters.get("type"))), field("Defs", "$defs", true, value(parameters.get("$defs"))),
                    field("Items", "items", true, value(parameters.get("items"))),
                    field("Required", "required", true, strings(parameters.get("required"), Text.PLAIN)),
                    field("Properties", "properties", false, parameters.get("properties") instanceof Map<?, ?> map
                            ? Mapping.sorted(properties(map), Text.JSON)
                            : Mapping.nil(Text.JSON)));
            result.add(struct("Tool", Text.JSON, field("Type", "type", false, text(tool.get("type"))),
                    field("Items", "items", true, value(tool.get("items"))),
                    field("Function", "function", false, struct("ToolFunction", Text.JSON, field("Name", "name", false,
                            text(function.get("name"))),
                            field("Description", "description", false, text(function.get(
                                    "description"))),
                            field("Parameters", "parameters", false, parametersValue)))));
        }
        return new Slice(result, false, Text.JSON);
    }

    private static Map<String, Object> properties(Map<?, ?> schema) {
        Map<String, Object> result = new LinkedHashMap<>();
        schema.forEach((name, property) -> result.put(String.valueOf(name), property(object(property))));
        return result;
    }

    private static Struct property(Map<?, ?> property) {
        return struct("ToolProperty", Text.PLAIN, field("AnyOf", "anyOf", true, choices(property.get("anyOf"))),
                field("Type", "type", true, property.get("type") instanceof String type
                        ? new Slice(List.of(type), false, Text.SCHEMA_TYPE)
                        : strings(property.get("type"), Text.SCHEMA_TYPE)),
                field("Items", "items", true, value(property.get("items"))),
                field("Description", "description", true, text(property.get("description"))),
                field("Enum", "enum", true, property.get("enum") instanceof List<?> list
                        ? value(list)
                        : Slice.nil(Text.PLAIN)),
                // In the order of the schema: Ollama keeps nested properties in an ordered map.
                field("Properties", "properties", true, property.get("properties") instanceof Map<?, ?> map
                        ? new Mapping(properties(map), false, Text.JSON)
                        : null),
                field("Required", "required", true, strings(property.get("required"), Text.PLAIN)));
    }

    private static Slice choices(Object value) {
        if (!(value instanceof List<?> list)) {
            return Slice.nil(Text.PLAIN);
        }
        List<Object> result = new ArrayList<>();
        list.forEach(choice -> result.add(property(object(choice))));
        return Slice.of(result);
    }

    private static Slice strings(Object value, Text text) {
        if (!(value instanceof List<?> list)) {
            return Slice.nil(text);
        }
        List<Object> result = new ArrayList<>();
        list.forEach(element -> result.add(text(element)));
        return new Slice(result, false, text);
    }

    private static Map<?, ?> object(Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }

    private static String text(Object value) {
        return value == null ? "" : String.valueOf(value);
    }

    private static Mapping mapping(Map<?, ?> map, Text text) {
        Map<String, Object> entries = new HashMap<>();
        map.forEach((key, element) -> entries.put(String.valueOf(key), value(element)));
        return Mapping.sorted(entries, text);
    }

    /** A JSON value as Go decodes it where no type is given: every number a {@code float64}. */
    private static Object value(Object value) {
        return switch (value) {
            case null -> null;
            case Boolean flag -> flag;
            case Number number -> number.doubleValue();
            case Map<?, ?> map -> mapping(map, Text.PLAIN);
            case List<?> list -> {
                List<Object> result = new ArrayList<>();
                list.forEach(element -> result.add(value(element)));
                yield Slice.of(result);
            }
            default -> String.valueOf(value);
        };
    }

    private static Struct struct(String type, Text text, Field... fields) {
        return new Struct("template." + type, List.of(fields), text);
    }

    private static Field plain(String name, Object value) {
        return new Field(name, name, false, value);
    }

    private static Field field(String name, String jsonName, boolean omitEmpty, Object value) {
        return new Field(name, jsonName, omitEmpty, value);
    }
}
