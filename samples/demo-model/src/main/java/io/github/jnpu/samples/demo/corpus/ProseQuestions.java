package io.github.jnpu.samples.demo.corpus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Asks about a sentence with its own rarer words: by turning it around where its verb is found, or by naming what it has. */
final class ProseQuestions {
    private static final Set<String> STOP_WORDS = Set
            .copyOf(List.of(("a an the this that these those it its they them their he she his her "
                    + "we our you your i my me is are was were be been being am do does did done has have had having will would can could "
                    + "may might must shall should not no nor and or but if then than so as at by for from in into of off on onto over to "
                    + "up with without within about after again all also any because before below between both each every few first "
                    + "here how however just last less more most much many never none nothing now once one only other others out own same "
                    + "some such there therefore three through too two under until upon very what when where whether which while who whom "
                    + "whose why yet else ever even still already always another anything something since per via instead like given "
                    + "says said say tell does nobody somebody everything either neither rather that's").split(" ")));
    private static final Set<String> AUXILIARIES = Set.of("is", "are", "was", "were", "can", "may", "must", "will",
            "should",
            "cannot", "could");
    private static final Map<String, String> VERBS = new HashMap<>();
    private static final List<String> ABOUT_ONE = List.of("what does it say about {a}", "what about {a}",
            "tell me about {a}",
            "{a}", "what is said about {a}", "what do I learn about {a}", "explain {a}", "what is known about {a}",
            "is anything said about {a}", "what happens with {a}", "I want to know about {a}", "how is it with {a}",
            "what is the rule for {a}", "find {a}", "what should I know about {a}", "which sentence is about {a}");
    private static final List<String> ABOUT_TWO = List.of("{a} and {b}", "what have {a} to do with {b}",
            "what about {a} and {b}",
            "how does {a} go with {b}", "what does {a} mean for {b}", "how are {a} and {b} related", "{a} {b}",
            "what does it say about {a} and {b}", "when {a}, what about {b}", "tell me how {a} and {b} go together");
    private static final int MAX_SUBJECT_WORDS = 6;
    private static final int RARE = 12;

    static {
        for (String verb : ("read write take need give keep hold run use make know come show start stop load store map work call return "
                + "count send get look find turn ask answer change check depend mean contain draw wait end begin open close share live "
                + "stay stand put set print measure learn join belong cost grow fall lie reach leave save serve support describe choose "
                + "compute multiply move pick tell want allow avoid build compare convert create cut decide expect fill follow help "
                + "ignore keep limit list name offer own prefer prove refuse remove replace report save skip speak split try")
                .split(" ")) {
            String third = verb.endsWith("y") && !verb.matches(".*[aeo]y")
                    ? verb.substring(0, verb.length() - 1) + "ies"
                    : verb.matches(".*(s|sh|ch|x|z|o)") ? verb + "es" : verb + "s";
            VERBS.put(third, verb);
        }
    }

    private final Map<String, Integer> frequencies = new HashMap<>();

    ProseQuestions(List<String> sentences) {
        for (String sentence : sentences) {
            Arrays.stream(sentence.split("[^A-Za-z0-9]+")).map(ProseQuestions::stem).distinct()
                    .forEach(stem -> frequencies.merge(stem, 1, Integer::sum));
        }
    }

    /** A word of grammar, which tells nothing about a sentence's subject. */
    boolean isCommon(String word) {
        return word.length() < 2 || STOP_WORDS.contains(word.toLowerCase(Locale.ROOT));
    }

    /** Roughly the stem of an English word. */
    static String stem(String word) {
        String lower = word.toLowerCase(Locale.ROOT);
        for (String ending : List.of("ing", "ies", "ed", "es", "s", "e")) {
            if (lower.endsWith(ending) && lower.length() - ending.length() >= 3) {
                return lower.substring(0, lower.length() - ending.length());
            }
        }
        return lower;
    }

    /** A question without end mark that the sentence answers; empty if it has no words to ask with. */
    String about(String sentence, Random random) {
        if (random.nextInt(100) < 55) {
            String turned = turned(sentence, random);
            if (!turned.isEmpty()) {
                return turned;
            }
        }
        List<String> phrases = phrases(sentence);
        if (phrases.isEmpty()) {
            return "";
        }
        String first = vary(phrases.get(random.nextInt(phrases.size())), random);
        String second = vary(phrases.get(random.nextInt(phrases.size())), random);
        return stem(first).equals(stem(second)) || random.nextBoolean()
                ? pick(ABOUT_ONE, random).replace("{a}", first)
                : pick(ABOUT_TWO, random).replace("{a}", first).replace("{b}", second);
    }

    /** Runs of up to three content words of which one at least is rare. */
    private List<String> phrases(String sentence) {
        List<String> phrases = new ArrayList<>();
        List<String> run = new ArrayList<>();
        for (String token : (sentence + " .").split(" ")) {
            String word = token.replaceAll("^[^A-Za-z0-9\\-]+|[^A-Za-z0-9]+$", "");
            boolean content = !word.isEmpty() && !isCommon(word);
            if (content) {
                run.add(word);
            }
            if (!content || run.size() == 3 || token.matches(".*[,.;:)]$")) {
                if (run.stream().anyMatch(one -> frequencies.getOrDefault(stem(one), 0) <= RARE * run.size())) {
                    phrases.add(String.join(" ", run));
                }
                run.clear();
            }
        }
        return phrases;
    }

    /** The sentence turned into a question around its verb; empty if that is not found. */
    private static String turned(String sentence, Random random) {
        String[] words = sentence.substring(0, sentence.length() - 1).split(" ");
        for (int at = 1; at < Math.min(words.length - 1, MAX_SUBJECT_WORDS + 1); at++) {
            String subject = String.join(" ", Arrays.copyOfRange(words, 0, at));
            if (subject.matches(".*[,:;()].*")
                    || subject.matches(
                            "(?i)(whether|how|why|where|who|which|as|for|in|on|to|from|with|at|after|before|or|and|it|they|this|that|these|what|if|when|there|nothing|all|so)\\b.*")) {
                return "";
            }
            String verb = words[at];
            boolean auxiliary = AUXILIARIES.contains(verb);
            if (!auxiliary && !VERBS.containsKey(verb) && !verb.equals("has")) {
                continue;
            }
            String named = subject.matches("(The|A|An|Each|Every|One|Some|Many|Both)\\b.*")
                    ? subject.substring(0, 1).toLowerCase(Locale.ROOT) + subject.substring(1)
                    : subject;
            String rest = String
                    .join(" ", Arrays.copyOfRange(words, at + 1, Math.min(words.length, at + 2 + random.nextInt(4))))
                    .replaceAll("[,;:(].*", "").strip();
            rest = rest.replaceAll("( (the|a|an|of|and|or|to|for|with|by|in|on|that|which|its|is|are))+$", "");
            String base = auxiliary ? verb : verb.equals("has") ? "have" : VERBS.get(verb);
            return auxiliary ? auxiliaryQuestion(named, verb, rest, random) : verbQuestion(named, base, rest, random);
        }
        return "";
    }

    private static String auxiliaryQuestion(String subject, String verb, String rest, Random random) {
        String inverted = verb.equals("cannot") ? "can " + subject + " not" : verb + " " + subject;
        return switch (random.nextInt(7)) {
            case 0 -> "what " + (verb.equals("cannot") ? "can " + subject + " not do" : verb + " " + subject);
            case 1 -> "why " + inverted + " " + rest;
            case 2 -> "how " + inverted + " " + rest;
            case 3 -> "when " + inverted + " " + rest;
            case 4 -> inverted + " " + rest;
            case 5 -> "what is " + subject;
            default -> "what " + verb + " " + rest;
        };
    }

    private static String verbQuestion(String subject, String base, String rest, Random random) {
        return switch (random.nextInt(7)) {
            case 0, 1 -> "what does " + subject + " " + base;
            case 2 -> "why does " + subject + " " + base + " " + rest;
            case 3 -> "how does " + subject + " " + base + " " + rest;
            case 4 -> "when does " + subject + " " + base + " " + rest;
            case 5 -> "what does " + subject + " do";
            default -> "does " + subject + " " + base + " " + rest;
        };
    }

    /** The words as somebody remembers them: another ending, no capitals. */
    private static String vary(String phrase, Random random) {
        String text = random.nextInt(3) == 0 ? phrase.toLowerCase(Locale.ROOT) : phrase;
        if (random.nextInt(4) == 0 && text.matches(".*[a-z]{4}")) {
            return text.endsWith("s") ? text.substring(0, text.length() - 1) : text + "s";
        }
        return text;
    }

    private static String pick(List<String> list, Random random) {
        return list.get(random.nextInt(list.size()));
    }
}
