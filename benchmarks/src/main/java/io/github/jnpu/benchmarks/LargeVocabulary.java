package io.github.jnpu.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.MetadataArray;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.engine.tokenizer.Tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/** Llama 3's tokens, and as many more, joined of two of them each, as make up the number that is wanted. */
record LargeVocabulary(Map<String, Object> values) implements ModelSource {

    static Tokenizer of(Path testModels, int size) throws IOException {
        JsonNode ids = new ObjectMapper().readTree(testModels.resolve("tok-llama3.2-ollama/encoder.json").toFile());
        String[] tokens = new String[size];
        ids.properties().forEach(entry -> {
            if (entry.getValue().intValue() < size - 1) {
                tokens[entry.getValue().intValue()] = entry.getKey();
            }
        });
        SplittableRandom random = new SplittableRandom(1);
        Set<String> known = new HashSet<>(Arrays.asList(tokens));
        int whole = ids.size();
        for (int id = 0; id < size - 1; id++) {
            while (tokens[id] == null) {
                String joined = tokens[random.nextInt(Math.min(whole, 128_000))] + tokens[random.nextInt(100_000)];
                tokens[id] = known.add(joined) ? joined : null;
            }
        }
        tokens[size - 1] = "<|eot_id|>";
        int[] types = new int[size];
        Arrays.fill(types, 1);
        types[size - 1] = 3;
        List<String> merges = Files.readAllLines(testModels.resolve("tok-llama3.2-ollama/vocab.bpe")).stream()
                .filter(line -> !line.startsWith("#version") && !line.isEmpty()).toList();
        return Tokenizer.of(new LargeVocabulary(Map.of("tokenizer.ggml.model", "gpt2", "tokenizer.ggml.pre",
                "llama-bpe", "tokenizer.ggml.tokens", new MetadataArray(List.of(tokens), false),
                "tokenizer.ggml.token_type", new MetadataArray(types, false), "tokenizer.ggml.merges",
                new MetadataArray(merges, false), "tokenizer.ggml.eos_token_id", (long) size - 1)));
    }

    @Override
    public String location() {
        return "vocabulary";
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
