package io.github.jnpu.server.cli;

import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.engine.store.ModelLocator;

import java.time.Duration;

/** Loads the model that the user named, with a sign of life on a terminal. */
final class ModelLoading {
    private ModelLoading() {}

    /** A model in memory and how long it took. */
    record LoadedModel(LanguageModel model, Duration duration) implements AutoCloseable {
        @Override
        public void close() {
            model.close();
        }
    }

    static LoadedModel load(Console console, String name, ModelOptions options) {
        long start = System.nanoTime();
        try (Spinner spinner = Spinner.start(console, "loading " + name)) {
            LanguageModel model = LanguageModel.load(ModelLocator.open(name), options,
                    (loaded, total) -> spinner
                            .show("loading %s %d%%".formatted(name, 100 * loaded / Math.max(1, total))));
            return new LoadedModel(model, Duration.ofNanos(System.nanoTime() - start));
        }
    }
}
