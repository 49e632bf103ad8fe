package io.github.jnpu.engine.registry;

import io.github.jnpu.engine.registry.TestRegistry.Fault;
import io.github.jnpu.engine.registry.TestRegistry.Seen;
import io.github.jnpu.engine.store.Digest;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.TransferListener;
import io.github.jnpu.engine.store.TransferProgress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Pulls from and pushes to a registry over sockets, with faults of networks, servers and processes. */
class ModelRegistryTest {
    private static final int SIZE = 3_000_000;

    @TempDir
    Path folder;
    TestRegistry remote;
    ModelRegistry registry;
    ModelStore store;
    byte[] weights;
    Digest digest;

    @BeforeEach
    void start() throws IOException {
        remote = new TestRegistry();
        store = new ModelStore(folder.resolve("store"), false);
        registry = new ModelRegistry("test/1", PullProcess.SETTINGS, Map.of(), folder.resolve("key"));
        weights = new byte[SIZE];
        new Random(7).nextBytes(weights);
        digest = remote.add(weights);
        remote.addManifest("latest", manifest(digest, SIZE));
    }

    @AfterEach
    void stop() {
        registry.close();
        remote.close();
    }

    private String manifest(Digest model, long size) {
        byte[] config = "{\"model_format\":\"gguf\"}".getBytes(StandardCharsets.UTF_8);
        return """
                {"schemaVersion":2,  "config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"%s","size":%d},
                "layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"%s","size":%d}]}"""
                .formatted(remote.add(config), config.length, model, size);
    }

    private List<TransferProgress> pull() throws IOException {
        List<TransferProgress> progress = new ArrayList<>();
        registry.pull(remote.reference("latest"), store, progress::add);
        return progress;
    }

    private void assertPulled() throws IOException {
        assertThat(Files.readAllBytes(store.blobs().path(digest))).isEqualTo(weights);
        ModelName name = remote.reference("latest").name();
        assertThat(store.find(name).orElseThrow().digest()).isEqualTo(Digest.of(remote.manifest("latest")).hex());
        assertThat(blobFiles()).hasSize(2).noneMatch(file -> file.contains("partial") || file.contains("tmp"));
    }

    private List<String> blobFiles() throws IOException {
        if (!Files.isDirectory(store.root().resolve("blobs"))) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(store.root().resolve("blobs"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private void assertNothingInstalled() throws IOException {
        assertThat(store.list()).isEmpty();
        assertThat(blobFiles()).doesNotContain("sha256-" + digest.hex());
    }

    private static boolean eventually(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 1000 && !condition.getAsBoolean(); i++) {
            Thread.sleep(20);
        }
        return condition.getAsBoolean();
    }

    @Test
    void pullsInRangesAndReportsInOllamasWords() throws IOException {
        List<TransferProgress> progress = pull();

        assertPulled();
        assertThat(progress.stream().map(TransferProgress::status).distinct()).hasSize(6)
                .startsWith("pulling manifest", "pulling " + digest.shortHex())
                .endsWith("verifying sha256 digest", "writing manifest", "success");
        assertThat(progress).contains(TransferProgress.of("pulling " + digest.shortHex(), digest, SIZE, SIZE));
        assertThat(remote.seen()).extracting(Seen::range).contains("bytes=0-749999", "bytes=750000-1499999",
                "bytes=1500000-2249999", "bytes=2250000-2999999");
        assertThat(remote.blobBytes()).isEqualTo(SIZE + 23);
        remote.forget();
        assertThat(pull()).contains(TransferProgress.of("pulling " + digest.shortHex(), digest, SIZE, SIZE));
        assertThat(remote.blobBytes()).isZero();
    }

    @Test
    void overcomesFaultsThatPass() throws IOException {
        remote.fail(Fault.SERVER_ERROR, Fault.TOO_MANY_REQUESTS, Fault.CUT, Fault.STALL, Fault.CUT, Fault.SERVER_ERROR);
        pull();
        assertPulled();
    }

    @Test
    void givesUpWhenFaultsStayAndGoesOnLater() throws IOException {
        for (int i = 0; i < 40; i++) {
            remote.fail(Fault.SERVER_ERROR);
        }
        assertThatThrownBy(this::pull).isInstanceOf(RegistryException.class).hasMessageContaining(
                "gave up after 4 tries: 500: oh");
        assertNothingInstalled();
    }

    @Test
    void followsRedirectsWithoutTheToken() throws IOException {
        Identity.readOrCreate(folder.resolve("key"));
        remote.redirects = true;
        remote.wantsToken = true;
        pull();
        assertPulled();
        assertThat(remote.seen()).filteredOn(Seen::atBlobHost).isNotEmpty().allMatch(seen -> seen
                .authorization() == null);
        assertThat(remote.seen()).filteredOn(seen -> seen.path().contains("blobs")).anyMatch(seen -> "Bearer secret"
                .equals(seen.authorization()));
    }

    @Test
    void doesNotSignForStrangers() throws IOException {
        Identity.readOrCreate(folder.resolve("key"));
        remote.wantsToken = true;
        remote.foreignRealm = "http://localhost:%d/token".formatted(remote.port());
        assertThatThrownBy(this::pull).hasMessageContaining("unexpected realm host 'localhost'");
        assertThat(remote.seen()).noneMatch(seen -> seen.path().equals("/token"));
    }

    @Test
    void takesWholeBlobsFromServersWithoutRanges() throws IOException {
        remote.ignoresRanges = true;
        pull();
        assertPulled();
    }

    @Test
    void refusesWhatIsNotItsDigestAndKeepsNothingOfIt() throws IOException {
        remote.corrupts = true;
        assertThatThrownBy(this::pull).hasMessageStartingWith("digest mismatch, file must be downloaded again: want "
                + digest + ", got sha256:");
        assertNothingInstalled();
        assertThat(blobFiles()).noneMatch(file -> file.startsWith("sha256-" + digest.hex()));
        remote.corrupts = false;
        pull();
        assertPulled();
    }

    @Test
    void refusesSizesThatAreNotTheRegistrys() throws IOException {
        remote.addManifest("latest", manifest(digest, SIZE + 5_000_000L));
        assertThatThrownBy(this::pull).hasMessageContaining("the registry sends");
        remote.addManifest("latest", manifest(digest, Long.MAX_VALUE));
        assertThatThrownBy(this::pull).hasMessageContaining("not enough space");
        assertNothingInstalled();
    }

    @Test
    void namesWhatIsMissing() {
        assertThatThrownBy(() -> registry.pull(remote.reference("nope"), store, TransferListener.NONE))
                .hasMessage("pull model manifest: file does not exist");
        remote.addManifest("bad", "{\"layers\":[{\"mediaType\":\"x\",\"digest\":\"sha256:../../x\"}]}");
        assertThatThrownBy(() -> registry.pull(remote.reference("bad"), store, TransferListener.NONE))
                .hasMessageContaining("has the digest 'sha256:../../x'");
        remote.addManifest("hole", manifest(Digest.of(new byte[]{1}), 1));
        assertThatThrownBy(() -> registry.pull(remote.reference("hole"), store, TransferListener.NONE))
                .hasMessageContaining("does not have the blob");
        assertThatThrownBy(() -> RegistryReference.parse("http://127.0.0.1/ns/m", false)).hasMessage(
                "insecure protocol http");
        assertThat(RegistryReference.parse("hf.co/user/repo:Q4_K_M", false).orElseThrow().manifest()).hasToString(
                "https://hf.co/v2/user/repo/manifests/Q4_K_M");
    }

    @Test
    void aListenerThatLeavesEndsThePullAndTheNextOneGoesOn() throws Exception {
        remote.pace = Duration.ofMillis(200);
        TransferListener leaving = new TransferListener() {
            @Override
            public void onProgress(TransferProgress progress) {}

            @Override
            public boolean isCancelled() {
                return remote.blobBytes() > 1_000_000;
            }
        };
        assertThatThrownBy(() -> registry.pull(remote.reference("latest"), store, leaving)).isInstanceOf(
                CancellationException.class);
        assertNothingInstalled();
        remote.pace = Duration.ZERO;
        remote.forget();
        pull();
        assertPulled();
        assertThat(remote.requestedBytes()).isLessThan(SIZE);
    }

    @Test
    void pullsOfOneModelShareTheDownload() throws Exception {
        remote.pace = Duration.ofMillis(20);
        CompletableFuture<Void> other = CompletableFuture.runAsync(() -> {
            try {
                pull();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        pull();
        other.get(30, TimeUnit.SECONDS);
        assertPulled();
        // The small configuration may come twice.
        assertThat(remote.blobBytes()).isBetween((long) SIZE, SIZE + 100L);
    }

    @Test
    void aKilledProcessLeavesAWholeStoreAndItsBytes() throws Exception {
        remote.pace = Duration.ofMillis(200);
        Process process = PullProcess.start(remote.name("latest"), store.root());
        assertThat(eventually(() -> remote.blobBytes() > 1_500_000)).isTrue();
        process.destroyForcibly().waitFor();
        assertNothingInstalled();
        remote.pace = Duration.ZERO;
        remote.forget();
        pull();
        assertPulled();
        assertThat(remote.requestedBytes()).isLessThan(SIZE);
    }

    @Test
    void processesShareTheDownload() throws Exception {
        remote.pace = Duration.ofMillis(60);
        Process process = PullProcess.start(remote.name("latest"), store.root());
        try {
            assertThat(eventually(() -> remote.blobBytes() > 500_000)).isTrue();
            remote.pace = Duration.ofMillis(5);
            pull();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
        assertPulled();
        assertThat(remote.blobBytes()).isBetween((long) SIZE, SIZE + 100L);
    }

    @Test
    void pushesAndPullsBack() throws IOException {
        ModelName pushed = remote.reference("copy").name();
        ModelStore other = new ModelStore(folder.resolve("other"), false);
        registry.pull(remote.reference("latest"), other, TransferListener.NONE);
        remote.wantsToken = true;
        byte[] extra = new byte[700_000];
        Digest layer = store.blobs().put(extra);
        byte[] config = "{\"model_format\":\"gguf\"}".getBytes(StandardCharsets.UTF_8);
        String json = manifest(layer, extra.length);
        assertThat(store.blobs().put(config)).isNotNull();
        store.writer().install(pushed, json.getBytes(StandardCharsets.UTF_8));
        remote.fail(Fault.SERVER_ERROR);

        List<TransferProgress> progress = new ArrayList<>();
        registry.push(remote.reference("copy"), store, progress::add);

        assertThat(progress.stream().map(TransferProgress::status).distinct()).startsWith("retrieving manifest",
                "pushing " + layer.shortHex()).endsWith("pushing manifest", "success");
        assertThat(remote.has(layer.toString())).isTrue();
        assertThat(remote.manifest("copy")).isEqualTo(json.getBytes(StandardCharsets.UTF_8));
        registry.pull(remote.reference("copy"), other, TransferListener.NONE);
        assertThat(Files.readAllBytes(other.blobs().path(layer))).isEqualTo(extra);
    }

    @Test
    void pushingNothingSaysSo() {
        List<String> statuses = new ArrayList<>();
        assertThatThrownBy(() -> registry.push(remote.reference("nope"), store, step -> statuses.add(step.status())))
                .hasMessageContaining("not found");
        assertThat(statuses).containsExactly("retrieving manifest", "couldn't retrieve manifest");
    }
}
