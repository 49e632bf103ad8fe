package io.github.jnpu.engine.registry;

import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.engine.registry.RegistryClient.Call;
import io.github.jnpu.engine.store.BlobStore;
import io.github.jnpu.engine.store.Digest;
import io.github.jnpu.engine.store.Manifest;
import io.github.jnpu.engine.store.Manifest.Layer;
import io.github.jnpu.engine.store.MissingBlobException;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.TransferListener;
import io.github.jnpu.engine.store.TransferProgress;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Pulls models from registries into a store and pushes them from there, as Ollama does. The environment's proxies are used, and the
 * key in {@code ~/.ollama}. Thread-safe: pulls of the same blobs share their downloads.
 *
 * <pre>{@code
 * try (ModelRegistry registry = new ModelRegistry("my-program/1.0")) {
 *     registry.pull(RegistryReference.parse("llama3.2", false).orElseThrow(), ModelStore.ofUser(), TransferListener.NONE);
 * }
 * }</pre>
 */
public final class ModelRegistry implements AutoCloseable {
    /** How often a pull begins anew because others deleted blobs that it counted on. */
    private static final int MAX_ROUNDS = 3;

    private final TransferSettings settings;
    private final Map<String, String> environment;
    private final Path keyFile;
    private final String userAgent;
    private final BlobDownloads downloads = new BlobDownloads();
    private RegistryClient client;

    /**
     * @param userAgent
     *            how the program calls itself, such as {@code jnpu/0.1.0}
     */
    public ModelRegistry(String userAgent) {
        this(userAgent, TransferSettings.DEFAULT, System.getenv(), Identity.ofUser());
    }

    /**
     * With other patience, environment and key.
     *
     * @param environment
     *            proxies are looked up in it
     * @param keyFile
     *            made when it is first needed for a push
     */
    public ModelRegistry(String userAgent, TransferSettings settings, Map<String, String> environment, Path keyFile) {
        this.userAgent = userAgent;
        this.settings = settings;
        this.environment = Map.copyOf(environment);
        this.keyFile = keyFile;
    }

    /** Made when it is first needed: most servers never talk to a registry. */
    private synchronized RegistryClient client() {
        if (client == null) {
            client = new RegistryClient(settings, new EnvironmentProxies(environment), keyFile, userAgent);
        }
        return client;
    }

    /**
     * Pulls a model; what an earlier attempt left is used.
     *
     * @throws RegistryException
     *             if the registry refuses, is out of reach, or sends something else
     * @throws java.util.concurrent.CancellationException
     *             if the listener gives up; what has been fetched stays for the next time
     * @throws IOException
     *             if the store cannot be written
     */
    public void pull(RegistryReference reference, ModelStore store, TransferListener listener) throws IOException {
        for (int round = 1;; round++) {
            try {
                pullOnce(reference, store, listener);
                return;
            } catch (MissingBlobException e) {
                if (round == MAX_ROUNDS) {
                    throw e;
                }
            }
        }
    }

    private void pullOnce(RegistryReference reference, ModelStore store, TransferListener listener)
            throws IOException {
        listener.onStatus("pulling manifest");
        byte[] json = client().manifest(reference, listener::isCancelled);
        Manifest manifest;
        try {
            manifest = Manifest.parse(json, reference.name().fullName());
        } catch (ModelFormatException e) {
            throw new RegistryException("pull model manifest: " + e.getMessage(), e);
        }
        Map<Digest, Layer> blobs = new LinkedHashMap<>();
        manifest.blobs().forEach(layer -> blobs.putIfAbsent(layer.digest(), layer));
        List<BlobDownloads.Share> shares = new ArrayList<>();
        try {
            for (Layer layer : blobs.values()) {
                fetch(reference, store.blobs(), layer, listener).ifPresent(shares::add);
            }
            listener.onStatus("verifying sha256 digest");
            verify(shares, listener);
        } finally {
            close(shares);
        }
        listener.onStatus("writing manifest");
        if (store.writer().install(reference.name(), json)) {
            listener.onStatus("removing unused layers");
        }
        listener.onStatus("success");
    }

    private Optional<BlobDownloads.Share> fetch(RegistryReference reference, BlobStore blobs, Layer layer,
            TransferListener listener) throws IOException {
        if (blobs.size(layer.digest()).orElse(-1L) == layer.size() && blobs.touch(layer.digest())) {
            listener.onProgress(TransferProgress.of("pulling " + layer.digest().shortHex(), layer.digest(), layer
                    .size(), layer.size()));
            return Optional.empty();
        }
        BlobDownloads.Share share = downloads.join(client(), reference, blobs, layer);
        try {
            share.download().follow(listener);
            return Optional.of(share);
        } catch (RuntimeException | Error e) {
            share.close();
            throw e;
        }
    }

    /** All of them, even after a failure: a wrong one that stayed would fail the next pull too. */
    private static void verify(List<BlobDownloads.Share> shares, TransferListener listener) throws IOException {
        RegistryException failure = null;
        for (BlobDownloads.Share share : shares) {
            try {
                share.download().verify(listener);
            } catch (RegistryException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static void close(List<BlobDownloads.Share> shares) throws IOException {
        IOException failure = null;
        for (BlobDownloads.Share share : shares) {
            try {
                share.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /**
     * Pushes a model.
     *
     * @throws RegistryException
     *             if there is no such model, the registry refuses, or is out of reach
     * @throws java.util.concurrent.CancellationException
     *             if the listener gives up
     */
    public void push(RegistryReference reference, ModelStore store, TransferListener listener) throws IOException {
        listener.onStatus("retrieving manifest");
        Optional<byte[]> json = store.writer().manifest(reference.name());
        if (json.isEmpty()) {
            listener.onStatus("couldn't retrieve manifest");
            throw new RegistryException("model '%s' not found".formatted(reference.name()));
        }
        Manifest manifest = Manifest.parse(json.get(), reference.name().toString());
        for (Layer layer : manifest.blobs()) {
            Path file = store.blobs().path(layer.digest());
            if (store.blobs().size(layer.digest()).orElse(-1L) != layer.size()) {
                throw new RegistryException("model '%s' is not whole: %s is missing".formatted(reference.name(), file));
            }
            new BlobUpload(client(), reference, file, layer, listener).run();
        }
        listener.onStatus("pushing manifest");
        client().retry("pushing manifest", listener::isCancelled, () -> {
            HttpResponse<InputStream> response = client().send(Call.pushing("PUT", reference.manifest())
                    .with("Content-Type", Manifest.MEDIA_TYPE).withBody(() -> BodyPublishers.ofByteArray(json.get())));
            if (response.statusCode() / 100 != 2) {
                throw new RegistryException("pushing manifest: %d: %s".formatted(response.statusCode(), RegistryClient
                        .errorText(response)));
            }
            response.body().close();
            return null;
        });
        listener.onStatus("success");
    }

    /** Breaks off what is under way. */
    @Override
    public synchronized void close() {
        if (client != null) {
            client.close();
        }
    }
}
