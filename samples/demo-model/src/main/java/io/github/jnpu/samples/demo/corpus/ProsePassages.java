package io.github.jnpu.samples.demo.corpus;

import io.github.jnpu.samples.demo.corpus.PassageTask.Asked;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Passages of the project's own prose, asked about by words of a sentence, and of sentences with freely written questions. A
 * question fits one sentence of the passages only: no other one has half as many of its words.
 */
final class ProsePassages {
    private static final int HELD_OUT_PERCENT = 6;
    private static final int NOT_SAID_PERCENT = 14;
    private static final int TRIES = 60;

    private final List<List<String>> paragraphs = new ArrayList<>();
    private final List<List<String>> heldOutParagraphs = new ArrayList<>();
    private final List<Pair> pairs = new ArrayList<>();
    private final List<Pair> heldOutPairs = new ArrayList<>();
    private final ProseQuestions questions;
    private final Map<String, Set<String>> stemsOfSentences = new HashMap<>();

    /** A sentence and how people ask for it. */
    private record Pair(String sentence, List<String> questions) {}

    ProsePassages() {
        List<String> sentences = new ArrayList<>();
        for (String block : Corpus.text("sentences").strip().split("\n\n+")) {
            // A paragraph is held out as a whole.
            List<String> paragraph = block.lines().toList();
            (isHeldOut(paragraph.getFirst()) ? heldOutParagraphs : paragraphs).add(paragraph);
            sentences.addAll(paragraph);
        }
        for (String block : Corpus.text("pairs").strip().split("\n\n+")) {
            List<String> lines = block.lines().toList();
            Pair pair = new Pair(lines.getFirst(), lines.subList(1, lines.size()));
            (isHeldOut(pair.sentence) ? heldOutPairs : pairs).add(pair);
        }
        questions = new ProseQuestions(sentences);
    }

    static boolean isHeldOut(String sentence) {
        return HeldOut.is(sentence, HELD_OUT_PERCENT);
    }

    /**
     * The next passages.
     *
     * @param heldOut
     *            true for a sentence that the training never shows, false for the training
     */
    PassageTask draw(Random random, int maxSentences, boolean heldOut) {
        return random.nextInt(100) < 30 ? pair(random, maxSentences, heldOut) : prose(random, maxSentences, heldOut);
    }

    private PassageTask prose(Random random, int maxSentences, boolean heldOut) {
        for (int i = 0; i < TRIES; i++) {
            List<String> paragraph = pick(heldOut ? heldOutParagraphs : paragraphs, random);
            String target = pick(paragraph, random);
            String question = questions.about(target, random);
            if (question.isEmpty()) {
                continue;
            }
            List<List<String>> passages = surround(paragraph, question, target, maxSentences, random);
            if (!passages.isEmpty()) {
                return task(passages, question, target, heldOut, random);
            }
        }
        throw new IllegalStateException("no sentence of the prose can be asked about");
    }

    private PassageTask pair(Random random, int maxSentences, boolean heldOut) {
        for (int i = 0; i < TRIES; i++) {
            Pair pair = pick(heldOut ? heldOutPairs : pairs, random);
            String question = pick(pair.questions, random);
            List<List<String>> passages = surround(List.of(pair.sentence), question, pair.sentence, maxSentences,
                    random);
            if (!passages.isEmpty()) {
                return task(passages, question, pair.sentence, heldOut, random);
            }
        }
        throw new IllegalStateException("no pair can be asked about");
    }

    /** The task, sometimes without its answer, and in training with more questions about the same passages. */
    private PassageTask task(List<List<String>> passages, String question, String target, boolean heldOut,
            Random random) {
        List<Asked> asked = new ArrayList<>();
        List<List<String>> shown = passages;
        int sentences = passages.stream().mapToInt(List::size).sum();
        if (sentences > 1 && random.nextInt(100) < NOT_SAID_PERCENT) {
            shown = passages.stream().map(passage -> passage.stream().filter(other -> !other.equals(target)).toList())
                    .filter(passage -> !passage.isEmpty()).toList();
            asked.add(new Asked(question, PassageTask.NOT_SAID));
        } else {
            asked.add(new Asked(question, target));
        }
        if (!heldOut) {
            List<String> all = shown.stream().flatMap(List::stream).filter(other -> !other.equals(target)).toList();
            for (int i = 0; i < 2 && !all.isEmpty(); i++) {
                String other = pick(all, random);
                String more = questions.about(other, random);
                if (!more.isEmpty() && asked.stream().noneMatch(one -> one.answer().equals(other))
                        && shown.stream().flatMap(List::stream)
                                .allMatch(one -> one.equals(other) || !competes(more, other, one))) {
                    asked.add(new Asked(more, other));
                }
            }
        }
        return new PassageTask(shown, asked);
    }

    /** The paragraph, in passages with other ones; empty if the question fits one of their sentences too. */
    private List<List<String>> surround(List<String> paragraph, String question, String target, int maxSentences,
            Random random) {
        List<List<String>> passages = new ArrayList<>();
        passages.add(paragraph);
        if (paragraph.stream().anyMatch(other -> !other.equals(target) && competes(question, target, other))) {
            return List.of();
        }
        int count = paragraph.size();
        int wanted = random.nextInt(2, maxSentences + 1);
        for (int i = 0; i < TRIES && count < wanted; i++) {
            List<String> other = random.nextInt(3) == 0
                    ? List.of(pick(pairs, random).sentence)
                    : pick(paragraphs, random);
            if (count + other.size() <= wanted && !passages.contains(other)
                    && other.stream().noneMatch(sentence -> competes(question, target, sentence))) {
                passages.add(other);
                count += other.size();
            }
        }
        Collections.shuffle(passages, random);
        if (random.nextInt(100) < 35) {
            return List.of(passages.stream().flatMap(List::stream).toList());
        }
        return passages;
    }

    /** Whether a sentence has at least half as many of the question's words as the one that answers it. */
    private boolean competes(String question, String target, String other) {
        Set<String> asked = stems(question);
        int right = shared(asked, target);
        return shared(asked, other) * 2 >= Math.max(1, right);
    }

    private int shared(Set<String> asked, String sentence) {
        Set<String> words = stemsOfSentences.computeIfAbsent(sentence, this::stems);
        return (int) asked.stream().filter(words::contains).count();
    }

    private Set<String> stems(String text) {
        Set<String> stems = new HashSet<>();
        Arrays.stream(text.split("[^A-Za-z0-9]+")).filter(word -> !questions.isCommon(word))
                .forEach(word -> stems.add(ProseQuestions.stem(word)));
        return stems;
    }

    private static <T> T pick(List<T> list, Random random) {
        return list.get(random.nextInt(list.size()));
    }
}
