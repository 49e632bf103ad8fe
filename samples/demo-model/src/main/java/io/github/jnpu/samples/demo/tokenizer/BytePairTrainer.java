package io.github.jnpu.samples.demo.tokenizer;

import io.github.jnpu.samples.demo.tokenizer.BytePairVocabulary.Merge;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Finds the merges of a byte-pair vocabulary (Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with
 * Subword Units"): again and again the pair of neighbours that occurs most often. The result depends only on the texts.
 */
public final class BytePairTrainer {
    private static final int MIN_OCCURRENCES = 2;

    private final Map<String, Long> counts = new TreeMap<>();

    private record Word(List<Integer> ids, long count) {}

    public void add(String text) {
        for (String word : BytePairVocabulary.words(text)) {
            counts.merge(word, 1L, Long::sum);
        }
    }

    /**
     * Learns from the texts added so far.
     *
     * @param size
     *            tokens in the vocabulary at most, bytes and special tokens included; fewer if no pair occurs twice
     */
    public BytePairVocabulary train(int size) {
        List<Word> words = new ArrayList<>();
        counts.forEach((word, count) -> {
            List<Integer> ids = new ArrayList<>();
            for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
                ids.add(b & 0xff);
            }
            words.add(new Word(ids, count));
        });
        List<Merge> merges = new ArrayList<>();
        int wanted = size - new BytePairVocabulary(List.of()).size();
        while (merges.size() < wanted) {
            Map<Merge, Long> pairs = new HashMap<>();
            for (Word word : words) {
                for (int i = 0; i + 1 < word.ids().size(); i++) {
                    pairs.merge(new Merge(word.ids().get(i), word.ids().get(i + 1)), word.count(), Long::sum);
                }
            }
            Map.Entry<Merge, Long> best = pairs.entrySet().stream().max(Map.Entry.<Merge, Long>comparingByValue()
                    .thenComparing(Map.Entry.comparingByKey(
                            Comparator.comparingInt(Merge::left).thenComparingInt(Merge::right).reversed())))
                    .orElse(null);
            if (best == null || best.getValue() < MIN_OCCURRENCES) {
                break;
            }
            int joined = 256 + merges.size();
            merges.add(best.getKey());
            words.forEach(word -> BytePairVocabulary.apply(best.getKey(), joined, word.ids()));
        }
        return new BytePairVocabulary(merges);
    }
}
