package io.github.jnpu.convert.random;

import io.github.jnpu.convert.gguf.GgufWriter;
import io.github.jnpu.convert.model.MetadataArray;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * A vocabulary of made-up words that any text can be written with.
 *
 * <p>Every piece of more than one character is the join of two earlier ones, as a trained vocabulary's are, so that the
 * tokenizers' merging reaches all of them.
 */
final class RandomVocabulary {
    private static final int MAX_PIECE = 12;
    // Token types of llama.cpp (enum llama_token_type).
    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int BYTE = 6;

    private final List<String> tokens = new ArrayList<>();
    private final List<Integer> types = new ArrayList<>();
    private final List<String> merges = new ArrayList<>();
    private final int size;

    private RandomVocabulary(int size) {
        this.size = size;
    }

    /** SentencePiece's kind: unknown, begin, end, 256 bytes, the characters, then pieces in the order of their scores. */
    static void writeSentencePiece(int size, RandomGenerator random, GgufWriter writer) {
        RandomVocabulary vocabulary = new RandomVocabulary(size);
        vocabulary.add("<unk>", UNKNOWN);
        vocabulary.add("<s>", CONTROL);
        vocabulary.add("</s>", CONTROL);
        for (int b = 0; b < 256; b++) {
            vocabulary.add(String.format(Locale.ROOT, "<0x%02X>", b), BYTE);
        }
        List<String> characters = new ArrayList<>(List.of("\u2581"));
        for (char c = '!'; c <= '~'; c++) {
            characters.add(String.valueOf(c));
        }
        characters.forEach(character -> vocabulary.add(character, NORMAL));
        vocabulary.invent("\u2581", size, random);
        float[] scores = new float[size];
        // Joined pieces have the best scores, in order; characters the worst, as in trained models.
        int firstPiece = 3 + 256 + characters.size();
        for (int i = 3 + 256; i < size; i++) {
            scores[i] = i < firstPiece ? firstPiece - i - size : firstPiece - i;
        }
        writer.put("tokenizer.ggml.model", "llama");
        writer.put("tokenizer.ggml.pre", "default");
        vocabulary.writeTokens(writer);
        writer.put("tokenizer.ggml.scores", new MetadataArray(scores, false));
        writer.putUnsigned("tokenizer.ggml.bos_token_id", 1);
        writer.putUnsigned("tokenizer.ggml.eos_token_id", 2);
        writer.putUnsigned("tokenizer.ggml.unknown_token_id", 0);
        writer.put("tokenizer.ggml.add_bos_token", true);
        writer.put("tokenizer.ggml.add_eos_token", false);
        writer.put("tokenizer.chat_template", """
                {{ bos_token }}{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}
                {% endfor %}{% if add_generation_prompt %}assistant:{% endif %}""");
    }

    /** GPT-2's kind as Qwen has it: 256 bytes as printable characters, joined pieces with merges, special tokens. */
    static void writeBytePair(int size, RandomGenerator random, GgufWriter writer) {
        List<String> special = List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>");
        RandomVocabulary vocabulary = new RandomVocabulary(size);
        for (int b = 0; b < 256; b++) {
            vocabulary.add(String.valueOf(byteCharacter(b)), NORMAL);
        }
        vocabulary.invent(String.valueOf(byteCharacter(' ')), size - special.size(), random);
        special.forEach(token -> vocabulary.add(token, CONTROL));
        int endOfText = size - special.size();
        writer.put("tokenizer.ggml.model", "gpt2");
        writer.put("tokenizer.ggml.pre", "qwen2");
        vocabulary.writeTokens(writer);
        writer.putStrings("tokenizer.ggml.merges", vocabulary.merges);
        writer.putUnsigned("tokenizer.ggml.bos_token_id", endOfText);
        writer.putUnsigned("tokenizer.ggml.eos_token_id", endOfText + 2);
        writer.putUnsigned("tokenizer.ggml.padding_token_id", endOfText);
        writer.put("tokenizer.ggml.add_bos_token", false);
        writer.put("tokenizer.chat_template", """
                {% for message in messages %}<|im_start|>{{ message['role'] }}
                {{ message['content'] }}<|im_end|>
                {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
                {% endif %}""");
    }

    /**
     * GPT-2's printable stand-in for a byte: printable Latin-1 characters stand for themselves, the others follow from
     * U+0100 on in order.
     */
    private static char byteCharacter(int value) {
        int others = 0;
        for (int b = 0; b <= value; b++) {
            boolean printable = b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
            if (b == value && printable) {
                return (char) value;
            }
            if (!printable) {
                others++;
            }
        }
        return (char) (0x100 + others - 1);
    }

    private void add(String token, int type) {
        tokens.add(token);
        types.add(type);
    }

    /** Joins pieces, most of them words with their space in front, until there are {@code end} tokens. */
    private void invent(String space, int end, RandomGenerator random) {
        List<String> starts = new ArrayList<>(List.of(space));
        List<String> pieces = new ArrayList<>();
        // As often as they occur in English, roughly; the pieces made of them are picked as often again.
        for (String letter : "eeeetttaaaooiinnsshhrrdlcumwfgypbvk".split("")) {
            pieces.add(letter);
        }
        Set<String> known = new HashSet<>(tokens);
        while (tokens.size() < end) {
            boolean wordStart = random.nextInt(3) > 0;
            String left = pick(wordStart ? starts : pieces, random);
            String right = pick(pieces, random);
            String joined = left + right;
            if (joined.length() <= MAX_PIECE && known.add(joined)) {
                add(joined, NORMAL);
                merges.add(left + " " + right);
                (wordStart ? starts : pieces).add(joined);
            }
        }
    }

    /** Early pieces are short and common: prefer them. */
    private static String pick(List<String> from, RandomGenerator random) {
        return from.get(Math.min(random.nextInt(from.size()), random.nextInt(from.size())));
    }

    private void writeTokens(GgufWriter writer) {
        if (tokens.size() != size) {
            throw new IllegalStateException("vocabulary of %d instead of %d".formatted(tokens.size(), size));
        }
        writer.putStrings("tokenizer.ggml.tokens", tokens);
        writer.put("tokenizer.ggml.token_type",
                new MetadataArray(types.stream().mapToInt(Integer::intValue).toArray(), false));
    }
}
