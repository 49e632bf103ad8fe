package io.github.jnpu.engine.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jnpu.convert.model.ModelFormatException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a manifest file lists; written by others, so nothing in it is taken on trust.
 *
 * @param config
 *            the blob with the model's configuration
 */
public record Manifest(Optional<Layer> config, List<Layer> layers) {
    /** The media type of a manifest. */
    public static final String MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json";
    /** A manifest has some ten layers of 200 bytes; thousands in models that are stored as single tensors. */
    public static final int MAX_BYTES = 4 << 20;

    private static final String CONFIG_MEDIA_TYPE = "application/vnd.docker.container.image.v1+json";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_LAYERS = 10_000;
    private static final String LAYER_PREFIX = "application/vnd.ollama.image.";

    /**
     * A blob that belongs to the model.
     *
     * @param kind
     *            the end of the media type: {@code model}, {@code template}, {@code params}; the whole of one that is not Ollama's
     * @param size
     *            bytes, at least 0
     * @param from
     *            the name of the model that the layer was taken from
     */
    public record Layer(String kind, Digest digest, long size, Optional<String> from) {
        /** A layer that was taken from no other model. */
        public static Layer of(String kind, Digest digest, long size) {
            return new Layer(kind, digest, size, Optional.empty());
        }

        /** The configuration. */
        public static Layer ofConfig(Digest digest, long size) {
            return of(CONFIG_MEDIA_TYPE, digest, size);
        }

        String mediaType() {
            return kind.contains("/") ? kind : LAYER_PREFIX + kind;
        }

        private ObjectNode json() {
            ObjectNode node = JSON.createObjectNode().put("mediaType", mediaType()).put("digest", digest.toString())
                    .put("size", size);
            from.ifPresent(name -> node.put("from", name));
            return node;
        }
    }

    public Manifest {
        layers = List.copyOf(layers);
    }

    /**
     * Reads a manifest.
     *
     * @param location
     *            where it came from, for messages
     * @throws ModelFormatException
     *             if it is malformed
     */
    public static Manifest parse(byte[] json, String location) {
        JsonNode root;
        try {
            root = JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new ModelFormatException(
                    "%s: the manifest is no JSON: %s".formatted(location, e.getOriginalMessage()),
                    e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (root == null || !root.path("layers").isArray()) {
            throw new ModelFormatException("%s: the manifest has no list of layers".formatted(location));
        }
        JsonNode array = root.path("layers");
        if (array.size() > MAX_LAYERS) {
            throw new ModelFormatException("%s: the manifest has %d layers".formatted(location, array.size()));
        }
        List<Layer> layers = new ArrayList<>();
        for (JsonNode node : array) {
            layers.add(layer(node, location));
        }
        JsonNode config = root.path("config");
        boolean hasConfig = config.isObject() && !config.path("digest").asText().isEmpty();
        return new Manifest(hasConfig ? Optional.of(layer(config, location)) : Optional.empty(), layers);
    }

    private static Layer layer(JsonNode node, String location) {
        String mediaType = node.path("mediaType").asText();
        String kind = mediaType.startsWith(LAYER_PREFIX) ? mediaType.substring(LAYER_PREFIX.length()) : mediaType;
        String text = node.path("digest").asText();
        Digest digest = Digest.parse(text).filter(value -> value.toString().equals(text))
                .orElseThrow(() -> new ModelFormatException(
                        "%s: the manifest's layer '%s' has the digest '%s', expected sha256: and 64 hexadecimal digits"
                                .formatted(location, kind, text)));
        long size = node.path("size").asLong();
        if (size < 0) {
            throw new ModelFormatException(
                    "%s: the manifest's layer '%s' has a size of %d bytes".formatted(location, kind, size));
        }
        String from = node.path("from").asText();
        return new Layer(kind, digest, size, from.isEmpty() ? Optional.empty() : Optional.of(from));
    }

    /** The layers of one kind, in order. */
    public List<Layer> layers(String kind) {
        return layers.stream().filter(layer -> layer.kind().equals(kind)).toList();
    }

    /** All blobs: the layers in order, then the configuration. */
    public List<Layer> blobs() {
        List<Layer> blobs = new ArrayList<>(layers);
        config.ifPresent(blobs::add);
        return blobs;
    }

    /** The file for it. */
    public byte[] toJson() {
        ObjectNode root = JSON.createObjectNode().put("schemaVersion", 2).put("mediaType", MEDIA_TYPE);
        config.ifPresent(layer -> root.set("config", layer.json()));
        ArrayNode array = root.putArray("layers");
        layers.forEach(layer -> array.add(layer.json()));
        try {
            return JSON.writeValueAsBytes(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of texts and numbers can be written", e);
        }
    }

    /** The bytes of all layers and the configuration, as the manifest states them. */
    public long totalSize() {
        long sum = config.map(Layer::size).orElse(0L);
        for (Layer layer : layers) {
            // A manifest may state anything; a sum that wraps around would be a negative size.
            sum = sum > Long.MAX_VALUE - layer.size() ? Long.MAX_VALUE : sum + layer.size();
        }
        return sum;
    }
}
