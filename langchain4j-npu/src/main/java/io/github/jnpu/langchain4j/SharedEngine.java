package io.github.jnpu.langchain4j;

import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.chat.ChatTemplate;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A share in a loaded model. The first share loads it, the last one closed frees it. Thread-safe.
 */
final class SharedEngine implements AutoCloseable {
    private static final Shares<Key, Loaded> LOADED = new Shares<>(loaded -> loaded.model.close());

    private record Key(String model, ModelOptions options) {}

    private record Loaded(LanguageModel model, Optional<ChatTemplate> template) {}

    private final Shares.Share<Key, Loaded> share;
    private final Loaded loaded;

    private SharedEngine(Shares.Share<Key, Loaded> share) {
        this.share = share;
        this.loaded = share.value();
    }

    /**
     * Takes a share, waiting while another thread loads the same model.
     *
     * @throws dev.langchain4j.exception.LangChain4jException
     *             if there is no such model, or it cannot be loaded
     */
    static SharedEngine of(String name, ModelOptions options, ModelAccess access) {
        return new SharedEngine(LOADED.take(new Key(canonical(name), options), () -> load(name, options, access)));
    }

    private static Loaded load(String name, ModelOptions options, ModelAccess access) {
        try {
            LanguageModel model = LanguageModel.load(access.open(name), options);
            return new Loaded(model, access.template(name, model.chatTemplate()));
        } catch (RuntimeException e) {
            throw Failures.ofLoading(e);
        }
    }

    /** Two spellings of one file, or folder, are one model. */
    static String canonical(String name) {
        try {
            Path path = Path.of(name);
            return !name.isEmpty() && Files.exists(path) ? path.toAbsolutePath().normalize().toString() : name;
        } catch (InvalidPathException e) {
            return name;
        }
    }

    LanguageModel model() {
        return loaded.model;
    }

    /** What the model is asked with; empty for a model that was trained on plain text. */
    Optional<ChatTemplate> template() {
        return loaded.template;
    }

    /** How many models are loaded. */
    static int loadedModels() {
        return LOADED.size();
    }

    @Override
    public void close() {
        share.close();
    }
}
