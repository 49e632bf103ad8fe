package io.github.jnpu.engine.embedding;

import io.github.jnpu.engine.placement.PlacementWish;

import java.util.Objects;

/**
 * How to load an embedding model.
 *
 * @param contextLength
 *            tokens of a text at most; 0 for what the model was made for, up to 2048; larger values are capped there
 * @param threads
 *            cores to use; 0 for all physical cores that this process may use
 * @param place
 *            what runs it, under the stage {@code embed}
 */
public record EmbeddingModelOptions(int contextLength, int threads, PlacementWish place) {
    public static final EmbeddingModelOptions DEFAULT = new EmbeddingModelOptions(0, 0, PlacementWish.AUTO);

    public EmbeddingModelOptions {
        Objects.requireNonNull(place, "place");
        if (contextLength < 0 || threads < 0) {
            throw new IllegalArgumentException(
                    "contextLength and threads must not be negative: %d, %d".formatted(contextLength, threads));
        }
    }

    public EmbeddingModelOptions withContextLength(int value) {
        return new EmbeddingModelOptions(value, threads, place);
    }

    public EmbeddingModelOptions withThreads(int value) {
        return new EmbeddingModelOptions(contextLength, value, place);
    }

    public EmbeddingModelOptions withPlace(PlacementWish value) {
        return new EmbeddingModelOptions(contextLength, threads, value);
    }

    /** On one backend, and nowhere else. */
    public EmbeddingModelOptions withBackend(String value) {
        return withPlace(PlacementWish.parse(value, true));
    }
}
