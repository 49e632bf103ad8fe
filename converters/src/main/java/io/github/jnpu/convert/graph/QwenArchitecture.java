package io.github.jnpu.convert.graph;

import io.github.jnpu.convert.graph.Operation.RopeLayout;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelSource;

import java.util.List;

/** Qwen 2 and 2.5 (biases on queries, keys and values) and Qwen 3 (norms of query and key heads). */
public final class QwenArchitecture implements Architecture {

    @Override
    public List<String> supportedNames() {
        return List.of("qwen2", "qwen3");
    }

    @Override
    public DecoderGraph build(ModelConfig config, ModelSource source) {
        for (int i = 0; i < config.layers(); i++) {
            // Without them the graph would be another network, so a file that lacks them is broken.
            if (config.architecture().equals("qwen3")) {
                source.requireTensor("blk." + i + ".attn_q_norm.weight");
                source.requireTensor("blk." + i + ".attn_k_norm.weight");
            } else {
                source.requireTensor("blk." + i + ".attn_q.bias");
                source.requireTensor("blk." + i + ".attn_k.bias");
                source.requireTensor("blk." + i + ".attn_v.bias");
            }
        }
        return new DenseDecoder(config, source, RopeLayout.HALVES).build();
    }
}
