package io.github.jnpu.samples.demo.corpus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Something that texts tell of and that JSON holds.
 *
 * @param called
 *            what a request may call it
 * @param groups
 *            slots that may come in an object of their own, by its key
 * @param texts
 *            phrasings with slots that stand by themselves
 * @param more
 *            sentences that may follow
 */
record JsonDomain(String name, List<String> called, List<Field> fields, Map<String, List<String>> groups,
        List<String> texts,
        List<String> more) {

    /**
     * One value of it.
     *
     * @param type
     *            string, integer, number, list, bool, enum or items
     * @param detail
     *            of what kind the value is if the slot does not say it; the words of a boolean or an enum
     * @param keys
     *            words of keys
     */
    record Field(String slot, String type, String detail, List<String> keys) {

        /** An enum's or a boolean's words with what they mean. */
        Map<String, Object> meanings() {
            Map<String, Object> meanings = new LinkedHashMap<>();
            for (String choice : detail.split("/")) {
                String[] parts = choice.split("=");
                meanings.put(parts[0], type.equals("bool") ? (Object) meanings.isEmpty() : parts[1]);
            }
            return meanings;
        }

        /** The word of JSON Schema for its type. */
        String schemaType() {
            return switch (type) {
                case "bool" -> "boolean";
                case "list", "items" -> "array";
                case "enum" -> "string";
                default -> type;
            };
        }
    }

    /** Reads the domains that lie beside this class. */
    static List<JsonDomain> load() {
        return Arrays.stream(Corpus.text("domains").strip().split("\n\n+")).map(block -> read(block.lines().toList()))
                .toList();
    }

    private static JsonDomain read(List<String> lines) {
        String name = "";
        List<String> called = List.of();
        List<Field> fields = new ArrayList<>();
        Map<String, List<String>> groups = new LinkedHashMap<>();
        List<String> texts = new ArrayList<>();
        List<String> more = new ArrayList<>();
        for (String line : lines) {
            String[] parts = line.split(" ", 2);
            switch (parts[0]) {
                case "domain" -> name = parts[1];
                case "called" -> called = Arrays.asList(parts[1].split(", "));
                case "field" -> fields.add(field(parts[1]));
                case "group" -> group(parts[1], fields, groups);
                case "text" -> texts.addAll(PhrasePattern.parse(parts[1], Map.of()).phrases());
                case "more" -> more.addAll(PhrasePattern.parse(parts[1], Map.of()).phrases());
                default ->
                    throw new IllegalArgumentException("domains.txt: '%s' is no line of a domain".formatted(line));
            }
        }
        return new JsonDomain(name, called, List.copyOf(fields), groups, List.copyOf(texts), List.copyOf(more));
    }

    /** A type may have blanks in its words, so keys begin behind the last of them that a slash or colon does not claim. */
    private static Field field(String line) {
        String[] parts = line.split(" ", 2);
        String rest = parts[1];
        int colon = rest.indexOf(':');
        int space = rest.indexOf(' ');
        if (colon < 0 || colon > space) {
            return new Field(parts[0], rest.substring(0, space), "",
                    Arrays.asList(rest.substring(space + 1).split(", ")));
        }
        String type = rest.substring(0, colon);
        // The keys are the last words that commas separate, and the first of them is one that the file's author put alone.
        int end = rest.lastIndexOf('/') < 0 ? space : endOfWords(rest, type);
        return new Field(parts[0], type, rest.substring(colon + 1, end), Arrays.asList(rest.substring(end + 1).split(
                ", ")));
    }

    private static int endOfWords(String rest, String type) {
        int last = rest.lastIndexOf(type.equals("enum") ? '=' : '/');
        // "sold out" and "not paid" are two words.
        int space = rest.indexOf(' ', last);
        String second = rest.substring(last + 1, space);
        return second.equals("sold") || second.equals("not") ? rest.indexOf(' ', space + 1) : space;
    }

    private static void group(String line, List<Field> fields, Map<String, List<String>> groups) {
        List<String> words = new ArrayList<>(Arrays.asList(line.split(" ")));
        List<String> slots = words.stream().filter(word -> fields.stream().anyMatch(field -> field.slot().equals(word)))
                .toList();
        words.removeAll(slots);
        groups.put(String.join(" ", words), slots);
    }
}
