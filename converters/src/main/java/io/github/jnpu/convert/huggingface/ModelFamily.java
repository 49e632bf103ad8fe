package io.github.jnpu.convert.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.convert.model.ModelFormatException;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The architectures that can be read, with GGUF's names of their parts.
 *
 * @param architecture
 *            GGUF's name
 * @param pairsNeighbours
 *            whether GGUF's rope turns neighbouring features; Hugging Face's turns feature i with feature i + half, so the rows of
 *            queries and keys change places
 */
record ModelFamily(String architecture, boolean pairsNeighbours) {
    private static final Map<String, ModelFamily> FAMILIES = Map.of("llama", new ModelFamily("llama", true),
            "mistral", new ModelFamily("llama", true), "qwen2", new ModelFamily("qwen2", false), "qwen3",
            new ModelFamily("qwen3", false));
    private static final Pattern LAYER = Pattern.compile("(?:model\\.)?layers\\.(\\d{1,4})\\.(.+)\\.(weight|bias)");
    private static final Map<String, String> OUTSIDE = Map.of("embed_tokens.weight", "token_embd.weight",
            "norm.weight", "output_norm.weight", "lm_head.weight", "output.weight");
    private static final Map<String, String> INSIDE = Map.ofEntries(Map.entry("input_layernorm", "attn_norm"),
            Map.entry("post_attention_layernorm", "ffn_norm"), Map.entry("self_attn.q_proj", "attn_q"),
            Map.entry("self_attn.k_proj", "attn_k"), Map.entry("self_attn.v_proj", "attn_v"),
            Map.entry("self_attn.o_proj", "attn_output"), Map.entry("self_attn.q_norm", "attn_q_norm"),
            Map.entry("self_attn.k_norm", "attn_k_norm"), Map.entry("mlp.gate_proj", "ffn_gate"),
            Map.entry("mlp.up_proj", "ffn_up"), Map.entry("mlp.down_proj", "ffn_down"));
    /** Tables that can be computed, kept by old checkpoints. */
    private static final Pattern COMPUTED = Pattern.compile(".*rotary_emb\\.inv_freq|.*attn\\.(masked_)?bias");

    /**
     * The family of a folder.
     *
     * @throws ModelFormatException
     *             if it is none that can be read
     */
    static ModelFamily of(JsonFile config) {
        String type = config.path("model_type").asText("");
        ModelFamily family = FAMILIES.get(type);
        if (family == null) {
            throw config.invalid("models of type '%s' cannot be read; those of type %s can".formatted(
                    ModelFormatException.printable(type), String.join(", ", FAMILIES.keySet().stream().sorted()
                            .toList())));
        }
        JsonNode quantization = config.path("quantization_config").path("quant_method");
        if (quantization.isTextual()) {
            throw config.invalid("weights quantised by '%s' cannot be read; take the original model"
                    .formatted(ModelFormatException.printable(quantization.asText())));
        }
        return family;
    }

    /**
     * GGUF's name of a tensor; empty for one that is not needed.
     *
     * @throws ModelFormatException
     *             if the tensor is unknown, so that nothing is lost unseen
     */
    Optional<String> tensor(String name, JsonFile config) {
        if (COMPUTED.matcher(name).matches()) {
            return Optional.empty();
        }
        String outside = OUTSIDE.get(name.startsWith("model.") ? name.substring("model.".length()) : name);
        if (outside != null) {
            return Optional.of(outside);
        }
        Matcher matcher = LAYER.matcher(name);
        String inside = matcher.matches() ? INSIDE.get(matcher.group(2)) : null;
        if (inside == null) {
            throw config.invalid("tensor '%s' is not one of a %s model".formatted(ModelFormatException.printable(
                    name), architecture));
        }
        return Optional.of("blk.%d.%s.%s".formatted(Integer.parseInt(matcher.group(1)), inside, matcher.group(3)));
    }

    /** How many heads the rows of a tensor belong to, if they change places. */
    Optional<String> permutedBy(String ggufName) {
        if (!pairsNeighbours) {
            return Optional.empty();
        }
        return List.of("attn_q.", "attn_k.").stream().filter(ggufName::contains).findFirst().map(part -> part.equals(
                "attn_q.") ? "attention.head_count" : "attention.head_count_kv");
    }
}
