package io.github.jnpu.samples.demo.corpus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * One thing that a tool can do, in the many shapes in which people define it.
 *
 * @param weight
 *            how often it is asked for, against the others
 * @param names
 *            words apart, to be joined in some case
 * @param questions
 *            phrasings with slots
 */
record ToolKind(String name, double weight, List<String> names, List<String> descriptions, List<Parameter> parameters,
        List<String> questions, List<Reply> replies) {
    private static final double ATTRIBUTE_WEIGHT = 0.45;
    /** How parameters that take a kind of thing are called. */
    private static final Map<String, String> ARGUMENTS = Map.ofEntries(
            Map.entry("country", "country, name, country name, place; The country | Name of the country"),
            Map.entry("city", "city, name, city name, location, place; The city | Name of the city"),
            Map.entry("full", "name, person, full name, customer, employee; The person | Name of the person"),
            Map.entry("product", "product, name, product name, article, item; The product | Name of the product"),
            Map.entry("food", "food, name, ingredient, item; The food | Name of the food"),
            Map.entry("booktitle", "title, book, name, book title; The title | Title of the book"),
            Map.entry("id", "id, number, key, item id, reference; The id | The number"),
            Map.entry("word", "word, term, text, query; The word"),
            Map.entry("animal", "animal, name, species, kind; The animal | Name of the animal"),
            Map.entry("stock", "company, symbol, name, stock; The company | Name of the company"),
            Map.entry("room", "room, name, location, room name; The room"));
    private static final Map<String, String> THINGS = Map.of("full", "person", "booktitle", "book", "id", "item",
            "stock", "company");

    /** What a tool takes; {@code slot} is the kind of value. */
    record Parameter(String slot, boolean optional, List<String> names, List<String> descriptions) {}

    /** What a tool gives and how that is told. */
    record Reply(String result, String answer) {}

    /** Reads the kinds that lie beside this class. */
    static List<ToolKind> load() {
        List<ToolKind> kinds = new ArrayList<>();
        for (String block : Corpus.text("tools").strip().split("\n\n+")) {
            if (!block.isBlank()) {
                kinds.add(read(block.strip().lines().toList()));
            }
        }
        for (String entry : Corpus.text("attributes").strip().split(",\\s*|\n")) {
            kinds.add(attribute(entry.strip()));
        }
        return List.copyOf(kinds);
    }

    private static ToolKind read(List<String> lines) {
        String name = "";
        double weight = 1;
        List<String> names = new ArrayList<>();
        List<String> descriptions = new ArrayList<>();
        List<Parameter> parameters = new ArrayList<>();
        List<String> questions = new ArrayList<>();
        List<Reply> replies = new ArrayList<>();
        for (String line : lines) {
            String[] parts = line.split(" ", 2);
            switch (parts[0]) {
                case "tool" -> name = parts[1];
                case "weight" -> weight = Double.parseDouble(parts[1]);
                case "name" -> names.addAll(expand(parts[1]));
                case "say" -> descriptions.addAll(expand(parts[1]));
                case "arg" -> parameters.add(parameter(parts[1], false));
                case "opt" -> parameters.add(parameter(parts[1], true));
                case "q" -> questions.addAll(expand(parts[1]));
                case "r" -> {
                    String[] reply = parts[1].split(" => ", 2);
                    replies.add(new Reply(reply[0], reply[1]));
                }
                default -> throw new IllegalArgumentException("tools.txt: '%s' is no line of a tool".formatted(line));
            }
        }
        return new ToolKind(name, weight, List.copyOf(names), List.copyOf(descriptions), List.copyOf(parameters), List
                .copyOf(questions), List.copyOf(replies));
    }

    private static Parameter parameter(String line, boolean optional) {
        String[] parts = line.split(": ", 2);
        String[] words = parts[1].split(";", 2);
        return new Parameter(parts[0], optional, Arrays.asList(words[0].strip().split(", *")), Arrays.asList(words[1]
                .strip().split(" *\\| *")));
    }

    private static ToolKind attribute(String entry) {
        int space = entry.lastIndexOf(' ');
        String words = entry.substring(0, space);
        String slot = entry.substring(space + 1);
        String thing = THINGS.getOrDefault(slot, slot);
        String value = slot.equals("full") || slot.equals("id") ? "<digits>" : "<invented>";
        String of = "The %s of <%s> is ".formatted(words, slot);
        List<Reply> replies = new ArrayList<>();
        for (String result : List.of(value, "<digits>")) {
            replies.add(new Reply(result, of + result + "."));
            replies.add(new Reply("{\"value\": \"" + result + "\"}", of + result + "."));
        }
        return new ToolKind(entry, ATTRIBUTE_WEIGHT,
                expand("[get|find|lookup|fetch|] %s [|of %s]".formatted(words, thing)),
                expand("[Returns|Gets|Finds|Looks up] the %s of a %s[.|]".formatted(words, thing)),
                List.of(parameter(slot + ": " + ARGUMENTS.get(slot), false)),
                expand(("[what is|what's|tell me|give me|show me|look up|find|I need|do you know|can you tell me|]"
                        + " the %s of <%s>").formatted(words, slot)),
                replies);
    }

    private static List<String> expand(String pattern) {
        return PhrasePattern.parse(pattern, Map.of()).phrases();
    }
}
