package io.github.jnpu.convert.graph;

import io.github.jnpu.convert.graph.Operation.RopeLayout;
import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelSource;

import java.util.List;

/** Llama 2 and 3, Mistral, SmolLM, TinyLlama: GGUF files of architecture {@code llama}. */
public final class LlamaArchitecture implements Architecture {

    @Override
    public List<String> supportedNames() {
        return List.of("llama");
    }

    @Override
    public DecoderGraph build(ModelConfig config, ModelSource source) {
        // The converter to GGUF reorders the rows of queries and keys so that pairs are adjacent.
        return new DenseDecoder(config, source, RopeLayout.ADJACENT).build();
    }
}
