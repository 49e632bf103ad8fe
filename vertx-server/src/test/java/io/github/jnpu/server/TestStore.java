package io.github.jnpu.server;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.gguf.GgufWriter;
import io.github.jnpu.convert.model.MetadataArray;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.random.ModelSize;
import io.github.jnpu.convert.random.RandomModel;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.engine.store.ModelStore;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A model store in a folder, laid out as Ollama does, without the demo model. */
final class TestStore {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path root;

    TestStore(Path root) throws IOException {
        this.root = root;
        Files.createDirectories(root.resolve("blobs"));
    }

    ModelStore store() {
        return new ModelStore(root, false);
    }

    Path root() {
        return root;
    }

    /** A llama with random weights, 512 tokens of vocabulary and a context of 2048. */
    static Path randomModel(Path file) throws IOException {
        RandomModel.llama(ModelSize.Preset.TINY, FileType.Q8_0).write(file);
        return file;
    }

    /** The same file with one more entry in its metadata. */
    static Path withMetadata(Path original, Path copy, String key, Object value) throws IOException {
        try (GgufFile file = GgufFile.open(original)) {
            GgufWriter writer = new GgufWriter();
            file.metadata().values().forEach((name, entry) -> {
                if (!name.equals("general.alignment") && !name.equals(key)) {
                    writer.put(name, entry);
                }
            });
            writer.put(key, value);
            file.tensors()
                    .forEach(tensor -> writer.tensor(tensor.name(), tensor.type(), tensor.shape(), tensor.data()));
            writer.write(copy);
        }
        return copy;
    }

    /**
     * A model that says a script, whatever it is asked: each token's embedding points at the next one, and the layers add
     * nothing. The prompt has to end with {@code <|go|>}.
     *
     * @param script
     *            one token each, all different; those that begin with {@code <|} or are in capitals are control tokens
     */
    static Path scriptedModel(Path original, Path copy, List<String> script) throws IOException {
        int first = 300;
        try (GgufFile file = GgufFile.open(original); Arena arena = Arena.ofConfined()) {
            List<String> tokens = new ArrayList<>(file.metadata().strings("tokenizer.ggml.tokens"));
            int[] types = new int[tokens.size()];
            for (int i = 0; i < types.length; i++) {
                types[i] = i < 3 ? 3 : i < 259 ? 6 : 1;
            }
            List<String> chain = new ArrayList<>(List.of("<|go|>"));
            chain.addAll(script);
            for (int i = 0; i < chain.size(); i++) {
                String token = chain.get(i);
                tokens.set(first + i, token);
                types[first + i] = token.startsWith("<|") || token.matches("\\[[A-Z_]+]") ? 3 : 4;
            }
            int width = Math.toIntExact(file.metadata().integer("llama.embedding_length").orElseThrow());
            float[] embedding = new float[tokens.size() * width];
            float[] output = new float[tokens.size() * width];
            int end = 2;
            for (int i = 0; i < chain.size(); i++) {
                embedding[(first + i) * width + i] = 1;
                output[(i + 1 < chain.size() ? first + i + 1 : end) * width + i] = 1;
            }
            GgufWriter writer = new GgufWriter();
            writer.copyMetadata(file.metadata(), Set.of("tokenizer.ggml.tokens", "tokenizer.ggml.token_type"));
            writer.putStrings("tokenizer.ggml.tokens", tokens);
            writer.put("tokenizer.ggml.token_type", new MetadataArray(types, false));
            long[] shape = {tokens.size(), width};
            file.tensors().forEach(tensor -> {
                if (tensor.name().contains("attn_output") || tensor.name().contains("ffn_down")) {
                    writer.tensor(tensor.name(), tensor.type(), tensor.shape(), arena.allocate(tensor.data()
                            .byteSize()));
                } else if (!Set.of("token_embd.weight", "output.weight").contains(tensor.name())) {
                    writer.tensor(tensor.name(), tensor.type(), tensor.shape(), tensor.data());
                }
            });
            writer.tensor("token_embd.weight", TensorType.F32, shape, arena.allocateFrom(ValueLayout.JAVA_FLOAT,
                    embedding));
            writer.tensor("output.weight", TensorType.F32, shape, arena.allocateFrom(ValueLayout.JAVA_FLOAT, output));
            writer.write(copy);
        }
        return copy;
    }

    /** Installs a model; {@code layers} are the contents of the smaller layers by kind. */
    void install(String name, Path gguf, Map<String, String> layers) throws IOException {
        List<Object> list = new ArrayList<>();
        list.add(layer("application/vnd.ollama.image.model", Files.readAllBytes(gguf)));
        for (Map.Entry<String, String> entry : layers.entrySet()) {
            list.add(layer("application/vnd.ollama.image." + entry.getKey(), entry.getValue().getBytes(
                    StandardCharsets.UTF_8)));
        }
        Map<String, Object> manifest = new LinkedHashMap<>();
        manifest.put("schemaVersion", 2);
        manifest.put("mediaType", "application/vnd.docker.distribution.manifest.v2+json");
        manifest.put("config", layer("application/vnd.docker.container.image.v1+json",
                "{\"model_format\":\"gguf\",\"model_family\":\"llama\",\"model_families\":[\"llama\"]}".getBytes(
                        StandardCharsets.UTF_8)));
        manifest.put("layers", list);
        writeManifest(name, JSON.writeValueAsString(manifest));
    }

    void writeManifest(String name, String json) throws IOException {
        Path file = manifest(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, json);
    }

    Path manifest(String name) {
        return root.resolve("manifests/registry.ollama.ai/library").resolve(name).resolve("latest");
    }

    private Map<String, Object> layer(String mediaType, byte[] content) throws IOException {
        String digest = sha256(content);
        Files.write(root.resolve("blobs").resolve("sha256-" + digest), content);
        Map<String, Object> layer = new LinkedHashMap<>();
        layer.put("mediaType", mediaType);
        layer.put("digest", "sha256:" + digest);
        layer.put("size", content.length);
        return layer;
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
