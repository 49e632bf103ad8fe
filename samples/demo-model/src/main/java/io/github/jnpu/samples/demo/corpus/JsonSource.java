package io.github.jnpu.samples.demo.corpus;

import io.github.jnpu.samples.demo.corpus.Conversation.Message;
import io.github.jnpu.samples.demo.corpus.JsonDomain.Field;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Draws texts with the JSON that holds what they say. Keys are spelled in many ways, because at run time a grammar forces those of
 * a schema that the model does not see. What a text does not tell becomes an empty string, 0, false or an empty list. Not
 * thread-safe.
 */
public final class JsonSource implements ConversationSource {
    private static final long HELD_OUT_SEED = 7_261;
    private static final List<String> SYSTEMS = List.of("You are a helpful assistant.", "Answer in JSON.",
            "You extract data from texts.", "Always answer with JSON.");

    private final List<JsonDomain> domains;
    private final Map<String, List<String>> frames;
    private final Random random;
    private final SlotValues slots;
    private final Set<String> reserved = freelyWritten().stream()
            .map(chat -> ConversationGenerator.key(chat.question()))
            .collect(Collectors.toSet());

    /** A text with what it says: fields in their order with their keys. */
    private record Extract(String text, Map<String, Field> keys, Map<String, Object> json, List<Field> told) {}

    public JsonSource(long seed) {
        this(seed, Split.TRAINING);
    }

    private JsonSource(long seed, Split split) {
        this.random = new Random(seed);
        this.slots = new SlotValues(split, random);
        this.frames = Arrays.stream(Corpus.text("frames-json").stripLeading().split("\n\n+"))
                .collect(Collectors.toMap(block -> block.lines().findFirst().orElseThrow(),
                        block -> block.lines().skip(1)
                                .map(line -> line.replace("\\n", "\n")).toList()));
        this.domains = JsonDomain.load().stream().map(domain -> new JsonDomain(domain.name(), domain.called(), domain
                .fields(), domain.groups(), split.of(domain.texts()), domain.more())).filter(domain -> !domain.texts()
                        .isEmpty())
                .toList();
    }

    /** Held-out phrasings with held-out values; each ends with the expected JSON. */
    public static List<Conversation> heldOut(int count) {
        JsonSource source = new JsonSource(HELD_OUT_SEED, Split.HELD_OUT);
        Map<String, Conversation> chats = new LinkedHashMap<>();
        while (chats.size() < count) {
            Conversation chat = source.next();
            chats.putIfAbsent(chat.question(), chat);
        }
        return List.copyOf(chats.values());
    }

    /** Freely written texts that no phrasing makes, each with the JSON that is expected. */
    public static List<Conversation> freelyWritten() {
        return Arrays.stream(Corpus.text("heldout-json").strip().split("\n\n+")).map(block -> block.split("\n", 2))
                .map(parts -> Conversation.of(parts[0], parts[1].strip())).toList();
    }

    @Override
    public Conversation next() {
        Conversation chat = drawn();
        while (reserved.contains(ConversationGenerator.key(chat.question()))) {
            chat = drawn();
        }
        return chat;
    }

    private Conversation drawn() {
        JsonDomain domain = slots.pick(domains);
        if (random.nextInt(100) < 25) {
            domain = domains.stream().filter(one -> one.name().equals("person")).findFirst().orElse(domain);
        }
        int dice = random.nextInt(100);
        Conversation chat = dice < 16 ? one(domain) : dice < 28 ? several(domain) : object(domain);
        return random.nextInt(100) < 8
                ? new Conversation(Optional.of(slots.pick(SYSTEMS)), List.of(), chat.messages())
                : chat;
    }

    private Conversation object(JsonDomain domain) {
        Extract extract = extract(domain, domain.texts());
        return chat(prompt(domain, extract.text, extract.keys), extract.json);
    }

    /** A single value, wrapped as LangChain4j's services wrap what is no object. */
    private Conversation one(JsonDomain domain) {
        Extract extract = extract(domain, domain.texts());
        Field field = slots.pick(extract.told);
        Object value = extract.keys.entrySet().stream().filter(entry -> entry.getValue() == field).findFirst().map(
                entry -> find(extract.json, entry.getKey())).orElse(null);
        boolean list = value instanceof List<?>;
        String words = slots.pick(field.keys());
        String text = random.nextInt(100) < 12
                ? extract.text
                : slots.pick(frames.get("value")).replace("<words>", words) + extract.text;
        return chat(text, Map.of(list ? "values" : "value", value));
    }

    private static Object find(Map<?, ?> json, String key) {
        if (json.containsKey(key)) {
            return json.get(key);
        }
        return json.values().stream().filter(Map.class::isInstance).map(inner -> ((Map<?, ?>) inner).get(key)).filter(
                value -> value != null).findFirst().orElseThrow();
    }

    /** Two or three of a kind, with the same keys. */
    private Conversation several(JsonDomain domain) {
        List<Object> all = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        String phrase = slots.pick(domain.texts());
        long seed = random.nextLong();
        Map<String, Field> keys = Map.of();
        int count = 2 + random.nextInt(2);
        for (int i = 0; i < count; i++) {
            Extract extract = fill(domain, phrase, List.of(), new Random(seed));
            all.add(extract.json);
            keys = extract.keys;
            texts.add(extract.text.matches(".*[.!?]") ? extract.text : extract.text + ".");
        }
        String plural = random.nextInt(100) < 60 ? "values" : "list";
        return chat(prompt(domain, String.join(" ", texts), keys), Map.of(plural, all));
    }

    private static Conversation chat(String question, Map<String, Object> json) {
        return Conversation.of(List.of(Message.user(question), Message.assistant(CompactJson.write(json))));
    }

    private Extract extract(JsonDomain domain, List<String> texts) {
        String phrase = slots.pick(texts);
        List<String> more = new ArrayList<>();
        int sentences = slots.pick(0, 0, 0, 1, 1, 2);
        for (int i = 0; i < 8 && more.size() < sentences; i++) {
            String sentence = slots.pick(domain.more());
            String before = phrase + more;
            if (SlotValues.SLOT.matcher(sentence).results().noneMatch(slot -> before.contains(slot.group()))) {
                more.add(sentence);
            }
        }
        return fill(domain, phrase, more, random);
    }

    /**
     * A text and its JSON.
     *
     * @param choices
     *            decides about keys and their order, while the values are drawn on
     */
    private Extract fill(JsonDomain domain, String phrase, List<String> more, Random choices) {
        String whole = phrase + more;
        Map<String, String> words = new HashMap<>();
        Map<String, Object> meant = new HashMap<>();
        List<Field> told = new ArrayList<>();
        List<Field> untold = new ArrayList<>();
        for (Field field : domain.fields()) {
            if (whole.contains("<" + field.slot() + ">")) {
                told.add(field);
                value(field, words, meant);
            } else {
                untold.add(field);
            }
        }
        String text = slots.fill(phrase, words);
        for (String sentence : more) {
            text += (text.matches("(?s).*[.!?]") ? " " : ". ") + slots.fill(sentence, words);
        }
        List<Field> kept = new ArrayList<>(told);
        while (kept.size() > 1 && choices.nextInt(100) < 22) {
            kept.remove(choices.nextInt(kept.size()));
        }
        if (!untold.isEmpty() && choices.nextInt(100) < 10) {
            Field missing = untold.get(choices.nextInt(untold.size()));
            kept.add(choices.nextInt(kept.size() + 1), missing);
            meant.put(missing.slot(), nothing(missing));
        }
        if (choices.nextInt(100) < 35) {
            Collections.shuffle(kept, choices);
        }
        return arranged(domain, text, kept, meant, told, choices);
    }

    private Extract arranged(JsonDomain domain, String text, List<Field> kept, Map<String, Object> meant,
            List<Field> told,
            Random choices) {
        boolean snake = choices.nextInt(100) < 40;
        Map<String, Field> keys = new LinkedHashMap<>();
        Map<String, Object> json = new LinkedHashMap<>();
        boolean grouped = choices.nextInt(100) < 45;
        String prefix = choices.nextInt(100) < 6 ? domain.name() + " " : "";
        for (Field field : kept) {
            String key = DefinedTool.join(prefix + field.keys().get(choices.nextInt(field.keys().size())), snake);
            while (keys.containsKey(key)) {
                key += keys.size() + 1;
            }
            keys.put(key, field);
            Map<String, Object> target = json;
            for (Map.Entry<String, List<String>> group : domain.groups().entrySet()) {
                long members = kept.stream().filter(one -> group.getValue().contains(one.slot())).count();
                if (grouped && members > 1 && group.getValue().contains(field.slot())) {
                    target = inner(json, DefinedTool.join(group.getKey(), snake));
                }
            }
            target.put(key, meant.get(field.slot()));
        }
        return new Extract(text, keys, json, told.stream().filter(kept::contains).toList());
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> inner(Map<String, Object> json, String key) {
        return (Map<String, Object>) json.computeIfAbsent(key, name -> new LinkedHashMap<String, Object>());
    }

    private static Object nothing(Field field) {
        return switch (field.schemaType()) {
            case "boolean" -> false;
            case "array" -> List.of();
            case "integer", "number" -> 0;
            default -> "";
        };
    }

    /** Draws a value: the words of the text and what JSON says. */
    private void value(Field field, Map<String, String> words, Map<String, Object> meant) {
        switch (field.type()) {
            case "bool", "enum" -> {
                Map<String, Object> meanings = field.meanings();
                String word = slots.pick(List.copyOf(meanings.keySet()));
                words.put(field.slot(), word);
                meant.put(field.slot(), meanings.get(word));
            }
            case "list" -> {
                List<String> entries = new ArrayList<>();
                for (int i = 1 + random.nextInt(4); i > 0; i--) {
                    String entry = slots.entry(field.detail());
                    if (!entries.contains(entry)) {
                        entries.add(entry);
                    }
                }
                words.put(field.slot(), joined(entries));
                meant.put(field.slot(), entries);
            }
            case "items" -> items(field, words, meant);
            default -> {
                String value = slots.draw(field.detail().isEmpty() ? field.slot() : field.detail());
                words.put(field.slot(), value);
                meant.put(field.slot(), field.type().equals("string") ? value : new BigDecimal(value));
            }
        }
    }

    private void items(Field field, Map<String, String> words, Map<String, Object> meant) {
        List<String> entries = new ArrayList<>();
        List<Object> objects = new ArrayList<>();
        // The same keys in every draw: a list's objects share them.
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            String product = slots.draw("product");
            String count = slots.draw("count");
            entries.add(count + " " + product);
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("product", product);
            object.put("quantity", new BigDecimal(count));
            objects.add(object);
        }
        words.put(field.slot(), joined(entries));
        meant.put(field.slot(), objects);
    }

    private static String joined(List<String> entries) {
        return entries.size() == 1
                ? entries.getFirst()
                : String.join(", ", entries.subList(0, entries.size() - 1)) + " and " + entries.getLast();
    }

    /** The text alone, as services that hold the answer to a schema send it, or with a request. */
    private String prompt(JsonDomain domain, String text, Map<String, Field> keys) {
        int dice = random.nextInt(100);
        if (dice < 25) {
            return text;
        }
        if (dice < 65) {
            return slots.pick(frames.get("about")).replace("<called>", slots.pick(domain.called())) + text;
        }
        if (dice < 85) {
            String request = slots.pick(frames.get("fields")).replace("<keys>", joined(List.copyOf(keys.keySet())));
            return random.nextInt(100) < 65
                    ? text + slots.pick(" ", "\n") + request
                    : request + slots.pick(" ", "\n")
                            + text;
        }
        if (dice < 93) {
            return text + "\nYou must answer strictly in the following JSON format: {\n" + keys.entrySet().stream().map(
                    entry -> "\"" + entry.getKey() + "\": (type: " + entry.getValue().schemaType() + ")").collect(
                            Collectors.joining(",\n"))
                    + "\n}";
        }
        Map<String, Object> properties = new LinkedHashMap<>();
        keys.forEach((key, field) -> properties.put(key, Map.of("type", field.schemaType())));
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("properties", properties);
        return slots.pick("Answer in JSON with this schema: ", "Schema: ", "JSON schema: ") + CompactJson.write(schema)
                + "\n"
                + text;
    }
}
