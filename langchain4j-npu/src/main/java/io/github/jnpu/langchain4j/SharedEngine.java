package io.github.jnpu.langchain4j;

import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.chat.ChatTemplate;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A share in a loaded model. The first share loads it, the last one closed frees it. Thread-safe.
 */
final class SharedEngine implements AutoCloseable {
    private static final Map<Key, Loaded> LOADED = new ConcurrentHashMap<>();

    private record Key(String model, ModelOptions options) {}

    private record Loaded(LanguageModel model, Optional<ChatTemplate> template, int shares) {}

    private final Key key;
    private final LanguageModel model;
    private final Optional<ChatTemplate> template;
    private final AtomicBoolean closed = new AtomicBoolean();

    private SharedEngine(Key key, Loaded loaded) {
        this.key = key;
        this.model = loaded.model;
        this.template = loaded.template;
    }

    /**
     * Takes a share, waiting while another thread loads the same model.
     *
     * @throws dev.langchain4j.exception.LangChain4jException
     *             if there is no such model, or it cannot be loaded
     */
    static SharedEngine of(String name, ModelOptions options, ModelAccess access) {
        Key key = new Key(canonical(name), options);
        Loaded loaded = LOADED.compute(key, (_, present) -> present == null
                ? load(name, options, access)
                : new Loaded(present.model, present.template, present.shares + 1));
        return new SharedEngine(key, loaded);
    }

    private static Loaded load(String name, ModelOptions options, ModelAccess access) {
        try {
            LanguageModel model = LanguageModel.load(access.open(name), options);
            return new Loaded(model, access.template(name, model.chatTemplate()), 1);
        } catch (RuntimeException e) {
            throw Failures.ofLoading(e);
        }
    }

    /** Two spellings of one file are one model. */
    private static String canonical(String name) {
        try {
            Path path = Path.of(name);
            return Files.isRegularFile(path) ? path.toAbsolutePath().normalize().toString() : name;
        } catch (InvalidPathException e) {
            return name;
        }
    }

    LanguageModel model() {
        return model;
    }

    /** What the model is asked with; empty for a model that was trained on plain text. */
    Optional<ChatTemplate> template() {
        return template;
    }

    /** How many models are loaded. */
    static int loadedModels() {
        return LOADED.size();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            LOADED.compute(key, (_, loaded) -> {
                if (loaded.shares > 1) {
                    return new Loaded(loaded.model, loaded.template, loaded.shares - 1);
                }
                loaded.model.close();
                return null;
            });
        }
    }
}
