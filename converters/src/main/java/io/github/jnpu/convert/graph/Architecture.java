package io.github.jnpu.convert.graph;

import io.github.jnpu.convert.model.ModelConfig;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * Builds the {@link DecoderGraph} of one family of networks. Found with {@link ServiceLoader}, so that a jar can bring
 * one of its own. Stateless and thread-safe.
 */
public interface Architecture {

    /** GGUF's names ({@code general.architecture}) for which this builder stands. */
    List<String> supportedNames();

    /**
     * Builds the graph.
     *
     * @throws ModelFormatException
     *             if a tensor is missing or of the wrong shape
     */
    DecoderGraph build(ModelConfig config, ModelSource source);

    /** The builder for a name, if there is one. */
    static Optional<Architecture> named(String name) {
        return ServiceLoader.load(Architecture.class, Architecture.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .filter(architecture -> architecture.supportedNames().contains(name)).findFirst();
    }

    /** All names for which there is a builder, sorted. */
    static List<String> names() {
        return ServiceLoader.load(Architecture.class, Architecture.class.getClassLoader()).stream()
                .flatMap(provider -> provider.get().supportedNames().stream()).sorted(Comparator.naturalOrder())
                .toList();
    }
}
