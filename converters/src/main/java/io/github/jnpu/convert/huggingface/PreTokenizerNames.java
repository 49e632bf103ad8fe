package io.github.jnpu.convert.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.convert.model.ModelFormatException;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The name that GGUF gives to the way in which a byte-level BPE tokenizer cuts text into words, told by its expressions. */
final class PreTokenizerNames {
    private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|";
    private static final String GENERAL_REST = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String GPT4O_WORDS = "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
            + "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    /** By the steps, written as {@link #steps} does. */
    private static final Map<String, String> NAMES = Map.of("gpt2", "gpt-2", "digits gpt2", "smollm",
            CONTRACTIONS + "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}" + GENERAL_REST, "llama-bpe",
            CONTRACTIONS + "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" + GENERAL_REST, "qwen2",
            GPT4O_WORDS, "gpt-4o");

    private PreTokenizerNames() {}

    /**
     * The name.
     *
     * @throws ModelFormatException
     *             if the steps are unknown: another name would cut other words, and nobody would notice
     */
    static String of(JsonFile tokenizer) {
        String steps = String.join(" ", steps(tokenizer.path("pre_tokenizer"), tokenizer));
        String name = NAMES.get(steps);
        if (name == null) {
            throw tokenizer.invalid(
                    "its pre-tokenizer is not one that jnpu knows by name (%s); convert the model with llama.cpp's convert_hf_to_gguf.py"
                            .formatted(ModelFormatException.printable(steps)));
        }
        return name;
    }

    private static List<String> steps(JsonNode node, JsonFile tokenizer) {
        List<String> steps = new ArrayList<>();
        switch (node.path("type").asText()) {
            case "Sequence" -> node.path("pretokenizers").forEach(part -> steps.addAll(steps(part, tokenizer)));
            case "ByteLevel" -> {
                if (node.path("use_regex").asBoolean(true)) {
                    steps.add("gpt2");
                }
            }
            case "Digits" -> steps.add(node.path("individual_digits").asBoolean() ? "digits" : "numbers");
            case "Split" -> {
                // As the pieces of text that stay whole; "removed" would lose text.
                String regex = node.path("pattern").path("Regex").asText();
                steps.add(node.path("behavior").asText().equals("Isolated") && !node.path("invert").asBoolean()
                        ? regex
                        : "split " + node.path("behavior").asText() + " " + regex);
            }
            default -> steps.add(node.path("type").asText("none"));
        }
        return steps;
    }
}
