package io.github.jnpu.engine;

import io.github.jnpu.convert.model.ModelSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * What tells a model's file from others and from itself after a change: path, size and time of change. In a model store the path contains the
 * digest; elsewhere working one out would take longer than loading.
 */
final class ModelIdentity {
    private ModelIdentity() {}

    /** Empty for a model that is no file of its own, or whose file cannot be asked. */
    static Optional<String> of(ModelSource source) {
        return source.file().flatMap(file -> {
            try {
                return Optional.of(of(file.toRealPath()));
            } catch (IOException e) {
                return Optional.empty();
            }
        });
    }

    static String of(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return "%s %d %d".formatted(file, attributes.size(), attributes.lastModifiedTime().toInstant().toEpochMilli());
    }
}
