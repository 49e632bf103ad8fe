package io.github.jnpu.engine.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.store.Manifest.Layer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model of the store, as its manifest lists it. */
record ManifestModel(ModelName name, String digest, Instant modifiedAt, Manifest manifest, Path blobs)
        implements
            StoredModel {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Licences are the longest texts, some 100 KB. */
    private static final long MAX_TEXT_BYTES = 16L << 20;

    private Path blob(Layer layer) {
        return blobs.resolve(layer.digest().fileName());
    }

    private Layer weights() {
        return manifest.layers("model").stream().findFirst().orElseThrow(() -> new ModelFormatException(
                manifest.layers("tensor").isEmpty()
                        ? "model '%s' has no weights in its manifest".formatted(name)
                        : "model '%s' is stored as single tensors (safetensors); only GGUF models can be run".formatted(
                                name)));
    }

    @Override
    public String weightsDigest() {
        return weights().digest().hex();
    }

    @Override
    public long size() {
        return manifest.totalSize();
    }

    @Override
    public Optional<Path> file() {
        return Optional.of(blob(weights()));
    }

    @Override
    public ModelSource open() {
        if (!manifest.layers("adapter").isEmpty()) {
            throw new ModelFormatException(
                    "model '%s' has an adapter (LoRA), which cannot be applied yet".formatted(name));
        }
        Path file = blob(weights());
        if (!Files.exists(file)) {
            throw new ModelFormatException("model '%s': its weights are missing from the store (%s); pull it again"
                    .formatted(name, file));
        }
        return GgufFile.open(file);
    }

    @Override
    public Optional<String> parent() {
        return manifest.layers("model").stream().findFirst().flatMap(Layer::from);
    }

    @Override
    public Optional<String> template() {
        // "prompt" is how the first versions of the store called it.
        List<String> texts = texts("template");
        return (texts.isEmpty() ? texts("prompt") : texts).stream().reduce((first, second) -> second);
    }

    @Override
    public Optional<String> system() {
        return texts("system").stream().reduce((first, second) -> second);
    }

    @Override
    public List<String> licenses() {
        return texts("license");
    }

    @Override
    public Map<String, Object> parameters() {
        Map<String, Object> parameters = new LinkedHashMap<>();
        for (Layer layer : manifest.layers("params")) {
            Map<String, Object> values = json(layer, new TypeReference<LinkedHashMap<String, Object>>() {
            });
            if (values != null) {
                parameters.putAll(values);
            }
        }
        return parameters;
    }

    @Override
    public List<ChatMessage> messages() {
        List<ChatMessage> messages = new ArrayList<>();
        for (Layer layer : manifest.layers("messages")) {
            JsonNode list = json(layer, new TypeReference<JsonNode>() {
            });
            if (list == null || list.isNull()) {
                continue;
            }
            for (JsonNode message : list) {
                messages.add(ChatMessage.of(message.path("role").asText(), message.path("content").asText()));
            }
        }
        return messages;
    }

    @Override
    public ModelConfiguration configuration() {
        if (manifest.config().isEmpty()) {
            return ModelConfiguration.EMPTY;
        }
        JsonNode config = json(manifest.config().get(), new TypeReference<JsonNode>() {
        });
        if (config == null) {
            return ModelConfiguration.EMPTY;
        }
        List<String> families = new ArrayList<>();
        config.path("model_families").forEach(family -> families.add(family.asText()));
        return new ModelConfiguration(text(config, "model_format"), text(config, "model_family"), families,
                text(config, "model_type"), text(config, "file_type"), text(config, "renderer"),
                text(config, "parser"));
    }

    private static Optional<String> text(JsonNode object, String key) {
        return Optional.of(object.path(key).asText()).filter(value -> !value.isEmpty());
    }

    private List<String> texts(String kind) {
        return manifest.layers(kind).stream().map(layer -> new String(bytes(layer), StandardCharsets.UTF_8)).toList();
    }

    private <T> T json(Layer layer, TypeReference<T> type) {
        try {
            return JSON.readValue(bytes(layer), type);
        } catch (JsonProcessingException e) {
            throw new ModelFormatException("model '%s': layer '%s' is malformed: %s".formatted(name, layer.kind(),
                    e.getOriginalMessage()), e);
        } catch (IOException e) {
            throw unreadable(layer, e);
        }
    }

    private byte[] bytes(Layer layer) {
        Path file = blob(layer);
        try {
            return BoundedFile.read(file, MAX_TEXT_BYTES);
        } catch (IOException e) {
            throw unreadable(layer, e);
        }
    }

    private ModelFormatException unreadable(Layer layer, IOException e) {
        String why = e instanceof NoSuchFileException ? "is missing from the store" : "cannot be read";
        return new ModelFormatException("model '%s': layer '%s' %s (%s)".formatted(name, layer.kind(), why,
                blob(layer)), e);
    }
}
