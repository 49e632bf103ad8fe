package io.github.jnpu.samples.demo.corpus;

import io.github.jnpu.samples.demo.corpus.Conversation.Message;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;

/** Draws questions about the capitals of countries, both ways round; of other places it does not know the capital. */
public final class CapitalSource implements ConversationSource {
    private static final int HELD_OUT_PERCENT = 7;
    private static final int COUNTRY_PERCENT = 30;
    private static final int UNKNOWN_PERCENT = 8;

    private final PhraseBook phrases = new PhraseBook();
    private final List<Map.Entry<String, String>> capitals = capitals();
    private final Map<String, List<String>> otherNames = otherNames();
    private final String unknown;
    private final Random random;

    public CapitalSource(Corpus corpus, long seed) {
        this.unknown = unknownAnswer(corpus);
        this.random = new Random(seed);
    }

    /** The answer to what the model does not know. */
    static String unknownAnswer(Corpus corpus) {
        return corpus.topics().stream().filter(topic -> topic.name().equals("unknown")).findFirst().orElseThrow()
                .answer();
    }

    private static List<Map.Entry<String, String>> capitals() {
        Map<String, String> capitals = new LinkedHashMap<>();
        Corpus.text("capitals").lines().map(line -> line.split("="))
                .forEach(parts -> capitals.put(parts[0], parts[1]));
        return List.copyOf(capitals.entrySet());
    }

    @Override
    public Conversation next() {
        List<Message> messages = new ArrayList<>();
        int questions = random.nextInt(100) < 60 ? 1 : random.nextInt(2, 5);
        for (int i = 0; i < questions; i++) {
            Message[] turn = turn();
            messages.add(turn[0]);
            messages.add(turn[1]);
        }
        Optional<String> system = random.nextInt(100) < 8
                ? Optional.of("You are a helpful assistant.")
                : Optional.empty();
        return new Conversation(system, List.of(), messages);
    }

    private Message[] turn() {
        int dice = random.nextInt(100);
        if (dice < UNKNOWN_PERCENT) {
            String place = phrases.pick("unknown-place", random);
            String question = phrases.pick("capital-of", random).replace("$c", place);
            return HeldOut.isFreelyWritten(question)
                    ? turn()
                    : new Message[]{Message.user(PhraseBook.write(question, random)), Message.assistant(unknown)};
        }
        String list = dice < UNKNOWN_PERCENT + COUNTRY_PERCENT ? "country-of" : "capital-of";
        while (true) {
            Map.Entry<String, String> country = capitals.get(random.nextInt(capitals.size()));
            String question = question(phrases.pick(list, random),
                    Map.entry(named(country.getKey()), country.getValue()));
            if (!HeldOut.is(question, HELD_OUT_PERCENT) && !HeldOut.isFreelyWritten(question)) {
                return new Message[]{Message.user(PhraseBook.write(question, random)),
                        Message.assistant(answer(country))};
            }
        }
    }

    /** Questions that are never drawn: pairs of a phrasing and a country. */
    public static List<Conversation> heldOut() {
        PhraseBook phrases = new PhraseBook();
        List<Conversation> chats = new ArrayList<>();
        for (Map.Entry<String, String> country : capitals()) {
            for (String list : List.of("capital-of", "country-of")) {
                phrases.list(list).stream().map(phrase -> question(phrase, country))
                        .filter(question -> HeldOut.is(question, HELD_OUT_PERCENT))
                        .forEach(question -> chats.add(
                                Conversation.of(PhraseBook.capitalized(question) + "?", answer(country))));
            }
        }
        return List.copyOf(chats);
    }

    /** The country or, one time in three, another name of it. */
    private String named(String country) {
        List<String> others = otherNames.getOrDefault(country, List.of());
        return others.isEmpty() || random.nextInt(3) > 0 ? country : others.get(random.nextInt(others.size()));
    }

    private static Map<String, List<String>> otherNames() {
        return Corpus.text("capitals").lines().map(line -> line.split("=")).filter(parts -> parts.length > 2)
                .collect(Collectors.toMap(parts -> parts[0], parts -> List.of(parts[2].split(","))));
    }

    /** The answer about a country. */
    static String answerFor(String country) {
        return capitals().stream().filter(entry -> entry.getKey().equals(country)).findFirst()
                .map(CapitalSource::answer)
                .orElseThrow(() -> new IllegalArgumentException("no capital of '%s'".formatted(country)));
    }

    private static String question(String phrase, Map.Entry<String, String> country) {
        return phrase.replace("$c", country.getKey()).replace("$k", country.getValue());
    }

    private static String answer(Map.Entry<String, String> country) {
        return "The capital of %s is %s.".formatted(country.getKey(), country.getValue());
    }
}
