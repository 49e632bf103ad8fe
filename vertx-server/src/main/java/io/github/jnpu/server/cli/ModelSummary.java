package io.github.jnpu.server.cli;

import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.server.model.ModelHeader;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a model file says about itself, for people.
 *
 * @param properties
 *            names and values in order
 * @param capabilities
 *            in the API's words
 */
record ModelSummary(Map<String, String> properties, List<String> capabilities) {

    static ModelSummary of(ModelSource source) {
        ModelHeader header = ModelHeader.of(source);
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("architecture", header.architecture());
        properties.put("parameters", header.parameterSize());
        header.contextLength().ifPresent(length -> properties.put("context length", Long.toString(length)));
        header.embeddingLength().ifPresent(length -> properties.put("embedding length", Long.toString(length)));
        properties.put("quantization", header.quantization());
        properties.put("size", Quantity.bytes(source.byteSize()));
        return new ModelSummary(properties, header.capabilities());
    }

    void print(PrintStream out) {
        out.println("  Model");
        properties.forEach((name, value) -> out.println("    %-20s %s".formatted(name, value)));
        out.println();
        out.println("  Capabilities");
        capabilities.forEach(capability -> out.println("    " + capability));
        out.println();
    }
}
