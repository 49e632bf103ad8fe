package io.github.jnpu.convert.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.convert.safetensors.SafetensorsFile;
import io.github.jnpu.convert.tensor.Dequantizer;
import io.github.jnpu.convert.tensor.TensorType;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A model as Hugging Face's libraries save it: {@code config.json}, one or more safetensors files, {@code tokenizer.json} or
 * {@code tokenizer.model}. Names, hyper-parameters and vocabulary come out as GGUF's, as llama.cpp's converter writes them. Weights
 * stay where the files are mapped, but for the norms, which become F32, and llama's queries and keys, whose rows change places in a
 * scratch file. Reading is thread-safe.
 */
public final class HuggingFaceFolder implements ModelSource {
    private static final String CONFIG = "config.json";
    private static final String INDEX = "model.safetensors.index.json";

    private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}");

    private final Path folder;
    private final ModelFamily family;
    private final JsonFile config;
    private final Map<String, Object> values = new LinkedHashMap<>();
    private final Map<String, ModelTensor> tensors = new LinkedHashMap<>();
    private final List<SafetensorsFile> files = new ArrayList<>();
    private final Arena arena = Arena.ofShared();
    private final Metadata metadata;

    private HuggingFaceFolder(Path folder) {
        this.folder = folder;
        this.config = JsonFile.of(folder.resolve(CONFIG));
        if (!config.exists()) {
            throw config.invalid("no such file, so this is no model's folder");
        }
        this.family = ModelFamily.of(config);
        this.metadata = new Pairs(folder.toString(), values);
    }

    private record Pairs(String location, Map<String, Object> values) implements Metadata {}

    /** Whether a folder looks like such a model. */
    public static boolean isOne(Path folder) {
        return Files.isRegularFile(folder.resolve(CONFIG)) && !shards(folder).isEmpty();
    }

    /**
     * Maps a model's files and reads their headers.
     *
     * @throws ModelFormatException
     *             if one is missing or malformed, or the model is of a kind that cannot be read
     */
    public static HuggingFaceFolder open(Path folder) {
        HuggingFaceFolder model = new HuggingFaceFolder(folder);
        try {
            model.read();
            return model;
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    private void read() {
        values.put("general.architecture", family.architecture());
        values.put("general.type", "model");
        Path name = folder.toAbsolutePath().normalize().getFileName();
        values.put("general.name", name == null ? family.architecture() : name.toString());
        Hyperparameters parameters = new Hyperparameters(config, family, values);
        parameters.put();
        Map<String, SafetensorsFile.Entry> entries = entries();
        SafetensorsFile.Entry embedding = entries.entrySet().stream().filter(entry -> entry.getKey().endsWith(
                "embed_tokens.weight")).findFirst().map(Map.Entry::getValue).orElseThrow(() -> config.invalid(
                        "the model's files have no embedding table"));
        int rows = embedding.shape().isEmpty() ? 0 : (int) Math.min(Integer.MAX_VALUE, embedding.shape().getFirst());
        new HuggingFaceVocabulary(folder, rows, values).put();
        long scratch = entries.values().stream().mapToLong(this::scratchBytes).sum();
        try (ScratchFile file = ScratchFile.of(scratch, arena)) {
            entries.values().forEach(entry -> family.tensor(entry.name(), config).ifPresent(gguf -> add(gguf, entry,
                    file)));
        }
        parameters.ropeFactors().ifPresent(factors -> tensors.put("rope_freqs.weight", new ModelTensor(
                "rope_freqs.weight", TensorType.F32, new long[]{factors.length}, arena.allocateFrom(
                        ValueLayout.JAVA_FLOAT, factors).asReadOnly())));
        if (config.path("tie_word_embeddings").asBoolean()) {
            tensors.remove("output.weight");
        }
        values.put("general.file_type", (long) fileType(tensors.get("token_embd.weight").type()).id());
    }

    private static FileType fileType(TensorType type) {
        return switch (type) {
            case F16 -> FileType.F16;
            case BF16 -> FileType.BF16;
            default -> FileType.F32;
        };
    }

    private static Collection<String> shards(Path folder) {
        if (Files.isRegularFile(folder.resolve("model.safetensors"))) {
            return List.of("model.safetensors");
        }
        TreeSet<String> names = new TreeSet<>();
        JsonNode map = JsonFile.of(folder.resolve(INDEX)).path("weight_map");
        map.forEach(name -> names.add(name.asText()));
        if (names.isEmpty() && Files.isDirectory(folder)) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, "*.safetensors")) {
                stream.forEach(file -> names.add(file.getFileName().toString()));
            } catch (IOException e) {
                throw new ModelFormatException("%s: cannot be read: %s".formatted(folder, e.getMessage()), e);
            }
        }
        return names;
    }

    private Map<String, SafetensorsFile.Entry> entries() {
        Collection<String> shards = shards(folder);
        if (shards.isEmpty()) {
            throw new ModelFormatException("%s: has no safetensors files".formatted(folder));
        }
        Map<String, SafetensorsFile.Entry> entries = new LinkedHashMap<>();
        for (String shard : shards) {
            // The index is a file from somewhere: its names must stay in the folder.
            if (!FILE_NAME.matcher(shard).matches()) {
                throw new ModelFormatException("%s: names the file '%s', which is not in its folder".formatted(folder
                        .resolve(INDEX), ModelFormatException.printable(shard)));
            }
            SafetensorsFile file = SafetensorsFile.open(folder.resolve(shard));
            files.add(file);
            file.entries().forEach((name, entry) -> {
                if (entries.putIfAbsent(name, entry) != null) {
                    throw new ModelFormatException("%s: tensor '%s' is in another file, too".formatted(file.location(),
                            ModelFormatException.printable(name)));
                }
            });
        }
        return entries;
    }

    private long scratchBytes(SafetensorsFile.Entry entry) {
        return family.tensor(entry.name(), config).flatMap(family::permutedBy).isPresent()
                ? entry.data().byteSize()
                : 0;
    }

    private void add(String name, SafetensorsFile.Entry entry, ScratchFile scratch) {
        TensorType type = switch (entry.type()) {
            case "F32" -> TensorType.F32;
            case "F16" -> TensorType.F16;
            case "BF16" -> TensorType.BF16;
            default ->
                throw new ModelFormatException("%s: tensor '%s' is of type %s, only F32, F16 and BF16 can be read"
                        .formatted(folder, ModelFormatException.printable(entry.name()), ModelFormatException.printable(
                                entry.type())));
        };
        long[] shape = entry.shape().stream().mapToLong(Long::longValue).toArray();
        if (shape.length == 0 || shape.length > 2) {
            throw new ModelFormatException("%s: tensor '%s' has %d dimensions, expected one or two".formatted(folder,
                    ModelFormatException.printable(entry.name()), shape.length));
        }
        MemorySegment data = entry.data();
        Optional<String> heads = family.permutedBy(name);
        if (heads.isPresent()) {
            data = scratch.permute(data, shape[0], heads(heads.get(), name, shape[0]));
        }
        ModelTensor tensor = new ModelTensor(name, type, shape, data);
        if (shape.length == 1 && type != TensorType.F32) {
            tensor = widen(tensor);
        }
        if (tensors.putIfAbsent(name, tensor) != null) {
            throw new ModelFormatException("%s: tensor '%s' is there twice".formatted(folder, ModelFormatException
                    .printable(entry.name())));
        }
    }

    private int heads(String key, String name, long rows) {
        long heads = metadata.integer(family.architecture() + "." + key).orElseThrow();
        if (heads > rows || rows % (2 * heads) != 0) {
            throw new ModelFormatException("%s: tensor '%s' has %d rows, which are no %d heads of even width".formatted(
                    folder, name, rows, heads));
        }
        return (int) heads;
    }

    /** Norms and biases: small, and read as they are by every backend. */
    private ModelTensor widen(ModelTensor tensor) {
        float[] numbers = new float[Math.toIntExact(tensor.elementCount())];
        Dequantizer.dequantize(tensor.type(), tensor.data(), 0, numbers, 0, numbers.length);
        return new ModelTensor(tensor.name(), TensorType.F32, tensor.shape(), arena.allocateFrom(
                ValueLayout.JAVA_FLOAT, numbers).asReadOnly());
    }

    @Override
    public String location() {
        return folder.toString();
    }

    @Override
    public Metadata metadata() {
        return metadata;
    }

    @Override
    public Collection<ModelTensor> tensors() {
        return List.copyOf(tensors.values());
    }

    @Override
    public Optional<ModelTensor> tensor(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    @Override
    public long byteSize() {
        return files.stream().mapToLong(SafetensorsFile::byteSize).sum();
    }

    @Override
    public synchronized void close() {
        files.forEach(SafetensorsFile::close);
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    @Override
    public String toString() {
        return location();
    }
}
