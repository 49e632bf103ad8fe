package io.github.jnpu.engine.store;

import java.util.List;
import java.util.Optional;

/**
 * A stored model's configuration blob.
 *
 * @param format
 *            {@code gguf} or {@code safetensors}
 * @param family
 *            the architecture, for example {@code llama}
 * @param parameterSize
 *            for people: {@code 3.2B}
 * @param quantization
 *            for people: {@code Q4_K_M}
 * @param renderer
 *            the name of a prompt layout that is built into Ollama
 * @param parser
 *            the name of an answer format that is built into Ollama
 */
public record ModelConfiguration(Optional<String> format, Optional<String> family, List<String> families,
        Optional<String> parameterSize, Optional<String> quantization, Optional<String> renderer,
        Optional<String> parser) {

    static final ModelConfiguration EMPTY = new ModelConfiguration(Optional.empty(), Optional.empty(), List.of(),
            Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    public ModelConfiguration {
        families = List.copyOf(families);
    }
}
