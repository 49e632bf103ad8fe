package io.github.jnpu.engine.store;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.ModelNotFoundException;

import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the model that a user names: {@code demo}, a name in the store, or a path to a GGUF file. */
public final class ModelLocator {
    private ModelLocator() {}

    /**
     * Opens a model; the caller closes it.
     *
     * @throws ModelNotFoundException
     *             if there is none of this name
     * @throws io.github.jnpu.convert.model.ModelFormatException
     *             if it is no usable model file
     */
    public static ModelSource open(String model) {
        Path path = Path.of(model);
        if (Files.isRegularFile(path)) {
            return GgufFile.open(path);
        }
        throw new ModelNotFoundException("model '%s' not found".formatted(model));
    }
}
