package io.github.jnpu.server.cli;

import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.store.ModelLocator;
import io.github.jnpu.server.model.ModelHeader;

/**
 * A model that is measured, as llama-bench describes it.
 *
 * @param name
 *            as the user gave it
 * @param type
 *            {@code llama 1.0B Q4_0}
 * @param bytes
 *            of all tensors
 * @param parameters
 *            values in all tensors
 */
record BenchmarkSubject(String name, String type, long bytes, long parameters) {

    /** Reads the header of a model. */
    static BenchmarkSubject of(String name) {
        try (ModelSource source = ModelLocator.open(name)) {
            ModelHeader header = ModelHeader.of(source);
            long bytes = source.tensors().stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
            return new BenchmarkSubject(name,
                    "%s %s %s".formatted(header.architecture(), header.parameterSize(), header.quantization()), bytes,
                    header.parameterCount());
        }
    }
}
