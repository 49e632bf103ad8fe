package io.github.jnpu.engine.tokenizer;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.MetadataArray;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The vocabularies that tests encode with: real files, and metadata made by hand. */
public final class TestVocabularies {
    private static final Map<String, MetadataOnly> FILES = new ConcurrentHashMap<>();

    private TestVocabularies() {}

    /** A model that has metadata only. */
    public record MetadataOnly(Map<String, Object> values) implements ModelSource {
        @Override
        public String location() {
            return "test.gguf";
        }

        @Override
        public Metadata metadata() {
            return () -> values;
        }

        @Override
        public Collection<ModelTensor> tensors() {
            return List.of();
        }

        @Override
        public Optional<ModelTensor> tensor(String name) {
            return Optional.empty();
        }

        @Override
        public long byteSize() {
            return 0;
        }

        @Override
        public void close() {}
    }

    /** Builds metadata: {@code key, value, ...}; lists and arrays become metadata arrays. */
    public static MetadataOnly metadata(Object... keysAndValues) {
        Map<String, Object> values = new HashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            Object value = keysAndValues[i + 1];
            boolean array = value instanceof List<?> || value.getClass().isArray();
            values.put("tokenizer.ggml." + keysAndValues[i], array ? new MetadataArray(value, false) : value);
        }
        return new MetadataOnly(values);
    }

    /** A copy with one value more or another. */
    static MetadataOnly with(ModelSource source, Object... keysAndValues) {
        Map<String, Object> values = new HashMap<>(source.metadata().values());
        values.putAll(metadata(keysAndValues).values());
        return new MetadataOnly(values);
    }

    /** The metadata of a test file; read once, as many tests ask for the same. */
    public static MetadataOnly of(String name) {
        return FILES.computeIfAbsent(name, TestVocabularies::read);
    }

    private static MetadataOnly read(String name) {
        if (name.equals("llama-bpe")) {
            return llama3();
        }
        try (GgufFile file = GgufFile.open(
                name.equals("stories260K")
                        ? TestModels.stories260K()
                        : TestModels.require("ggml-vocab/ggml-vocab-" + name + ".gguf"))) {
            return new MetadataOnly(Map.copyOf(file.metadata().values()));
        }
    }

    /** Llama 3.2's vocabulary from Ollama's two files, with the special tokens that every Llama 3 GGUF has. */
    private static MetadataOnly llama3() {
        try {
            Map<String, Integer> ids = new ObjectMapper().readValue(
                    TestModels.require("tok-llama3.2-ollama/encoder.json").toFile(), new TypeReference<>() {
                    });
            String[] tokens = new String[128_256];
            int[] types = new int[tokens.length];
            Arrays.fill(types, 1);
            ids.forEach((token, id) -> tokens[id] = token);
            List<String> special = List.of("<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>",
                    "<|reserved_special_token_1|>", "<|finetune_right_pad_id|>", "<|step_id|>", "<|start_header_id|>",
                    "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>");
            for (int id = 0; id < tokens.length; id++) {
                if (id >= 128_000) {
                    int place = id - 128_000;
                    tokens[id] = place < special.size()
                            ? special.get(place)
                            : "<|reserved_special_token_" + (place - 9) + "|>";
                    types[id] = 3;
                }
            }
            List<String> merges = Files.readAllLines(TestModels.require("tok-llama3.2-ollama/vocab.bpe")).stream()
                    .filter(line -> !line.startsWith("#version") && !line.isEmpty()).toList();
            return metadata("model", "gpt2", "pre", "llama-bpe", "tokens", List.of(tokens), "token_type", types,
                    "merges",
                    merges, "bos_token_id", 128_000L, "eos_token_id", 128_009L);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String corpus(String name) {
        Path file = TestModels.require("corpus/" + name);
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
