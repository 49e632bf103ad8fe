package io.github.jnpu.samples.demo.corpus;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Draws what is copied: real and invented names, numbers, dates. Invented ones teach to copy instead of to remember. Not
 * thread-safe.
 */
final class SlotValues {
    static final Pattern SLOT = Pattern.compile("<([a-z0-9]+)>");
    /** Lists of which a part is held out; of the others there are too few entries. */
    private static final Set<String> OPEN = Set.of("city", "country", "first", "last", "product", "word", "topic",
            "food",
            "noun", "street", "brand", "dish", "stock", "animal");
    private static final String[] STARTS = {"b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kl",
            "l", "m", "n", "p", "pr", "qu", "r", "s", "sh", "st", "t", "tr", "v", "w", "y", "z", "", "th", "sk", "bl"};
    private static final String[] VOWELS = {"a", "e", "i", "o", "u", "a", "e", "i", "o", "u", "ai", "ee", "ou", "ia",
            "y", "au", "oo"};
    private static final String[] ENDS = {"", "", "", "n", "r", "l", "s", "m", "t", "k", "nd", "rt", "x", "lm", "ng",
            "ck", "th", "sk", "d", "p"};
    private static final String[] TOWN_ENDS = {"", "", "", "burg", "ville", "ton", "stad", "grad", "mouth", "field",
            "ford", "berg", "heim", "port", "pur", "abad"};

    private final Map<String, List<String>> lists = new HashMap<>();
    private final Split split;
    private final Random random;

    SlotValues(Split split, Random random) {
        this.split = split;
        this.random = random;
        for (String block : Corpus.text("slots").strip().split("\n\n+")) {
            String[] parts = block.split("\n", 2);
            String name = parts[0].split(" ", 2)[1];
            List<String> all = Arrays.asList(parts[1].strip().split(",\\s*|\n"));
            lists.put(name, OPEN.contains(name) ? split.of(all) : all);
        }
    }

    /** Fills the slots of a text; what is drawn for a slot is kept in the map and used again. */
    String fill(String text, Map<String, String> values) {
        return SLOT.matcher(text).replaceAll(match -> Matcher.quoteReplacement(values.containsKey(match.group(1))
                ? values.get(match.group(1))
                : keep(match.group(1), values)));
    }

    private String keep(String slot, Map<String, String> values) {
        String value = switch (slot) {
            case "sum" -> String.valueOf(Long.parseLong(values.get("a")) + Long.parseLong(values.get("b")));
            case "product" -> values.containsKey("b")
                    ? String.valueOf(Long.parseLong(values.get("a")) * Long.parseLong(values.get("b")))
                    : draw(slot);
            default -> draw(slot);
        };
        values.put(slot, value);
        return value;
    }

    /** A value of a kind that belongs to the source's part, if values of this kind are divided. */
    String draw(String slot) {
        return switch (slot) {
            case "city" -> random.nextInt(100) < 60 ? entry("city") : capital(word(TOWN_ENDS));
            case "place" -> random.nextInt(100) < 25 ? entry("country") : draw("city");
            case "country" -> random.nextInt(100) < 80 ? entry("country") : capital(word(TOWN_ENDS));
            case "first" -> random.nextInt(100) < 65 ? entry("first") : capital(word(ENDS));
            case "last" -> random.nextInt(100) < 65 ? entry("last") : capital(word(ENDS));
            case "full" -> random.nextInt(100) < 25 ? draw("first") : draw("first") + " " + draw("last");
            case "word" -> random.nextInt(100) < 60 ? entry("word") : word(ENDS);
            case "invented" -> word(ENDS);
            case "brand" -> random.nextInt(100) < 50 ? entry("brand") : capital(word(ENDS));
            case "product" -> random.nextInt(100) < 60 ? entry("product") : entry("adjective") + " " + entry("product");
            case "topic" -> random.nextInt(100) < 50 ? entry("topic") : entry("adjective") + " " + entry("noun") + "s";
            case "booktitle" -> "The " + capital(entry("adjective")) + " " + capital(entry("noun"));
            case "mailto" -> random.nextInt(100) < 40 ? draw("first") : draw("email");
            case "email" -> draw("first").toLowerCase(Locale.ROOT) + pick("@", "." + draw("last").toLowerCase(
                    Locale.ROOT) + "@") + word(ENDS) + pick(".com", ".org", ".de", ".net");
            case "url" -> "www." + word(ENDS) + pick(".com", ".org", ".net");
            case "day" -> random.nextInt(100) < 60 ? entry("weekday") : draw("monthday");
            case "monthday" -> random.nextBoolean()
                    ? entry("month") + " " + (1 + random.nextInt(28))
                    : (1 + random.nextInt(28)) + " " + entry("month");
            case "isodate" -> "%d-%02d-%02d".formatted(1950 + random.nextInt(80), 1 + random.nextInt(12), 1 + random
                    .nextInt(28));
            case "clock" -> "%02d:%02d".formatted(random.nextInt(24), random.nextInt(60));
            case "hour" -> String.valueOf(10 + random.nextInt(14));
            case "minute", "second" -> String.valueOf(10 + random.nextInt(50));
            case "mm", "dd" -> "%02d".formatted(1 + random.nextInt(12));
            case "year" -> String.valueOf(1900 + random.nextInt(130));
            case "age" -> String.valueOf(1 + random.nextInt(99));
            case "digit" -> String.valueOf(1 + random.nextInt(9));
            case "small", "count" -> String.valueOf(2 + random.nextInt(19));
            case "percent", "humidity" -> String.valueOf(1 + random.nextInt(100));
            case "height" -> "1.%02d".formatted(40 + random.nextInt(60));
            case "temp" -> String.valueOf(random.nextInt(48) - 10);
            case "a", "b", "n" -> integer();
            case "big" -> String.valueOf(1000 + random.nextInt(9_000_000));
            case "amount" -> "%d.%s".formatted(random.nextInt(pick(10, 100, 1000)), pick("1", "5", "50", "99", "25",
                    "%02d".formatted(10 + random.nextInt(90))));
            case "phone" -> "%s%d-%04d".formatted(pick("+", "0", ""), 10 + random.nextInt(990), random.nextInt(10_000));
            case "zip" -> "%05d".formatted(random.nextInt(100_000));
            case "digits" -> String.valueOf(random.nextInt(pick(100, 10_000, 1_000_000)));
            case "id" -> id();
            case "from", "to" -> entry("currency");
            case "onoff" -> pick("on", "off");
            case "unit" -> pick("celsius", "fahrenheit");
            case "status" -> pick("paid", "open", "shipped", "delivered", "cancelled", "pending", "booked", "lost",
                    "on its way", "refunded", "failed", "waiting");
            case "expression" -> expression();
            default -> entry(slot);
        };
    }

    private String id() {
        return switch (random.nextInt(4)) {
            case 0 -> "%c%03d".formatted('A' + random.nextInt(26), random.nextInt(1000));
            case 1 -> "%c%c-%d".formatted('A' + random.nextInt(26), 'A' + random.nextInt(26), random.nextInt(10_000));
            case 2 -> "%c%c%c%d".formatted('A' + random.nextInt(26), 'A' + random.nextInt(26), 'A' + random.nextInt(26),
                    random.nextInt(1000));
            default -> draw("digits");
        };
    }

    private String expression() {
        String sign = pick("+", "-", "*", "/");
        String gap = pick(" ", "");
        String first = integer() + gap + sign + gap + integer();
        return random.nextInt(4) > 0 ? first : "(" + first + ")" + gap + pick("+", "*", "-") + gap + integer();
    }

    private String integer() {
        String number;
        do {
            number = String.valueOf(random.nextInt(pick(10, 100, 100, 1000, 1000, 100_000)));
            // Too few numbers have one digit to hold some out.
        } while (number.length() > 1 && !split.has(number));
        return number;
    }

    /** An entry of a list. */
    String entry(String list) {
        List<String> entries = lists.get(list);
        if (entries == null) {
            throw new IllegalArgumentException("values.txt: no list '%s'".formatted(list));
        }
        return entries.get(random.nextInt(entries.size()));
    }

    private String word(String[] ends) {
        String word;
        do {
            int syllables = 1 + random.nextInt(2);
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < syllables; i++) {
                text.append(pick(STARTS)).append(pick(VOWELS)).append(random.nextInt(3) == 0 ? pick(ENDS) : "");
            }
            word = text.append(pick(STARTS)).append(pick(VOWELS)).append(pick(ends)).toString();
        } while (!split.has(word) || word.length() < 4);
        return word;
    }

    static String capital(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    @SafeVarargs
    final <T> T pick(T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    <T> T pick(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
