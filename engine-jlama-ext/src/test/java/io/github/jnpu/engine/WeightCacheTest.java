package io.github.jnpu.engine;

import io.github.jnpu.convert.gguf.GgufFile;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.quantize.QuantizedModel;
import io.github.jnpu.convert.random.FileType;
import io.github.jnpu.engine.sampling.SamplingOptions;
import io.github.jnpu.engine.store.ModelLocator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

class WeightCacheTest {
    /** Matrices begin at this multiple at the latest. */
    private static final int HEADER = 64 << 10;

    @TempDir
    private Path folder;
    private Path model;
    private Path cache;

    /** The demo model in a type that is laid out anew. */
    @BeforeEach
    void quantizeTheDemo() throws IOException {
        model = folder.resolve("demo q4_k.gguf");
        cache = folder.resolve("store").resolve("packed");
        try (ModelSource demo = ModelLocator.open("demo")) {
            new QuantizedModel(demo, FileType.Q4_K).write(model, _ -> {});
        }
    }

    private LanguageModel load(LoadListener listener) {
        LanguageModel loaded = LanguageModel.load(GgufFile.open(model), ModelOptions.DEFAULT.withWeightCache(Optional
                .of(cache)), listener);
        if (!loaded.placement().backend().name().equals("vector")) {
            loaded.close();
            assumeTrue(false, "only the vector backend lays weights out; this JVM lacks jdk.incubator.vector");
        }
        return loaded;
    }

    private String text() {
        try (LanguageModel loaded = load(LoadListener.NONE)) {
            return text(loaded);
        }
    }

    private static String text(LanguageModel loaded) {
        return loaded.generate(GenerationRequest.of(loaded.encodePrompt("What does an NPU do?", false))
                .withSampling(SamplingOptions.GREEDY).withMaxTokens(30)).text();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(cache)) {
            return files.toList();
        }
    }

    private Path packed() throws IOException {
        assertThat(files()).hasSize(1);
        return files().getFirst();
    }

    private static void write(Path file, long position, byte[] bytes) throws IOException {
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
            content.seek(position);
            content.write(bytes);
        }
    }

    @Test
    void theSecondLoadMapsWhatTheFirstLaidOut() throws IOException {
        String first = text();
        Path file = packed();
        assertThat(file.getFileName().toString()).matches("demo_q4_k\\.gguf-[0-9a-f]{16}\\.packed");
        assertThat(text()).isEqualTo(first);
        assertThat(packed()).isEqualTo(file);
        // Weights without a value give another text: they were read from there.
        write(file, HEADER, new byte[(int) Files.size(file) - HEADER]);
        assertThat(text()).isNotEqualTo(first);
    }

    @Test
    void progressEndsWithAllWeights() {
        text();
        List<Long> progress = new ArrayList<>();
        try (LanguageModel loaded = load((bytes, _) -> progress.add(bytes))) {
            long weights = loaded.source().tensors().stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
            assertThat(progress).isSorted().doesNotHaveDuplicates().hasSizeGreaterThan(1).endsWith(weights);
        }
    }

    @Test
    void aFileThatWasCutOffIsReplaced() throws IOException {
        String first = text();
        Path file = packed();
        long size = Files.size(file);
        byte[] whole = Files.readAllBytes(file);
        for (int length : new int[]{0, 5, 12, HEADER, whole.length - 1}) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThat(text()).as("cut off after %d bytes", length).isEqualTo(first);
            assertThat(Files.size(packed())).isEqualTo(size);
        }
        assertThat(packed()).hasBinaryContent(whole);
    }

    @Test
    void aFileOfAnotherLayoutIsReplaced() throws IOException {
        String first = text();
        byte[] whole = Files.readAllBytes(packed());
        byte[][] others = {"VECTOR".getBytes(StandardCharsets.US_ASCII), {-1, -1, -1, 127}};
        int[] positions = {12, 8};
        for (int i = 0; i < others.length; i++) {
            write(packed(), positions[i], others[i]);
            write(packed(), HEADER, new byte[whole.length - HEADER]);
            assertThat(text()).isEqualTo(first);
            assertThat(packed()).hasBinaryContent(whole);
        }
    }

    @Test
    void aModelThatChangedHasAFileOfItsOwn() throws IOException {
        text();
        Files.setLastModifiedTime(model, FileTime.from(Instant.now().minus(Duration.ofDays(1))));
        text();
        assertThat(files()).hasSize(2);
    }

    @Test
    void aFolderThatCannotBeWrittenIsNoError() throws IOException {
        Files.writeString(folder.resolve("store"), "a file where the folder should be");
        assertThat(text()).isNotEmpty();
    }

    @Test
    void aLoadThatIsGivenUpLeavesNothing() throws IOException {
        AtomicBoolean halfway = new AtomicBoolean();
        LoadListener impatient = new LoadListener() {
            @Override
            public void onProgress(long loadedBytes, long totalBytes) {
                halfway.set(loadedBytes > totalBytes / 2);
            }

            @Override
            public boolean isCancelled() {
                return halfway.get();
            }
        };
        assertThatThrownBy(() -> load(impatient)).isInstanceOf(CancellationException.class);
        assertThat(files()).isEmpty();
    }

    @Test
    void nothingIsKeptOfACopyOrWithoutRepacking() {
        ModelOptions options = ModelOptions.DEFAULT.withWeightCache(Optional.of(cache));
        LanguageModel.load(GgufFile.open(model), options.withUseMmap(false)).close();
        LanguageModel.load(GgufFile.open(model), options.withRepack(false)).close();
        LanguageModel.load(ModelLocator.open("demo"), options).close();
        assertThat(cache).doesNotExist();
    }

    @Test
    void whatWasUsedLongestAgoMakesRoom() throws IOException {
        Files.createDirectories(cache);
        Instant now = Instant.now();
        for (int i = 0; i < 3; i++) {
            Path file = Files.write(cache.resolve(i + ".packed"), new byte[100]);
            Files.setLastModifiedTime(file, FileTime.from(now.minus(Duration.ofMinutes(10 - i))));
        }
        Path fresh = Files.write(cache.resolve("fresh.partial"), new byte[100]);
        Path abandoned = Files.write(cache.resolve("abandoned.partial"), new byte[100]);
        Files.setLastModifiedTime(abandoned, FileTime.from(now.minus(Duration.ofHours(2))));
        Path foreign = Files.write(cache.resolve("notes.txt"), new byte[100]);
        WeightCache.makeRoom(cache, 100, 250);
        assertThat(files()).containsExactlyInAnyOrder(cache.resolve("2.packed"), fresh, foreign);
        WeightCache.makeRoom(cache, 1000, 250);
        assertThat(files()).containsExactlyInAnyOrder(fresh, foreign);
    }
}
