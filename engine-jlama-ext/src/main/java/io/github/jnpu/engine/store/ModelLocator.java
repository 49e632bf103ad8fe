package io.github.jnpu.engine.store;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.huggingface.HuggingFaceFolder;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.ModelNotFoundException;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the model that a user names: {@code demo}, a name in the store, or a path to a GGUF file. */
public final class ModelLocator {
    private ModelLocator() {}

    /**
     * Opens a model; the caller closes it. What looks like a path (it starts with a separator or dot, or ends in
     * {@code .gguf}) is one; anything else is first a name in the user's store, then {@code demo}, then a path.
     *
     * @throws ModelNotFoundException
     *             if there is none of this name
     * @throws ModelFormatException
     *             if it is no usable model file
     */
    public static ModelSource open(String model) {
        return open(model, ModelStore.ofUser());
    }

    /** As {@link #open(String)}, with names from this store. */
    public static ModelSource open(String model, ModelStore store) {
        if (looksLikePath(model)) {
            return openFile(path(model), model);
        }
        Optional<StoredModel> stored = ModelName.parse(model).flatMap(store::find);
        if (stored.isPresent()) {
            return stored.get().open();
        }
        Path path = path(model);
        if (!model.isEmpty() && Files.exists(path)) {
            return openFile(path, model);
        }
        throw new ModelNotFoundException(
                "model '%s' not found: it is neither in %s nor a file; give a name from the list of models, demo, or a path to a GGUF file"
                        .formatted(model, store.root()));
    }

    /** Whether {@link #open} takes it for a path and never for a name. */
    public static boolean looksLikePath(String model) {
        return model.startsWith("/") || model.startsWith("\\") || model.startsWith("./") || model.startsWith("../")
                || model.startsWith(".\\") || model.startsWith("..\\") || model.equals(".") || model.equals("..")
                || model.length() > 5 && model.regionMatches(true, model.length() - 5, ".gguf", 0, 5);
    }

    private static Path path(String model) {
        try {
            return Path.of(model);
        } catch (InvalidPathException e) {
            throw new ModelNotFoundException("model '%s' not found: %s".formatted(model, e.getReason()));
        }
    }

    private static ModelSource openFile(Path path, String model) {
        if (Files.isDirectory(path)) {
            if (HuggingFaceFolder.isOne(path)) {
                return HuggingFaceFolder.open(path);
            }
            throw new ModelNotFoundException(
                    "model '%s' is a folder without config.json and safetensors files; give a GGUF file or a model's folder"
                            .formatted(model));
        }
        if (!Files.exists(path)) {
            throw new ModelNotFoundException("model '%s' not found: there is no such file".formatted(model));
        }
        if (!Files.isReadable(path)) {
            throw new ModelNotFoundException("model '%s' cannot be read: permission denied".formatted(model));
        }
        return GgufFile.open(path);
    }
}
