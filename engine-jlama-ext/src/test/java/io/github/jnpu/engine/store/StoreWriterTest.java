package io.github.jnpu.engine.store;

import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.ModelNotFoundException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Changes of a store: names, blobs that nobody wants any more, processes beside each other and processes that die. */
class StoreWriterTest {
    @TempDir
    Path root;
    ModelStore store;

    @BeforeEach
    void open() {
        store = new ModelStore(root, false);
    }

    private static ModelName name(String text) {
        return ModelName.parse(text).orElseThrow();
    }

    private static Digest digest(String content) {
        return Digest.of(content.getBytes(StandardCharsets.UTF_8));
    }

    private List<String> files(String folder) throws IOException {
        if (!Files.isDirectory(root.resolve(folder))) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(root.resolve(folder))) {
            return files.filter(Files::isRegularFile).map(file -> root.resolve(folder).relativize(file).toString())
                    .toList();
        }
    }

    private void assertWhole() throws IOException {
        for (StoredModel model : store.list()) {
            byte[] json = store.writer().manifest(model.name()).orElseThrow();
            for (Manifest.Layer layer : Manifest.parse(json, "test").blobs()) {
                assertThat(BlobStore.hash(store.blobs().path(layer.digest()), _ -> {})).isEqualTo(layer.digest());
            }
        }
    }

    @Test
    void copiesShareBlobsAndTheLastOwnerTakesThemAlong() throws IOException {
        StoreProcess.install(store, "tiny", "w");
        store.writer().copy(name("tiny"), name("me/alias:v1"));
        assertThat(store.find(name("me/alias:v1")).orElseThrow().digest()).isEqualTo(store.find(name("tiny"))
                .orElseThrow().digest());
        store.writer().delete(name("TINY"));
        assertThat(store.list()).hasSize(1);
        assertThat(store.blobs().contains(digest("w"))).isTrue();
        store.writer().delete(name("me/alias:v1"));
        assertThat(files("blobs")).isEmpty();
        assertThat(root.resolve("manifests")).isEmptyDirectory();
        assertThatThrownBy(() -> store.writer().delete(name("tiny"))).isInstanceOf(ModelNotFoundException.class)
                .hasMessage("model 'tiny:latest' not found");
        assertThatThrownBy(() -> store.writer().copy(name("tiny"), name("x"))).isInstanceOf(
                ModelNotFoundException.class);
    }

    @Test
    void aNewVersionTakesTheOldOnesBlobsAway() throws IOException {
        StoreProcess.install(store, "tiny", "old");
        StoreProcess.install(store, "Tiny", "new");
        assertThat(files("manifests")).containsExactly("registry.ollama.ai/library/tiny/latest");
        assertThat(files("blobs")).containsExactly(digest("new").fileName());
    }

    @Test
    void spellingsThatAreThereStay() throws IOException {
        StoreProcess.install(store, "Me/Tiny:One", "w");
        StoreProcess.install(store, "me/tINY:two", "w");
        assertThat(files("manifests")).containsExactlyInAnyOrder("registry.ollama.ai/Me/Tiny/One",
                "registry.ollama.ai/Me/Tiny/two");
    }

    @Test
    void aManifestNeedsItsBlobs() throws IOException {
        Manifest hole = new Manifest(Optional.empty(), List.of(Manifest.Layer.of("model", digest("gone"), 4)));
        assertThatThrownBy(() -> store.writer().install(name("tiny"), hole.toJson())).isInstanceOf(
                MissingBlobException.class);
        store.blobs().put("gone".getBytes(StandardCharsets.UTF_8));
        Manifest wrongSize = new Manifest(Optional.empty(), List.of(Manifest.Layer.of("model", digest("gone"), 5)));
        assertThatThrownBy(() -> store.writer().install(name("tiny"), wrongSize.toJson())).isInstanceOf(
                MissingBlobException.class);
        assertThatThrownBy(() -> store.writer().install(name("tiny"), "{}".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(ModelFormatException.class);
        assertThat(store.list()).isEmpty();
    }

    @Test
    void whatADamagedManifestMentionsStays() throws IOException {
        StoreProcess.install(store, "tiny", "w");
        Path damaged = root.resolve("manifests/registry.ollama.ai/library/damaged/latest");
        Files.createDirectories(damaged.getParent());
        Files.writeString(damaged, "{\"layers\":[{\"digest\":\"" + digest("w"));
        store.writer().delete(name("tiny"));
        assertThat(store.blobs().contains(digest("w"))).isTrue();
    }

    @Test
    void theDemoModelCanBeCopiedAndNotDeleted() throws IOException {
        ModelStore withDemo = new ModelStore(root);
        assertThatThrownBy(() -> withDemo.writer().delete(name("demo"))).isInstanceOf(EngineException.class)
                .hasMessageContaining("part of jnpu");
        withDemo.writer().copy(name("demo"), name("mine"));
        StoredModel mine = withDemo.find(name("mine")).orElseThrow();
        assertThat(mine.weightsDigest()).isEqualTo(withDemo.find(name("demo")).orElseThrow().weightsDigest());
        assertThat(mine.parameters()).containsEntry("temperature", 0.0);
        mine.open().close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "sha256:", "sha256:../../etc/passwd", "sha256-zz", "sha512:00",
            "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
            "sha256/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/"})
    void digestsThatAreNoneAreRefused(String text) {
        assertThat(Digest.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "a/../b", "..", "a/b/../../c", "/etc/x", "a\\b", "a\u0000b", "x:../../y", ".hidden",
            "host/ns/../x:y"})
    void namesThatLeaveTheStoreAreRefused(String text) {
        assertThat(ModelName.parse(text)).isEmpty();
    }

    @Test
    void blobsAppearWholeOrNotAtAll() throws IOException {
        try (BlobWriter writer = store.blobs().begin()) {
            writer.write(ByteBuffer.wrap(new byte[]{1, 2}));
            assertThat(files("blobs")).hasSize(1).noneMatch(file -> file.startsWith("sha256-"));
        }
        assertThat(files("blobs")).isEmpty();
        Digest digest = store.blobs().put(new byte[]{1, 2});
        assertThat(store.blobs().put(new byte[]{1, 2})).isEqualTo(digest);
        assertThat(files("blobs")).containsExactly(digest.fileName());
    }

    @Test
    void partsOfOllamaAreTakenUpAndOnesThatDoNotFitAreNot() throws IOException {
        Digest digest = digest("abcdef");
        Path file = root.resolve("blobs").resolve(digest.fileName() + "-partial");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "ab");
        Files.writeString(Path.of(file + "-0"), "{\"N\":0,\"Offset\":0,\"Size\":4,\"Completed\":2}");
        Files.writeString(Path.of(file + "-1"), "{\"N\":1,\"Offset\":4,\"Size\":2,\"Completed\":0}");
        try (PartialBlob partial = store.blobs().download(digest).orElseThrow()) {
            assertThat(store.blobs().download(digest)).isEmpty();
            assertThat(partial.parts(6)).containsExactly(new PartialBlob.Part(0, 0, 4, 2), new PartialBlob.Part(1, 4, 2,
                    0));
            try (FileChannel channel = partial.open()) {
                channel.write(ByteBuffer.wrap("cdef".getBytes(StandardCharsets.UTF_8)), 2);
            }
            assertThat(partial.finish(_ -> {})).isEqualTo(digest);
        }
        assertThat(files("blobs")).containsExactly(digest.fileName());
        Digest other = digest("other");
        for (String state : List.of("{", "{\"N\":0,\"Offset\":-1,\"Size\":5,\"Completed\":0}",
                "{\"N\":0,\"Offset\":0,\"Size\":5,\"Completed\":9}",
                "{\"N\":0,\"Offset\":0,\"Size\":3,\"Completed\":1}",
                "{\"N\":0,\"Offset\":0,\"Size\":5,\"Completed\":5}")) {
            Path partialFile = root.resolve("blobs").resolve(other.fileName() + "-partial");
            Files.writeString(partialFile, "oth");
            Files.writeString(Path.of(partialFile + "-0"), state);
            try (PartialBlob partial = store.blobs().download(other).orElseThrow()) {
                assertThat(partial.parts(5)).as(state).isEmpty();
            }
            assertThat(partialFile).doesNotExist();
        }
    }

    @Test
    void theSweepTakesWhatIsOldAndUnused() throws IOException {
        StoreProcess.install(store, "tiny", "used");
        Digest fresh = store.blobs().put("fresh".getBytes(StandardCharsets.UTF_8));
        Digest old = store.blobs().put("old".getBytes(StandardCharsets.UTF_8));
        age(store.blobs().path(digest("used")), Duration.ofDays(99));
        age(store.blobs().path(old), Duration.ofHours(2));
        Path temporary = Files.writeString(store.blobs().temporary(), "x");
        age(temporary, Duration.ofHours(2));
        Path partial = Files.writeString(root.resolve("blobs").resolve(digest("p").fileName() + "-partial"), "x");
        age(partial, Duration.ofHours(2));
        Path forgotten = Files.writeString(root.resolve("blobs").resolve(digest("q").fileName() + "-partial-3"), "x");
        age(forgotten, Duration.ofDays(8));
        store.writer().sweep();
        assertThat(files("blobs")).containsExactlyInAnyOrder(digest("used").fileName(), fresh.fileName(), partial
                .getFileName().toString());
    }

    private static void age(Path file, Duration age) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(age)));
    }

    @Test
    void aBlobThatIsGoneIsNotTouched() throws IOException {
        assertThat(store.blobs().touch(digest("gone"))).isFalse();
        assertThat(store.blobs().touch(store.blobs().put(new byte[]{1}))).isTrue();
    }

    @Test
    void aKilledProcessLeavesNoBlob() throws Exception {
        Process process = StoreProcess.start("blob", root);
        try (BufferedReader out = process.inputReader()) {
            assertThat(out.readLine()).isEqualTo("ready");
            for (int i = 0; i < 20; i++) {
                assertThat(out.readLine()).isEqualTo("more");
            }
            process.destroyForcibly().waitFor();
        }
        assertThat(files("blobs")).hasSize(1).noneMatch(file -> file.startsWith("sha256-"));
    }

    @Test
    void processesThatChangeOneStoreLeaveItWhole() throws Exception {
        Process process = StoreProcess.start("some", root);
        StoreProcess.install(store, "mine", "w");
        while (process.isAlive()) {
            try {
                StoreProcess.install(store, "shared", "the same");
                store.writer().delete(name("shared"));
            } catch (MissingBlobException | ModelNotFoundException e) {
                // The other process was faster between two steps.
                assertThat(e.getMessage()).contains("shared");
            }
        }
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isZero();
        assertWhole();
        assertThat(store.list()).extracting(model -> model.name().model()).contains("mine", "other");
    }

    @Test
    void aProcessThatDiesWhileItChangesLetsOthersGoOn() throws Exception {
        Process process = StoreProcess.start("forever", root);
        try (BufferedReader out = process.inputReader()) {
            assertThat(out.readLine()).isEqualTo("ready");
            for (int i = 0; i < 3000 && store.find(name("other")).isEmpty(); i++) {
                Thread.sleep(10);
            }
            process.destroyForcibly().waitFor();
        }
        assertWhole();
        StoreProcess.install(store, "after", "w");
        assertThat(store.find(name("after"))).isPresent();
    }
}
