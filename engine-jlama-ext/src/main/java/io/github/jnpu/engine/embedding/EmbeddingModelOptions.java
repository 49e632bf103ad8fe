package io.github.jnpu.engine.embedding;

import java.util.Objects;
import java.util.Optional;

/**
 * How to load an embedding model.
 *
 * @param contextLength
 *            tokens of a text at most; 0 for what the model was made for, up to 2048; larger values are capped there
 * @param threads
 *            cores to use; 0 for all physical cores that this process may use
 * @param backend
 *            the name of the backend that must be used, perhaps with a device: {@code vector}, {@code onnxruntime:webgpu}; empty for the best one
 */
public record EmbeddingModelOptions(int contextLength, int threads, Optional<String> backend) {
    public static final EmbeddingModelOptions DEFAULT = new EmbeddingModelOptions(0, 0, Optional.empty());

    public EmbeddingModelOptions {
        Objects.requireNonNull(backend, "backend");
        if (contextLength < 0 || threads < 0) {
            throw new IllegalArgumentException(
                    "contextLength and threads must not be negative: %d, %d".formatted(contextLength, threads));
        }
    }

    public EmbeddingModelOptions withContextLength(int value) {
        return new EmbeddingModelOptions(value, threads, backend);
    }

    public EmbeddingModelOptions withThreads(int value) {
        return new EmbeddingModelOptions(contextLength, value, backend);
    }

    public EmbeddingModelOptions withBackend(String value) {
        return new EmbeddingModelOptions(contextLength, threads, Optional.of(value));
    }
}
