package io.github.jnpu.samples.demo.corpus;

import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Writes a clean phrase as people type it: with or without capitals, end mark, greeting, contraction, slip of a finger. */
final class WritingHabits {
    private static final String[][] CONTRACTIONS = {{"what is", "what's"}, {"what is", "whats"},
            {"do not", "don't"}, {"do not", "dont"}, {"I am", "I'm"}, {"how is", "how's"},
            {"who is", "who's"}, {"where is", "where's"}, {"can you", "can u"}, {"are you", "are u"},
            {"I would like", "I'd like"}, {"want to", "wanna"}, {"cannot", "can't"}, {"it is", "it's"}};
    private static final String[] ENDS = {"?", "?", "?", "?", "?", "?", "?", "?", "?", "?", "?", "", "", "", "", "",
            ".", ".", "!", " ?", "??"};
    private static final int MIN_SLIP_LENGTH = 4;
    /** Words that hurried people leave out. */
    private static final Set<String> SMALL_WORDS = Set.of("a", "an", "the", "is", "are", "do", "does", "i", "to", "of",
            "in", "my", "can", "me", "it", "for", "there", "will", "be", "that", "with");

    // The names of commands and options are no words to replace.
    private static final String NO_COMMAND_BEFORE = "(?<!jnpu |command |option |--)";
    private static final String NO_COMMAND_AFTER = "(?! command)";

    private final Corpus corpus;
    private final List<Synonym> synonyms;

    private record Synonym(Pattern word, List<String> alternatives) {}

    WritingHabits(Corpus corpus) {
        this.corpus = corpus;
        this.synonyms = corpus.list("synonym").stream().map(line -> line.split("=", 2))
                .map(parts -> new Synonym(
                        Pattern.compile(NO_COMMAND_BEFORE + "\\b(?:" + parts[0] + ")\\b" + NO_COMMAND_AFTER),
                        List.of(parts[1].split("/"))))
                .toList();
    }

    /** The phrase as it should be written. */
    static String clean(String phrase) {
        String end = phrase.endsWith("?") || phrase.endsWith("!") ? "" : "?";
        return phrase.substring(0, 1).toUpperCase(Locale.ROOT) + phrase.substring(1) + end;
    }

    String write(String phrase, Random random) {
        String text = vary(contract(phrase, random), random);
        int around = random.nextInt(100);
        if (around < 7) {
            text = pick(corpus.list("opening"), random) + pick(List.of(" ", ", ", ": "), random) + text;
        } else if (around < 13) {
            text = text + pick(List.of(" ", ", "), random) + pick(corpus.list("closing"), random);
        }
        if (random.nextInt(100) < 14) {
            text = slip(text, random);
            if (random.nextInt(100) < 25) {
                text = slip(text, random);
            }
        }
        if (random.nextInt(100) < 55) {
            text = capitalize(text);
        }
        if (random.nextInt(100) < 6) {
            String greeting = pick(corpus.list("greeting"), random);
            text = (random.nextBoolean() ? capitalize(greeting) : greeting)
                    + pick(List.of(", ", "! ", ". ", " "), random) + text;
        }
        if (!text.endsWith("?")) {
            text += ENDS[random.nextInt(ENDS.length)];
        }
        int capitals = random.nextInt(100);
        if (capitals < 25) {
            return text.toLowerCase(Locale.ROOT);
        }
        return capitals < 27 ? text.toUpperCase(Locale.ROOT) : text;
    }

    private static String contract(String phrase, Random random) {
        String text = phrase;
        for (String[] pair : CONTRACTIONS) {
            if (text.contains(pair[0]) && random.nextInt(100) < 15) {
                text = text.replace(pair[0], pair[1]);
            }
        }
        return text;
    }

    /** Other words, fewer small words, a filler. Phrases of one or two words stay: little would be left of them. */
    private String vary(String phrase, Random random) {
        if (phrase.indexOf(' ') == phrase.lastIndexOf(' ')) {
            return phrase;
        }
        String text = phrase;
        if (random.nextInt(100) < 50) {
            for (Synonym synonym : synonyms) {
                Matcher matcher = synonym.word().matcher(text);
                if (matcher.find() && random.nextInt(100) < 30) {
                    text = matcher.replaceFirst(Matcher.quoteReplacement(pick(synonym.alternatives(), random)));
                }
            }
        }
        int dice = random.nextInt(100);
        if (dice < 6) {
            StringBuilder kept = new StringBuilder();
            for (String word : text.split(" ")) {
                if (!SMALL_WORDS.contains(word.toLowerCase(Locale.ROOT)) || random.nextBoolean()) {
                    kept.append(kept.isEmpty() ? "" : " ").append(word);
                }
            }
            return kept.isEmpty() ? text : kept.toString();
        }
        if (dice < 14) {
            return text + " " + pick(corpus.list("filler"), random);
        }
        if (dice < 18) {
            int space = text.indexOf(' ', random.nextInt(text.length()));
            return space < 0
                    ? text
                    : text.substring(0, space) + " " + pick(corpus.list("filler"), random)
                            + text.substring(space);
        }
        return text;
    }

    /** One letter swapped, lost, doubled or wrong, in a word long enough to stay readable. */
    private static String slip(String text, Random random) {
        int at = 1 + random.nextInt(Math.max(1, text.length() - 1));
        int start = text.lastIndexOf(' ', at - 1) + 1;
        int end = text.indexOf(' ', start);
        end = end < 0 ? text.length() : end;
        if (end - start < MIN_SLIP_LENGTH || !text.substring(start, end).chars().allMatch(Character::isLetter)) {
            return text;
        }
        int letter = start + random.nextInt(end - start - 1);
        String before = text.substring(0, letter);
        char first = text.charAt(letter);
        char second = text.charAt(letter + 1);
        String after = text.substring(letter + 2);
        return switch (random.nextInt(4)) {
            case 0 -> before + second + first + after;
            case 1 -> before + second + after;
            case 2 -> before + first + first + second + after;
            default -> before + (char) ('a' + random.nextInt(26)) + second + after;
        };
    }

    private static String capitalize(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    private static <T> T pick(List<T> list, Random random) {
        return list.get(random.nextInt(list.size()));
    }
}
