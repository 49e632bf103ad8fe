package io.github.jnpu.server.cli;

import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.engine.chat.ChatTemplate;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a model file says about itself, for people.
 *
 * @param properties
 *            names and values in order
 * @param capabilities
 *            Ollama's words: completion, tools, thinking, embedding
 */
record ModelSummary(List<Property> properties, List<String> capabilities) {

    record Property(String name, String value) {}

    static ModelSummary of(ModelSource source) {
        List<Property> properties = new ArrayList<>();
        String architecture = source.metadata().string("general.architecture").orElse("unknown");
        source.metadata().string("general.name").ifPresent(name -> properties.add(new Property("name", name)));
        properties.add(new Property("architecture", architecture));
        properties.add(new Property("parameters",
                Quantity.count(source.tensors().stream().mapToLong(ModelTensor::elementCount).sum())));
        addInteger(properties, source, "context length", architecture + ".context_length");
        addInteger(properties, source, "embedding length", architecture + ".embedding_length");
        addInteger(properties, source, "layers", architecture + ".block_count");
        weightType(source).ifPresent(type -> properties.add(new Property("quantization", type.name())));
        properties.add(new Property("size", Quantity.bytes(source.byteSize())));

        List<String> capabilities = new ArrayList<>();
        capabilities.add(source.metadata().contains(architecture + ".pooling_type") ? "embedding" : "completion");
        Optional<ChatTemplate> template = ChatTemplate.of(source);
        template.filter(ChatTemplate::supportsTools).ifPresent(ignored -> capabilities.add("tools"));
        template.filter(ChatTemplate::supportsThinking).ifPresent(ignored -> capabilities.add("thinking"));
        return new ModelSummary(properties, capabilities);
    }

    private static void addInteger(List<Property> properties, ModelSource source, String name, String key) {
        source.metadata().integer(key).ifPresent(value -> properties.add(new Property(name, Long.toString(value))));
    }

    /** The type that most of the weights have. */
    private static Optional<TensorType> weightType(ModelSource source) {
        Map<TensorType, Long> counts = new EnumMap<>(TensorType.class);
        source.tensors().forEach(tensor -> counts.merge(tensor.type(), tensor.elementCount(), Long::sum));
        return counts.entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey);
    }

    void print(PrintStream out) {
        out.println("  Model");
        properties.forEach(property -> out.println("    %-20s %s".formatted(property.name(), property.value())));
        out.println();
        out.println("  Capabilities");
        capabilities.forEach(capability -> out.println("    " + capability));
        out.println();
    }
}
