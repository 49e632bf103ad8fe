package io.github.jnpu.server.create;

import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.store.Manifest.Layer;
import io.github.jnpu.server.model.ModelHeader;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a model's configuration blob says, under Ollama's keys.
 *
 * @param given
 *            what the request wants in it
 */
record ModelConfigurationEntries(Map<String, Object> given) {
    /** The keys of {@code info} and what they are called in the blob. */
    private static final Map<String, String> TEXTS = Map.of("model_family", "model_family", "base_name", "base_name",
            "quantization_level", "file_type", "parameter_size", "model_type");
    private static final Set<String> NUMBERS = Set.of("context_length", "embedding_length");

    static ModelConfigurationEntries of(CreateRequest request) {
        Map<String, Object> given = new LinkedHashMap<>();
        request.renderer().ifPresent(name -> given.put("renderer", name));
        request.parser().ifPresent(name -> given.put("parser", name));
        request.requires().ifPresent(version -> given.put("requires", version));
        request.info().forEach((key, value) -> {
            if (TEXTS.containsKey(key)) {
                given.put(TEXTS.get(key), require(value instanceof String, key, value, "a string"));
            } else if (NUMBERS.contains(key)) {
                boolean number = (value instanceof Integer || value instanceof Long) && ((Number) value)
                        .longValue() >= 0;
                given.put(key, require(number, key, value, "a non-negative integer"));
            } else if (key.equals("capabilities")) {
                boolean texts = value instanceof List<?> list && list.stream().allMatch(String.class::isInstance);
                given.put(key, require(texts, key, value, "a list of strings"));
            }
        });
        return new ModelConfigurationEntries(given);
    }

    private static Object require(boolean right, String key, Object value, String wanted) {
        if (!right) {
            throw new RefusedModelException("info field \"%s\" must be %s".formatted(key, wanted));
        }
        return value;
    }

    /** Adds what the weights' file says; what a base's configuration says stays. */
    void readFrom(ModelSource source, Map<String, Object> config) {
        ModelHeader header = ModelHeader.of(source);
        config.putIfAbsent("model_format", "gguf");
        config.putIfAbsent("model_family", header.architecture());
        config.putIfAbsent("model_families", List.of(header.architecture()));
        config.putIfAbsent("model_type", header.parameterSize());
        config.putIfAbsent("file_type", header.quantization());
    }

    /** Lays over what the request gives, and adds what every image has. */
    void complete(Map<String, Object> config, List<Layer> layers) {
        config.putAll(given);
        config.put("architecture", "amd64");
        config.put("os", "linux");
        Map<String, Object> rootfs = new LinkedHashMap<>();
        rootfs.put("type", "layers");
        rootfs.put("diff_ids", layers.stream().map(layer -> layer.digest().toString()).toList());
        config.put("rootfs", rootfs);
    }
}
