package io.github.jnpu.langchain4j.spi;

import io.github.jnpu.langchain4j.NpuStreamingChatModel;

import java.util.function.Supplier;

/** Found with {@link java.util.ServiceLoader}; makes the builder that {@link NpuStreamingChatModel#builder()} gives. */
public interface NpuStreamingChatModelBuilderFactory extends Supplier<NpuStreamingChatModel.Builder> {}
