package io.github.jnpu.langchain4j.spi;

import io.github.jnpu.langchain4j.NpuChatModel;

import java.util.function.Supplier;

/** Found with {@link java.util.ServiceLoader}; makes the builder that {@link NpuChatModel#builder()} gives. */
public interface NpuChatModelBuilderFactory extends Supplier<NpuChatModel.Builder> {}
