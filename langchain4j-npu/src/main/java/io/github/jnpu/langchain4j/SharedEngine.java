package io.github.jnpu.langchain4j;

import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.store.ModelLocator;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A share in a loaded model. The first share loads it, the last one closed frees it. Thread-safe.
 */
final class SharedEngine implements AutoCloseable {
    private static final Map<Key, Loaded> LOADED = new ConcurrentHashMap<>();

    private record Key(String model, ModelOptions options) {}

    private record Loaded(LanguageModel model, int shares) {}

    private final Key key;
    private final LanguageModel model;
    private final AtomicBoolean closed = new AtomicBoolean();

    private SharedEngine(Key key, LanguageModel model) {
        this.key = key;
        this.model = model;
    }

    /**
     * Takes a share, waiting while another thread loads the same model.
     *
     * @throws dev.langchain4j.exception.LangChain4jException
     *             if there is no such model, or it cannot be loaded
     */
    static SharedEngine of(String name, ModelOptions options) {
        Key key = new Key(canonical(name), options);
        Loaded loaded = LOADED.compute(key, (_, present) -> present == null
                ? new Loaded(load(name, options), 1)
                : new Loaded(present.model, present.shares + 1));
        return new SharedEngine(key, loaded.model);
    }

    private static LanguageModel load(String name, ModelOptions options) {
        try {
            return LanguageModel.load(ModelLocator.open(name), options);
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

    /** How many models are loaded. */
    static int loadedModels() {
        return LOADED.size();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            LOADED.compute(key, (_, loaded) -> {
                if (loaded.shares > 1) {
                    return new Loaded(loaded.model, loaded.shares - 1);
                }
                loaded.model.close();
                return null;
            });
        }
    }
}
