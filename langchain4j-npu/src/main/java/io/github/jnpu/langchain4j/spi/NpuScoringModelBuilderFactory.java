package io.github.jnpu.langchain4j.spi;

import io.github.jnpu.langchain4j.NpuScoringModel;

import java.util.function.Supplier;

/** Found with {@link java.util.ServiceLoader}; makes the builder that {@link NpuScoringModel#builder()} gives. */
public interface NpuScoringModelBuilderFactory extends Supplier<NpuScoringModel.Builder> {}
