package io.github.jnpu.engine.jlama;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.convert.graph.Operation;
import io.github.jnpu.convert.graph.RopeFrequencies;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelTensor;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A network by its GGUF tensor names, and whether jlama has the code for it. Touches no class of jlama.
 *
 * @param tensors
 *            by GGUF name
 * @param rope
 *            the angles of every layer
 */
record JlamaNetwork(ModelConfig config, Map<String, ModelTensor> tensors, RopeFrequencies rope) {
    static final Set<String> ARCHITECTURES = Set.of("llama", "qwen2");

    private static final List<String> QKV = List.of("attn_q", "attn_k", "attn_v");

    JlamaNetwork {
        tensors = Map.copyOf(tensors);
    }

    static JlamaNetwork of(DecoderGraph graph) {
        Map<String, ModelTensor> tensors = new HashMap<>();
        RopeFrequencies[] rope = new RopeFrequencies[1];
        graph.operations()
                .forEach(operation -> {
                    switch (operation) {
                        case Operation.TokenEmbedding embedding -> put(tensors, embedding.table());
                        case Operation.RmsNorm norm -> put(tensors, norm.gain());
                        case Operation.Projection projection -> {
                            put(tensors, projection.weight());
                            projection.bias().ifPresent(bias -> put(tensors, bias));
                        }
                        case Operation.Rope turn -> rope[0] = turn.frequencies();
                        case Operation.StreamInput _,Operation.Attention _,Operation.GatedActivation _,Operation.Add _ ->
                            {
                        }
                    }
                });
        return new JlamaNetwork(graph.config(), tensors,
                rope[0] == null ? RopeFrequencies.of(graph.config().rope(), new float[0]) : rope[0]);
    }

    private static void put(Map<String, ModelTensor> tensors, ModelTensor tensor) {
        tensors.put(tensor.name(), tensor);
    }

    /** Why jlama cannot run it, in one line; empty if it can. */
    Optional<String> refusal() {
        if (!ARCHITECTURES.contains(config.architecture())) {
            return Optional.of("jlama's classes are wired for %s, not for '%s'"
                    .formatted(String.join(" and ", ARCHITECTURES.stream().sorted().toList()), config.architecture()));
        }
        if (config.keyLength() != config.valueLength()
                || config.heads() * config.keyLength() != config.embeddingLength()) {
            return Optional.of("jlama wants heads of width %d / %d, this model's have %d".formatted(
                    config.embeddingLength(), config.heads(), config.keyLength()));
        }
        if (config.rope().dimensions() != config.keyLength()) {
            return Optional.of("jlama turns whole heads, this model only %d of %d features".formatted(
                    config.rope().dimensions(), config.keyLength()));
        }
        return biasRefusal();
    }

    /** jlama's llama adds no bias at all, its qwen2 always those of query, key and value. */
    private Optional<String> biasRefusal() {
        boolean wantsBias = config.architecture().equals("qwen2");
        for (String name : tensors.keySet()) {
            if (name.endsWith(".bias") && !(wantsBias && QKV.stream().anyMatch(part -> name.contains(part)))) {
                return Optional.of("jlama's %s has no place for '%s'".formatted(config.architecture(), name));
            }
        }
        for (int layer = 0; wantsBias && layer < config.layers(); layer++) {
            for (String part : QKV) {
                String name = "blk.%d.%s.bias".formatted(layer, part);
                if (!tensors.containsKey(name)) {
                    return Optional.of("jlama's qwen2 needs '%s', which the file lacks".formatted(name));
                }
            }
        }
        return Optional.empty();
    }
}
