package io.github.jnpu.langchain4j;

import dev.langchain4j.exception.ModelNotFoundException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.chat.ChatTemplateException;
import io.github.jnpu.engine.registry.ModelRegistry;
import io.github.jnpu.engine.registry.RegistryException;
import io.github.jnpu.engine.registry.RegistryReference;
import io.github.jnpu.engine.store.ModelLocator;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.StoredModel;
import io.github.jnpu.engine.store.TransferListener;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where models come from: a store, and a registry behind it where the user allowed that.
 *
 * @param pull
 *            follows the download of what is missing; empty where nothing may be downloaded
 * @param insecure
 *            whether registries are asked over plain HTTP
 */
record ModelAccess(ModelStore store, Optional<TransferListener> pull, boolean insecure) {
    private static final System.Logger LOGGER = System.getLogger(ModelAccess.class.getName());
    private static final String USER_AGENT = "jnpu-langchain4j";

    /** The user's store. */
    static ModelAccess ofUser(Optional<TransferListener> pull) {
        return new ModelAccess(ModelStore.ofUser(), pull, false);
    }

    /** Opens a model; the caller closes it. */
    ModelSource open(String name) {
        return orPull(name, () -> ModelLocator.open(name, store));
    }

    /** Runs what needs a model, and if it misses the model, once more after it has been pulled. */
    <T> T orPull(String name, Supplier<T> use) {
        try {
            return use.get();
        } catch (io.github.jnpu.engine.ModelNotFoundException e) {
            Optional<RegistryReference> reference = pull.isEmpty() || isPath(name)
                    ? Optional.empty()
                    : RegistryReference.parse(name, insecure);
            pull(name, reference.orElseThrow(() -> e));
            return use.get();
        }
    }

    private void pull(String name, RegistryReference reference) {
        try (ModelRegistry registry = new ModelRegistry(USER_AGENT)) {
            registry.pull(reference, store, pull.orElseThrow());
        } catch (RegistryException e) {
            throw new ModelNotFoundException("model '%s' cannot be pulled: %s".formatted(name, e.getMessage()), e);
        } catch (IOException e) {
            throw new UncheckedIOException("model '%s' cannot be pulled to %s: %s".formatted(name, store.root(), e
                    .getMessage()), e);
        }
    }

    /** What the user meant as a file is never looked for in a registry. */
    private static boolean isPath(String name) {
        return name.startsWith("/") || name.startsWith("\\") || name.startsWith(".") || name.toLowerCase(Locale.ROOT)
                .endsWith(".gguf");
    }

    /** The template that a model is asked with: the better one of its Modelfile's and its file's. */
    Optional<ChatTemplate> template(String name, Optional<ChatTemplate> ofFile) {
        Optional<String> source = isPath(name)
                ? Optional.empty()
                : ModelName.parse(name).flatMap(store::find).flatMap(StoredModel::template);
        try {
            return ChatTemplate.choose(source.map(ChatTemplate::ofGoTemplate), ofFile, Optional.empty());
        } catch (ChatTemplateException e) {
            LOGGER.log(System.Logger.Level.WARNING, "the template of {0} is passed over: {1}", name, e.getMessage());
            return ofFile;
        }
    }
}
