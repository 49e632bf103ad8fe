package io.github.jnpu.samples.demo.corpus;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Draws names, numbers and words for facts about things that do not exist, so that no answer can be known by heart. Names are
 * made of syllables; some of them are held out.
 */
final class InventedValues {
    private static final int HELD_OUT_PERCENT = 8;
    // Simple syllables more often than rare ones, so that most names are two to five tokens.
    private static final String[] ONSETS = "b c d f g h j k l m n p r s t v w z b d f k l m n r s t v br dr gr kr pl st tr th sh fl qu"
            .split(" ");
    private static final String[] VOWELS = "a e i o u a e i o u a e o a i ou ei y".split(" ");
    private static final String[] CODAS = ",,,,,,n,r,l,s,n,r,m,t,k,nd,x".split(",");
    private static final List<String> WORDS = List.of("Blue", "North", "Silver", "Green", "Old", "Grand", "Little",
            "Golden", "East", "Winter", "River", "Stone", "Iron", "Bright", "Red", "Hidden", "Royal", "Quiet",
            "Broken");
    private static final List<String> NOUNS = List.of("Otter", "Harbour", "Garden", "Light", "Wheel", "Mountain",
            "Crown", "Bridge", "Falcon", "Lantern", "Cloud", "Forest", "Anchor", "Mirror", "Island", "Letter", "Valley",
            "Compass", "Orchard", "Tower");

    private final Map<String, List<String>> lists = new HashMap<>();

    InventedValues() {
        Corpus.text("values").lines().map(line -> line.split(" ", 2))
                .forEach(parts -> lists.put(parts[0], Arrays.asList(parts[1].split(", *"))));
    }

    /** Whether questions about this name are kept for the measurement. */
    static boolean isHeldOut(String name) {
        return HeldOut.is(name, HELD_OUT_PERCENT);
    }

    /** A value of a kind, never a held-out name. */
    String draw(String kind, Random random) {
        String value;
        do {
            value = any(kind, random);
        } while (isHeldOut(value) && !lists.containsKey(kind));
        return value;
    }

    /** A value of a kind; names may be held out. */
    String any(String kind, Random random) {
        return switch (kind) {
            case "person" -> list("first", random) + " " + name(random, 1 + random.nextInt(2));
            case "pet" -> (random.nextBoolean() ? name(random, 1) : list("first", random)) + " the "
                    + list("animal", random);
            case "town" -> town(random);
            case "company" -> company(random);
            case "chip" ->
                name(random, 1 + random.nextInt(2)) + pick(random, " ", " X", "-", " V") + random.nextInt(1, 900)
                        + pick(random, "", "", " NPU", " GPU");
            case "model" -> name(random, 2) + pick(random, "", " ", "-") + pick(random, "1B", "7B", "3", "Mini", "Chat",
                    "2", "8B", "Large", "Base");
            case "library" -> random.nextInt(4) == 0
                    ? name(random, 1).toLowerCase(Locale.ROOT) + pick(random, "-cli", "-server", "db", "kit", "4j")
                    : name(random, 2) + pick(random, "", "", "DB", "Kit", "4j", " Server", "Cache", "Queue");
            case "museum" -> random.nextBoolean()
                    ? name(random, 2) + pick(random, " Museum", " Gallery", " Palace", " Garden", " Library", " Hall")
                    : pick(WORDS, random) + " " + pick(NOUNS, random) + pick(random, " Museum", " Theatre", " Pool");
            case "book" -> random.nextInt(3) == 0
                    ? "The " + pick(NOUNS, random) + " of " + name(random, 2)
                    : "The " + pick(WORDS, random) + " " + pick(NOUNS, random);
            case "event" ->
                name(random, 2) + pick(random, " Festival", " Conference", " Cup", " Fair", " Race", " Days");
            case "machine" ->
                name(random, 2) + pick(random, " kettle", " drill", " lamp", " phone", " printer", " scooter",
                        " washing machine", " radio", " camera", " heater", " mixer", " clock", " router", " toaster");
            case "landscape" -> pick(random, "Lake ", "Mount ", "river ", "island of ", "valley of ", "forest of ")
                    + name(random, 2);
            case "dish" -> name(random, 2) + pick(random, " soup", " pie", " cake", " stew", " salad", " bread", "");
            case "team" ->
                pick(random, "FC ", "SC ", "the ", "") + name(random, 2) + pick(random, "", " Bears", " United",
                        " Rovers", " Hawks", " Stars");
            case "small" -> Integer.toString(random.nextInt(2, 61));
            case "mid" -> Integer.toString(random.nextInt(61, 1000));
            case "big" -> big(random);
            case "year" -> Integer.toString(random.nextInt(1400, 2031));
            case "day" -> Integer.toString(random.nextInt(1, 31));
            case "hour" -> Integer.toString(random.nextInt(1, 25));
            case "port" -> Integer.toString(random.nextInt(80, 65536));
            case "version" -> random.nextInt(1, 40) + "." + random.nextInt(20)
                    + (random.nextBoolean() ? "." + random.nextInt(30) : "");
            case "path" ->
                pick(random, "/var/", "/opt/", "~/.", "/srv/", "C:/") + name(random, 1).toLowerCase(Locale.ROOT)
                        + "/" + list("folder", random);
            case "command" -> name(random, 1).toLowerCase(Locale.ROOT) + " " + list("verb", random)
                    + pick(random, "", "", " --all", " -v", " --now");
            case "option" ->
                "--" + name(random, 1).toLowerCase(Locale.ROOT) + pick(random, "", "-size", "-mode", "-level");
            default -> list(kind, random);
        };
    }

    private String town(Random random) {
        return name(random, 1 + random.nextInt(2))
                + pick(random, "", "", "", "ton", "burg", "haven", "ford", "stad", "ville", " Bay", " Hill");
    }

    private String company(Random random) {
        String base = random.nextInt(4) == 0
                ? pick(WORDS, random) + " " + pick(NOUNS, random)
                : name(random, 1 + random.nextInt(2));
        return base + pick(random, "", "", " Works", " Ltd", " Systems", " Brothers", " Labs", " Motors", " Foods");
    }

    private static String big(Random random) {
        int thousands = random.nextInt(1, 900);
        int rest = random.nextInt(4) == 0 ? random.nextInt(1000) : 0;
        return random.nextBoolean() ? "%d,%03d".formatted(thousands, rest) : Integer.toString(thousands * 1000 + rest);
    }

    /** A name of so many syllables, and a final vowel at times. */
    private static String name(Random random, int syllables) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < syllables; i++) {
            name.append(ONSETS[random.nextInt(ONSETS.length)]).append(VOWELS[random.nextInt(VOWELS.length)])
                    .append(CODAS[random.nextInt(CODAS.length)]);
        }
        if (name.length() < 3 || random.nextInt(3) == 0) {
            name.append(pick(random, "ra", "no", "lia", "do", "mi", "ta", "ven", "son", "ler"));
        }
        return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
    }

    private String list(String kind, Random random) {
        List<String> values = lists.get(kind);
        if (values == null) {
            throw new IllegalArgumentException("no kind of value '%s'".formatted(kind));
        }
        return pick(values, random);
    }

    private static String pick(Random random, String... values) {
        return values[random.nextInt(values.length)];
    }

    private static String pick(List<String> values, Random random) {
        return values.get(random.nextInt(values.size()));
    }
}
