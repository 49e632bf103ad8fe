package io.github.jnpu.samples.demo.corpus;

import io.github.jnpu.samples.demo.corpus.PassageTask.Asked;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Passages of facts about invented towns, people, chips, programs and other things. The sentences around the right one tell
 * the same of other things, or other facts of the same thing, so that only both together lead to it.
 */
final class FactPassages {
    private static final int HELD_OUT_FORMS_PERCENT = 4;
    private static final int PRONOUN_PERCENT = 15;
    private static final int NOT_SAID_PERCENT = 14;

    private final InventedValues values = new InventedValues();
    private final List<Group> groups = new ArrayList<>();

    private record Fact(List<String> sentences, List<String> questions) {}

    private record Group(String kind, List<Fact> facts) {}

    /** A fact of one thing, with its values. */
    private record Statement(String entity, Fact fact, Map<String, String> bound, String sentence) {}

    FactPassages() {
        for (String block : Corpus.text("facts").strip().split("\n\n+")) {
            List<String> lines = block.lines().toList();
            Group group = new Group(lines.getFirst().substring("about ".length()), new ArrayList<>());
            groups.add(group);
            boolean asking = true;
            for (String line : lines.subList(1, lines.size())) {
                boolean question = line.startsWith("q ");
                if (!question && asking) {
                    group.facts.add(new Fact(new ArrayList<>(), new ArrayList<>()));
                }
                asking = question;
                (question ? group.facts.getLast().questions : group.facts.getLast().sentences).add(line.substring(2));
            }
        }
    }

    /**
     * The next passages.
     *
     * @param heldOut
     *            true for a thing or a form of question that the training never asks about, false for the training
     */
    PassageTask draw(Random random, int maxSentences, boolean heldOut) {
        Group group = pick(groups, random);
        int entities = random.nextInt(100) < 25 ? 1 : random.nextInt(2, 5);
        boolean sameFact = entities > 1 && random.nextInt(100) < 35;
        int count = random.nextInt(2, maxSentences + 1);
        Fact shared = pick(group.facts, random);
        Map<String, List<Statement>> byEntity = new LinkedHashMap<>();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < entities; i++) {
            names.add(heldOut && i == 0 ? values.any(group.kind, random) : values.draw(group.kind, random));
        }
        for (int i = 0; i < count; i++) {
            String entity = names.get(i < entities ? i : random.nextInt(entities));
            Fact fact = sameFact && i < entities ? shared : pick(group.facts, random);
            List<Statement> told = byEntity.computeIfAbsent(entity, _ -> new ArrayList<>());
            if (told.stream().noneMatch(other -> other.fact == fact)) {
                told.add(state(entity, fact, random));
            }
        }
        Statement target = pick(byEntity.get(names.getFirst()), random);
        String form = pick(target.fact.questions, random);
        if (heldOut != (InventedValues.isHeldOut(target.entity) || isHeldOutForm(form))) {
            return draw(random, maxSentences, heldOut);
        }
        boolean said = random.nextInt(100) >= NOT_SAID_PERCENT
                || byEntity.values().stream().mapToInt(List::size).sum() < 2;
        if (!said) {
            byEntity.get(target.entity).remove(target);
        }
        List<Asked> asked = new ArrayList<>();
        Map<Statement, String> written = new HashMap<>();
        List<List<String>> passages = passages(byEntity, !group.kind.equals("person"), written, random);
        asked.add(new Asked(question(form, target, random), said ? written.get(target) : PassageTask.NOT_SAID));
        if (!heldOut) {
            List<Statement> others = new ArrayList<>(written.keySet().stream().filter(other -> other != target)
                    .sorted((a, b) -> a.sentence.compareTo(b.sentence)).toList());
            Collections.shuffle(others, random);
            for (Statement other : others.subList(0, Math.min(others.size(), 3))) {
                String otherForm = pick(other.fact.questions, random);
                if (!isHeldOutForm(otherForm)) {
                    asked.add(new Asked(question(otherForm, other, random), written.get(other)));
                }
            }
        }
        return new PassageTask(passages, asked);
    }

    static boolean isHeldOutForm(String question) {
        return HeldOut.is(question, HELD_OUT_FORMS_PERCENT);
    }

    /** One passage a thing, or all sentences in one passage in any order. */
    private static List<List<String>> passages(Map<String, List<Statement>> byEntity, boolean pronouns,
            Map<Statement, String> written, Random random) {
        List<List<Statement>> groups = new ArrayList<>();
        if (random.nextInt(100) < 40) {
            List<Statement> all = new ArrayList<>(byEntity.values().stream().flatMap(List::stream).toList());
            Collections.shuffle(all, random);
            groups.add(all);
        } else {
            byEntity.values().stream().filter(group -> !group.isEmpty()).forEach(groups::add);
            Collections.shuffle(groups, random);
        }
        List<List<String>> passages = new ArrayList<>();
        for (List<Statement> group : groups) {
            List<String> passage = new ArrayList<>();
            String before = "";
            for (Statement statement : group) {
                String sentence = statement.sentence;
                if (pronouns && statement.entity.equals(before) && random.nextInt(100) < PRONOUN_PERCENT) {
                    sentence = withPronoun(sentence, statement.entity);
                }
                before = statement.entity;
                written.put(statement, sentence);
                passage.add(sentence);
            }
            passages.add(passage);
        }
        return passages;
    }

    private static String withPronoun(String sentence, String entity) {
        for (String subject : List.of(entity + " ", "The " + entity + " ")) {
            if (sentence.startsWith(subject)) {
                return "It " + sentence.substring(subject.length());
            }
        }
        return sentence;
    }

    private Statement state(String entity, Fact fact, Random random) {
        Map<String, String> bound = new HashMap<>();
        bound.put("x", entity);
        String sentence = fill(pick(fact.sentences, random), bound, random);
        return new Statement(entity, fact, bound,
                sentence.substring(0, 1).toUpperCase(Locale.ROOT) + sentence.substring(1));
    }

    private String question(String form, Statement statement, Random random) {
        return fill(form, statement.bound, random);
    }

    /** Takes one of each choice, and the values that are bound or new ones. */
    private String fill(String pattern, Map<String, String> bound, Random random) {
        String text = pattern;
        // The innermost choices first.
        for (int end = text.indexOf(']'); end >= 0; end = text.indexOf(']')) {
            int start = text.lastIndexOf('[', end);
            String[] parts = text.substring(start + 1, end).split("\\|", -1);
            text = text.substring(0, start) + parts[random.nextInt(parts.length)] + text.substring(end + 1);
        }
        for (int start = text.indexOf('{'); start >= 0; start = text.indexOf('{')) {
            int end = text.indexOf('}', start);
            String slot = text.substring(start + 1, end);
            String value = bound.get(slot);
            if (value == null) {
                do {
                    value = values.draw(slot.replaceAll("[0-9]$", ""), random);
                } while (bound.containsValue(value));
                bound.put(slot, value);
            }
            text = text.substring(0, start) + value + text.substring(end + 1);
        }
        return text.replaceAll(" +", " ").replace(" .", ".").strip();
    }

    private static <T> T pick(List<T> list, Random random) {
        return list.get(random.nextInt(list.size()));
    }
}
