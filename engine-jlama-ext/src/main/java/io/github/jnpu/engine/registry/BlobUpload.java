package io.github.jnpu.engine.registry;

import io.github.jnpu.engine.registry.RegistryClient.Call;
import io.github.jnpu.engine.store.Manifest.Layer;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.TransferListener;
import io.github.jnpu.engine.store.TransferProgress;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/** Sends one blob to a registry, part after part. */
final class BlobUpload {
    private static final int BUFFER_BYTES = 128 << 10;

    private final RegistryClient client;
    private final RegistryReference reference;
    private final Path file;
    private final Layer layer;
    private final TransferListener listener;
    private long sent;

    BlobUpload(RegistryClient client, RegistryReference reference, Path file, Layer layer, TransferListener listener) {
        this.client = client;
        this.reference = reference;
        this.file = file;
        this.layer = layer;
        this.listener = listener;
    }

    void run() {
        String what = "pushing " + layer.digest().shortHex();
        report(what, 0);
        if (!client.retry(what, listener::isCancelled, this::isThere)) {
            Optional<URI> upload = client.retry(what, listener::isCancelled, this::begin);
            if (upload.isPresent()) {
                send(what, upload.get());
            }
        }
        report(what, layer.size());
    }

    private void report(String what, long completed) {
        listener.onProgress(TransferProgress.of(what, layer.digest(), layer.size(), completed));
    }

    private boolean isThere() throws IOException {
        HttpResponse<InputStream> response = client.send(Call.pushing("HEAD", reference.blob(layer.digest()
                .toString())));
        response.body().close();
        return switch (response.statusCode()) {
            case 200 -> true;
            case 404 -> false;
            default -> throw refused(response.statusCode(), "");
        };
    }

    /** Where to send the blob; empty if the registry has taken it from the model that the layer is from. */
    private Optional<URI> begin() throws IOException {
        String query = layer.from().flatMap(ModelName::parse)
                .map(from -> "?mount=%s&from=%s".formatted(encoded(layer.digest().toString()), encoded(from.namespace()
                        + "/" + from.model())))
                .orElse("");
        Call call = Call.pushing("POST", reference.uploads(query));
        HttpResponse<InputStream> response = client.send(call);
        if (response.statusCode() == 201) {
            response.body().close();
            return Optional.empty();
        }
        return Optional.of(next(response, call.uri()));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** Where the next part goes. */
    private URI next(HttpResponse<InputStream> response, URI from) throws IOException {
        if (response.statusCode() / 100 != 2 && response.statusCode() != 307) {
            throw refused(response.statusCode(), RegistryClient.errorText(response));
        }
        response.body().close();
        String location = response.headers().firstValue("Docker-Upload-Location")
                .or(() -> response.headers().firstValue("Location")).orElse("");
        URI target = from.resolve(location);
        if (location.isEmpty() || target.getHost() == null || !target.getHost().equals(from.getHost())) {
            throw new RegistryException("%s does not say where the rest of a blob goes".formatted(from.getHost()));
        }
        return target;
    }

    private RegistryException refused(int status, String text) {
        return new RegistryException(status == 401 || status == 403
                ? "unable to push %s, make sure this namespace exists and you are authorized to push to it".formatted(
                        reference.name())
                : "pushing %s: %d: %s".formatted(layer.digest().shortHex(), status, text));
    }

    private void send(String what, URI first) {
        long partBytes = client.settings().partBytes(layer.size());
        MessageDigest all = md5();
        int parts = 0;
        URI location = first;
        for (long offset = 0; offset < layer.size(); offset += partBytes) {
            long start = offset;
            long count = Math.min(partBytes, layer.size() - offset);
            URI target = location;
            location = client.retry(what, listener::isCancelled, () -> sendPart(what, target, start, count));
            sent = offset + count;
            all.update(client.retry(what, listener::isCancelled, () -> md5Of(start, count)));
            parts++;
        }
        String etag = "%s-%d".formatted(HexFormat.of().formatHex(all.digest()), parts);
        String separator = location.getRawQuery() == null ? "?" : "&";
        URI last = URI.create("%s%sdigest=%s&etag=%s".formatted(location, separator, encoded(layer.digest().toString()),
                etag));
        client.retry(what, listener::isCancelled, () -> {
            HttpResponse<InputStream> response = client.send(Call.pushing("PUT", last));
            if (response.statusCode() / 100 != 2) {
                throw refused(response.statusCode(), RegistryClient.errorText(response));
            }
            response.body().close();
            return null;
        });
    }

    private URI sendPart(String what, URI target, long start, long count) throws IOException {
        Call call = Call.pushing("PATCH", target).with("Content-Type", "application/octet-stream")
                .with("Content-Range", "%d-%d".formatted(start, start + count - 1)).with("X-Redirect-Uploads", "1")
                .withBody(() -> range(what, start, count));
        HttpResponse<InputStream> response = client.send(call);
        URI next = next(response, target);
        if (response.statusCode() == 307) {
            // The bytes go to a host of another party, at an address that is signed.
            Call direct = new Call("PUT", RegistryClient.location(response, target), Map.of(), () -> range(
                    what, start, count), false);
            HttpResponse<InputStream> stored = client.send(direct);
            if (stored.statusCode() / 100 != 2) {
                throw refused(stored.statusCode(), RegistryClient.errorText(stored));
            }
            stored.body().close();
        }
        return next;
    }

    /** A range of the file, which is read while it is sent. */
    private BodyPublisher range(String what, long start, long count) {
        return BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(() -> stream(what, start, count)), count);
    }

    private InputStream stream(String what, long start, long count) {
        try {
            FileChannel channel = FileChannel.open(file);
            channel.position(start);
            return new BoundedStream(Channels.newInputStream(channel), count, listener::isCancelled,
                    done -> report(what, sent + done));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] md5Of(long start, long count) throws IOException {
        MessageDigest hash = md5();
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
            for (long done = 0; done < count;) {
                buffer.clear().limit((int) Math.min(BUFFER_BYTES, count - done));
                int read = channel.read(buffer, start + done);
                if (read < 0) {
                    throw new RegistryException("%s has become shorter".formatted(file));
                }
                done += read;
                hash.update(buffer.flip());
            }
        }
        return hash.digest();
    }

    /** Storage services name uploads in parts after the MD5 of their parts. */
    private static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }
}
