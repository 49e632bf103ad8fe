package io.github.jnpu.samples.demo.corpus;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/** A kind of tool as one program defines it: its name, its parameters' names and types. */
final class DefinedTool {
    private static final List<List<String>> UNITS = List.of(List.of("celsius", "fahrenheit"),
            List.of("CELSIUS", "FAHRENHEIT"), List.of("Celsius", "Fahrenheit"), List.of("celsius", "fahrenheit",
                    "kelvin"));

    private final ToolKind kind;
    private final String name;
    private final String description;
    private final List<Argument> arguments = new ArrayList<>();
    private final boolean requiredFirst;
    private final boolean requiredEmpty;

    /** A parameter with its name; {@code choices} is empty unless only some values are allowed. */
    private record Argument(String slot, String name, String type, String description, boolean required,
            List<String> choices) {}

    DefinedTool(ToolKind kind, Random random) {
        this.kind = kind;
        boolean snake = random.nextBoolean();
        this.name = join(pick(kind.names(), random) + (random.nextInt(100) < 4 ? " tool" : ""), snake);
        this.description = random.nextInt(100) < 70 ? pick(kind.descriptions(), random) : "";
        this.requiredFirst = random.nextInt(100) < 12;
        this.requiredEmpty = random.nextInt(100) < 50;
        boolean positional = random.nextInt(100) < 14;
        boolean described = random.nextInt(100) < 45;
        for (ToolKind.Parameter parameter : kind.parameters()) {
            if (parameter.optional() && random.nextInt(100) < 65) {
                continue;
            }
            List<String> names = parameter.names().stream().filter(word -> !word.startsWith("arg")).toList();
            String argument = positional ? "arg" + arguments.size() : join(pick(names, random), snake);
            while (taken(argument)) {
                argument += arguments.size() + 1;
            }
            arguments.add(new Argument(parameter.slot(), argument, type(parameter.slot(), random),
                    described || positional && random.nextInt(100) < 70
                            ? pick(parameter.descriptions(), random)
                            : "",
                    !parameter.optional() || random.nextInt(100) < 15,
                    parameter.slot().equals("unit") ? pick(UNITS, random) : List.of()));
        }
    }

    private boolean taken(String argument) {
        return arguments.stream().anyMatch(other -> other.name.equals(argument));
    }

    private static String type(String slot, Random random) {
        return switch (slot) {
            case "a", "b", "n" -> random.nextInt(100) < 75 ? "integer" : "number";
            case "id" -> random.nextInt(100) < 80 ? "string" : "integer";
            default -> "string";
        };
    }

    ToolKind kind() {
        return kind;
    }

    String name() {
        return name;
    }

    /** The value that a question shall name for a parameter, where the parameter's type matters. */
    void restrict(Map<String, String> values, SlotValues slots) {
        for (Argument argument : arguments) {
            if (argument.slot.equals("id") && argument.type.equals("integer")) {
                values.putIfAbsent("id", slots.draw("digits"));
            }
        }
    }

    /** The call with the values of a question. */
    String call(Map<String, String> values) {
        Map<String, Object> given = new LinkedHashMap<>();
        for (Argument argument : arguments) {
            String value = values.get(argument.slot);
            if (!argument.choices.isEmpty()) {
                if (value != null || argument.required) {
                    given.put(argument.name, argument.choices.stream().filter(choice -> choice.equalsIgnoreCase(value))
                            .findFirst().orElse(argument.choices.getFirst()));
                }
            } else if (argument.type.equals("string")) {
                given.put(argument.name, value);
            } else {
                given.put(argument.name, Long.parseLong(value));
            }
        }
        Map<String, Object> call = new LinkedHashMap<>();
        call.put("name", name);
        call.put("arguments", given);
        return "<tool_call>\n" + CompactJson.write(call) + "\n</tool_call>";
    }

    /** The definition as a model gets it. */
    String definition() {
        Map<String, Object> properties = new LinkedHashMap<>();
        for (Argument argument : arguments) {
            Map<String, Object> schema = new LinkedHashMap<>();
            schema.put("type", argument.type);
            if (!argument.description.isEmpty()) {
                schema.put("description", argument.description);
            }
            if (!argument.choices.isEmpty()) {
                schema.put("enum", argument.choices);
            }
            properties.put(argument.name, schema);
        }
        List<String> required = arguments.stream().filter(Argument::required).map(Argument::name).toList();
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("type", "object");
        if (requiredFirst && !required.isEmpty()) {
            parameters.put("required", required);
        }
        parameters.put("properties", properties);
        if (!required.isEmpty() || requiredEmpty) {
            parameters.putIfAbsent("required", required);
        }
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", name);
        if (!description.isEmpty()) {
            function.put("description", description);
        }
        function.put("parameters", parameters);
        Map<String, Object> tool = new LinkedHashMap<>();
        tool.put("type", "function");
        tool.put("function", function);
        return CompactJson.write(tool);
    }

    /** Words as one name: {@code get_city} or {@code getCity}. */
    static String join(String words, boolean snake) {
        String clean = words.replace("'", "");
        if (snake) {
            return clean.replace(' ', '_').toLowerCase(Locale.ROOT);
        }
        StringBuilder name = new StringBuilder();
        for (String word : clean.split(" ")) {
            name.append(name.isEmpty() ? word : SlotValues.capital(word));
        }
        return name.toString();
    }

    private static <T> T pick(List<T> list, Random random) {
        return list.get(random.nextInt(list.size()));
    }
}
