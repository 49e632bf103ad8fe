package io.github.jnpu.samples.demo.corpus;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/** How people ask for capitals and sums, with places for what they ask for. */
final class PhraseBook {
    private final Map<String, List<String>> lists = new HashMap<>();

    PhraseBook() {
        for (String block : Corpus.text("phrasings").strip().split("\n\n+")) {
            List<String> lines = block.lines().toList();
            List<String> body = lines.subList(1, lines.size());
            lists.put(lines.getFirst().substring("list ".length()), body.size() == 1
                    ? Arrays.asList(body.getFirst().split(", *"))
                    : body.stream().flatMap(line -> PhrasePattern.parse(line, Map.of()).phrases().stream()).distinct()
                            .toList());
        }
    }

    List<String> list(String name) {
        List<String> list = lists.get(name);
        if (list == null) {
            throw new IllegalArgumentException("no list '%s' of phrasings".formatted(name));
        }
        return list;
    }

    String pick(String name, Random random) {
        List<String> list = list(name);
        return list.get(random.nextInt(list.size()));
    }

    /** The question as people type it. */
    static String write(String question, Random random) {
        String text = question;
        int dice = random.nextInt(100);
        if (dice < 4) {
            text = List.of("please ", "tell me, ", "hi, ", "ok, ", "question: ", "hello, ", "now ")
                    .get(random.nextInt(7)) + text;
        } else if (dice < 8) {
            text += List.of(", please", " please", " thanks", " exactly").get(random.nextInt(4));
        }
        int style = random.nextInt(100);
        if (style < 20) {
            text = text.toLowerCase(Locale.ROOT);
        } else if (style < 85) {
            text = capitalized(text);
        }
        int end = random.nextInt(100);
        return end < 60 ? text + "?" : end < 92 ? text : end < 97 ? text + "." : text + " ?";
    }

    static String capitalized(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }
}
