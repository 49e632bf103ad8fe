package io.github.jnpu.convert.huggingface;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.github.jnpu.convert.model.ModelFormatException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A JSON file of a model's folder. */
record JsonFile(Path path, JsonNode root) {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** The largest tokenizers have some 35 MB. */
    private static final long MAX_BYTES = 256L << 20;

    /**
     * Reads it; an absent one is empty.
     *
     * @throws ModelFormatException
     *             if it is there and cannot be read
     */
    static JsonFile of(Path path) {
        if (!Files.isRegularFile(path)) {
            return new JsonFile(path, MissingNode.getInstance());
        }
        try {
            if (Files.size(path) > MAX_BYTES) {
                throw new ModelFormatException("%s: too long".formatted(path));
            }
            return new JsonFile(path, JSON.readTree(path.toFile()));
        } catch (JsonProcessingException e) {
            throw new ModelFormatException("%s: no JSON: %s".formatted(path, ModelFormatException.printable(e
                    .getOriginalMessage())), e);
        } catch (IOException e) {
            throw new ModelFormatException("%s: cannot be read: %s".formatted(path, e.getMessage()), e);
        }
    }

    boolean exists() {
        return !root.isMissingNode();
    }

    JsonNode path(String field) {
        return root.path(field);
    }

    ModelFormatException invalid(String what) {
        return new ModelFormatException("%s: %s".formatted(path, what));
    }
}
