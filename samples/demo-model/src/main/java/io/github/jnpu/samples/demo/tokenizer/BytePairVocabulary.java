package io.github.jnpu.samples.demo.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A byte-level byte-pair vocabulary as GPT-2 has it: ids 0 to 255 are bytes, then one id per merge, then special tokens.
 * Not thread-safe.
 */
public final class BytePairVocabulary {
    public static final String END_OF_TEXT = "<|endoftext|>";
    public static final String MESSAGE_START = "<|im_start|>";
    public static final String MESSAGE_END = "<|im_end|>";
    private static final List<String> SPECIAL = List.of(END_OF_TEXT, MESSAGE_START, MESSAGE_END);

    /** GPT-2's rule of what may not be merged with what; GGUF calls it "gpt-2". */
    private static final Pattern WORDS = Pattern.compile(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+");

    /**
     * Two neighbouring tokens that become one.
     */
    public record Merge(int left, int right) {}

    private final List<Merge> merges;
    private final Map<Merge, Integer> ranks = new HashMap<>();
    private final Map<String, int[]> words = new HashMap<>();

    public BytePairVocabulary(List<Merge> merges) {
        this.merges = List.copyOf(merges);
        for (int i = 0; i < merges.size(); i++) {
            ranks.put(merges.get(i), i);
        }
    }

    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        Matcher matcher = WORDS.matcher(text);
        while (matcher.find()) {
            words.add(matcher.group());
        }
        return words;
    }

    public int size() {
        return 256 + merges.size() + SPECIAL.size();
    }

    /** The id of one of the special tokens. */
    public int special(String token) {
        int index = SPECIAL.indexOf(token);
        if (index < 0) {
            throw new IllegalArgumentException("no special token '%s'".formatted(token));
        }
        return 256 + merges.size() + index;
    }

    /** The ids of a text; special tokens in it are plain text. */
    public int[] encode(String text) {
        return words(text).stream().flatMapToInt(word -> java.util.Arrays.stream(
                words.computeIfAbsent(word, this::encodeWord))).toArray();
    }

    private int[] encodeWord(String word) {
        List<Integer> ids = new ArrayList<>();
        for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
            ids.add(b & 0xff);
        }
        while (true) {
            int best = Integer.MAX_VALUE;
            for (int i = 0; i + 1 < ids.size(); i++) {
                best = Math.min(best, ranks.getOrDefault(new Merge(ids.get(i), ids.get(i + 1)), Integer.MAX_VALUE));
            }
            if (best == Integer.MAX_VALUE) {
                return ids.stream().mapToInt(Integer::intValue).toArray();
            }
            apply(merges.get(best), 256 + best, ids);
        }
    }

    /** Joins all occurrences, from the left. */
    static void apply(Merge merge, int joined, List<Integer> ids) {
        for (int i = 0; i + 1 < ids.size(); i++) {
            if (ids.get(i) == merge.left() && ids.get(i + 1) == merge.right()) {
                ids.set(i, joined);
                ids.remove(i + 1);
            }
        }
    }

    /** Every token as GGUF spells it: bytes as GPT-2's printable stand-ins. */
    public List<String> pieces() {
        List<String> pieces = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            pieces.add(String.valueOf(standIn(b)));
        }
        for (Merge merge : merges) {
            pieces.add(pieces.get(merge.left()) + pieces.get(merge.right()));
        }
        pieces.addAll(SPECIAL);
        return pieces;
    }

    /** The merges as GGUF spells them, best first. */
    public List<String> mergePieces() {
        List<String> pieces = pieces();
        return merges.stream().map(merge -> pieces.get(merge.left()) + " " + pieces.get(merge.right())).toList();
    }

    public boolean isSpecial(int id) {
        return id >= 256 + merges.size();
    }

    /** Bytes that print stand for themselves, the others for U+0100 and up in order (GPT-2's bytes_to_unicode). */
    private static char standIn(int b) {
        if (prints(b)) {
            return (char) b;
        }
        int index = 0;
        for (int i = 0; i < b; i++) {
            index += prints(i) ? 0 : 1;
        }
        return (char) (256 + index);
    }

    private static boolean prints(int b) {
        return b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE && b <= 0xFF;
    }
}
