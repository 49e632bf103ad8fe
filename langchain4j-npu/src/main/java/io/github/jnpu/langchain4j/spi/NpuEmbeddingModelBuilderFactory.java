package io.github.jnpu.langchain4j.spi;

import io.github.jnpu.langchain4j.NpuEmbeddingModel;

import java.util.function.Supplier;

/** Found with {@link java.util.ServiceLoader}; makes the builder that {@link NpuEmbeddingModel#builder()} gives. */
public interface NpuEmbeddingModelBuilderFactory extends Supplier<NpuEmbeddingModel.Builder> {}
