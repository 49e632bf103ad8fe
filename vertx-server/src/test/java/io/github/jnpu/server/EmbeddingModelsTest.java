package io.github.jnpu.server;

import io.github.jnpu.convert.RandomEncoder;
import io.github.jnpu.convert.tensor.TensorType;
import io.github.jnpu.engine.embedding.EmbeddingModel;
import io.github.jnpu.engine.embedding.EmbeddingModelOptions;
import io.github.jnpu.engine.placement.PlacementWish;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.StoredModel;
import io.github.jnpu.server.model.EmbeddingModels;
import io.github.jnpu.server.model.EmbeddingModels.Key;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

class EmbeddingModelsTest {
    @TempDir
    static Path folder;

    private static StoredModel stored(TestStore store, String name) {
        return store.store().find(ModelName.parse(name).orElseThrow()).orElseThrow();
    }

    /** As when it is deleted: at once if it is idle, else after its last use, and no other model. */
    @Test
    void unloadsAModelHoweverItWasLoaded() throws IOException {
        TestStore store = new TestStore(folder.resolve("store"));
        store.install("one", RandomEncoder.bert(TensorType.F32).write(folder.resolve("one.gguf")), Map.of());
        store.install("two", RandomEncoder.bert(TensorType.F16).write(folder.resolve("two.gguf")), Map.of());
        StoredModel one = stored(store, "one");
        StoredModel two = stored(store, "two");
        try (EmbeddingModels models = new EmbeddingModels(Duration.ofMinutes(5), 3, PlacementWish.AUTO)) {
            for (int length : new int[]{16, 32}) {
                EmbeddingModelOptions options = EmbeddingModelOptions.DEFAULT.withContextLength(length);
                models.use(Key.of(one, options), () -> EmbeddingModel.load(one.open(), options), Optional.empty(),
                        EmbeddingModel::dimension);
            }
            EmbeddingModelOptions options = EmbeddingModelOptions.DEFAULT;
            models.use(Key.of(two, options), () -> EmbeddingModel.load(two.open(), options), Optional.empty(),
                    model -> {
                        models.unload(one);
                        assertThat(models.size()).isEqualTo(1);
                        models.unload(two);
                        assertThat(models.size()).isEqualTo(1);
                        return model.dimension();
                    });
            assertThat(models.size()).isZero();
        }
    }
}
