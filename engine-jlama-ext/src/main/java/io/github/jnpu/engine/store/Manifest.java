package io.github.jnpu.engine.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.model.ModelFormatException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a manifest file lists; written by others, so nothing in it is taken on trust. */
record Manifest(Optional<Layer> config, List<Layer> layers) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_LAYERS = 10_000;
    private static final String LAYER_PREFIX = "application/vnd.ollama.image.";

    /**
     * A blob that belongs to the model.
     *
     * @param kind
     *            the end of the media type: {@code model}, {@code template}, {@code params}
     * @param digest
     *            64 hexadecimal digits in lower case
     * @param from
     *            the name of the model that the layer was taken from
     */
    record Layer(String kind, String digest, long size, Optional<String> from) {}

    Manifest {
        layers = List.copyOf(layers);
    }

    static Manifest parse(byte[] json, String location) {
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
        String digest = hexDigest(node.path("digest").asText()).orElseThrow(() -> new ModelFormatException(
                "%s: the manifest's layer '%s' has the digest '%s', expected sha256: and 64 hexadecimal digits"
                        .formatted(
                                location, kind, node.path("digest").asText())));
        long size = node.path("size").asLong();
        if (size < 0) {
            throw new ModelFormatException(
                    "%s: the manifest's layer '%s' has a size of %d bytes".formatted(location, kind, size));
        }
        String from = node.path("from").asText();
        return new Layer(kind, digest, size, from.isEmpty() ? Optional.empty() : Optional.of(from));
    }

    /** The digits of {@code sha256:...}; anything else might lead out of the folder of blobs. */
    private static Optional<String> hexDigest(String digest) {
        String prefix = "sha256:";
        if (digest.length() != prefix.length() + 64 || !digest.startsWith(prefix)) {
            return Optional.empty();
        }
        String hex = digest.substring(prefix.length());
        boolean valid = hex.chars().allMatch(c -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f');
        return valid ? Optional.of(hex) : Optional.empty();
    }

    List<Layer> layers(String kind) {
        return layers.stream().filter(layer -> layer.kind().equals(kind)).toList();
    }

    /** The bytes of all layers and the configuration, as the manifest states them. */
    long totalSize() {
        long sum = config.map(Layer::size).orElse(0L);
        for (Layer layer : layers) {
            // A manifest may state anything; a sum that wraps around would be a negative size.
            sum = sum > Long.MAX_VALUE - layer.size() ? Long.MAX_VALUE : sum + layer.size();
        }
        return sum;
    }
}
