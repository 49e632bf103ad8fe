package io.github.jnpu.engine;

import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;
import io.github.jnpu.convert.quantize.QuantizedModel;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.engine.backend.MemoryEstimate;
import io.github.jnpu.engine.sampling.SamplingOptions;
import io.github.jnpu.engine.store.ModelLocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class LoadingTest {
    @TempDir
    private Path folder;

    private static String text(LanguageModel model) {
        return model.generate(GenerationRequest.of(model.encodePrompt("Once upon a time", false))
                .withSampling(SamplingOptions.GREEDY).withMaxTokens(30)).text();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theListenerSeesAllWeightsOnce(boolean useMmap) {
        GgufFile file = GgufFile.open(TestModels.stories260K());
        long weights = file.tensors().stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
        List<Long> progress = new ArrayList<>();
        LoadListener listener = (loaded, total) -> {
            assertThat(total).isEqualTo(weights);
            progress.add(loaded);
        };
        try (LanguageModel model = LanguageModel.load(file, ModelOptions.DEFAULT.withUseMmap(useMmap), listener)) {
            assertThat(progress).isSorted().doesNotHaveDuplicates().endsWith(weights);
            assertThat(model.options().useMmap()).isEqualTo(useMmap);
        }
    }

    @Test
    void aCopyGivesTheSameTextAndLeavesTheFileAlone() {
        GgufFile mapped = GgufFile.open(TestModels.stories260K());
        GgufFile copied = GgufFile.open(TestModels.stories260K());
        try (LanguageModel one = LanguageModel.load(mapped, ModelOptions.DEFAULT);
                LanguageModel other = LanguageModel.load(copied, ModelOptions.DEFAULT.withUseMmap(false))) {
            assertThat(one.source().tensors()).allMatch(tensor -> tensor.data().isMapped());
            assertThat(other.source().tensors()).noneMatch(tensor -> tensor.data().isMapped())
                    .allMatch(tensor -> tensor.data().address() % 64 == 0);
            assertThat(isOpen(copied)).isFalse();
            assertThat(text(other)).isEqualTo(text(one));
            assertThat(other.source().metadata().values()).containsOnlyKeys(one.source().metadata().values().keySet());
        }
    }

    @Test
    void aCopyIsFreedWithTheModel() {
        ModelSource copy;
        try (LanguageModel model = LanguageModel.load(GgufFile.open(TestModels.stories260K()),
                ModelOptions.DEFAULT.withUseMmap(false))) {
            copy = model.source();
        }
        assertThat(isOpen(copy)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCancelledLoadClosesTheFile(boolean useMmap) {
        GgufFile file = GgufFile.open(TestModels.stories260K());
        LoadListener impatient = new LoadListener() {
            @Override
            public void onProgress(long loadedBytes, long totalBytes) {}

            @Override
            public boolean isCancelled() {
                return true;
            }
        };
        assertThatThrownBy(() -> LanguageModel.load(file, ModelOptions.DEFAULT.withUseMmap(useMmap), impatient))
                .isInstanceOf(CancellationException.class);
        assertThat(isOpen(file)).isFalse();
    }

    @Test
    void aFileThatGetsShorterWhileItIsReadIsAnErrorWithItsName() throws IOException {
        Path path = Files.copy(TestModels.stories260K(), folder.resolve("shrinking.gguf"));
        GgufFile file = GgufFile.open(path);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.truncate(300_000);
        }
        assertThatThrownBy(() -> {
            try (WeightReader reader = WeightReader.prefetch(file, 2, LoadListener.NONE)) {
                reader.await();
            }
        }).isInstanceOf(EngineException.class).hasMessageContaining("shrinking.gguf")
                .hasMessageContaining("cannot be read to its end");
        file.close();
    }

    /** The demo model in a type that is laid out anew. */
    private GgufFile quantizedDemo() throws IOException {
        Path path = folder.resolve("demo-q4_k.gguf");
        try (ModelSource demo = ModelLocator.open("demo")) {
            new QuantizedModel(demo, FileType.Q4_K).write(path, _ -> {});
        }
        return GgufFile.open(path);
    }

    @Test
    void layingWeightsOutAnewIsHalfOfTheProgress() throws IOException {
        List<Long> progress = new ArrayList<>();
        GgufFile file = quantizedDemo();
        long weights = file.tensors().stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
        try (LanguageModel _ = LanguageModel.load(file, ModelOptions.DEFAULT, (loaded, _) -> progress.add(loaded))) {
            assertThat(progress).isSorted().doesNotHaveDuplicates().endsWith(weights)
                    .anyMatch(loaded -> loaded > weights / 2 && loaded < weights);
        }
    }

    @Test
    void layingWeightsOutAnewCanBeCancelled() throws IOException {
        GgufFile file = quantizedDemo();
        AtomicBoolean halfway = new AtomicBoolean();
        LoadListener impatient = new LoadListener() {
            @Override
            public void onProgress(long loadedBytes, long totalBytes) {
                // Reading alone never gets further.
                halfway.set(loadedBytes > totalBytes / 2);
            }

            @Override
            public boolean isCancelled() {
                return halfway.get();
            }
        };
        assertThatThrownBy(() -> LanguageModel.load(file, ModelOptions.DEFAULT, impatient))
                .isInstanceOf(CancellationException.class);
        assertThat(isOpen(file)).isFalse();
    }

    @Test
    void withoutRepackingNoMemoryIsTakenForWeights() throws IOException {
        try (LanguageModel packed = LanguageModel.load(quantizedDemo(), ModelOptions.DEFAULT);
                LanguageModel mapped = LanguageModel.load(quantizedDemo(),
                        ModelOptions.DEFAULT.withRepack(false))) {
            // Bytes instead of six bits for Q4_K's scales, and rows that fill a unit up.
            assertThat(packed.memoryBytes()).isGreaterThan(mapped.memoryBytes());
            assertThat(text(packed)).isEqualTo(text(mapped));
        }
    }

    @Test
    void aFileThatGetsShorterBeforeItIsLoadedIsAnErrorWithItsName() throws IOException {
        GgufFile file = quantizedDemo();
        try (FileChannel channel = FileChannel.open(folder.resolve("demo-q4_k.gguf"), StandardOpenOption.WRITE)) {
            channel.truncate(1_000_000);
        }
        assertThatThrownBy(() -> LanguageModel.load(file, ModelOptions.DEFAULT)).isInstanceOf(EngineException.class)
                .hasMessageContaining("demo-q4_k.gguf").hasMessageContaining("cannot be read to its end");
        assertThat(isOpen(file)).isFalse();
    }

    @Test
    void whatIsLargerThanTheFreeMemoryDoesNotFit() {
        MemoryEstimate small = new MemoryEstimate(4L << 30, 1L << 30, 1L << 20, 0);
        MemoryEstimate large = new MemoryEstimate(8L << 30, 1L << 30, 1L << 20, 0);
        MemoryEstimate longContext = new MemoryEstimate(4L << 30, 5L << 30, 1L << 20, 0);
        assertThat(new MemoryNeeds(small, 8L << 30, false).check("model.gguf")).isTrue();
        assertThat(new MemoryNeeds(large, 8L << 30, false).check("model.gguf")).isFalse();
        // Its weights do.
        assertThat(new MemoryNeeds(longContext, 8L << 30, false).check("model.gguf")).isTrue();
        // A system that does not tell is given the benefit of the doubt.
        assertThat(new MemoryNeeds(large, 0, false).check("model.gguf")).isTrue();
    }

    private static boolean isOpen(ModelSource source) {
        ModelTensor tensor = source.tensors().iterator().next();
        try {
            tensor.data().get(ValueLayout.JAVA_BYTE, 0);
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }
}
