package io.github.jnpu.engine.registry;

import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.registry.RegistryClient.Call;
import io.github.jnpu.engine.store.PartialBlob;
import io.github.jnpu.engine.store.PartialBlob.Part;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Fetches one range of a blob, in as many requests as it takes. Every request starts at the registry, because the addresses that it
 * redirects to expire.
 */
final class PartTransfer implements Runnable {
    private static final int BUFFER_BYTES = 128 << 10;
    private static final Duration SAVE = Duration.ofMillis(500);
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

    private final RegistryClient client;
    private final URI blob;
    private final long blobSize;
    private final PartialBlob partial;
    private final FileChannel file;
    private final Part part;
    private final BooleanSupplier cancelled;

    private volatile long completed;
    private volatile InputStream body;
    private volatile long lastMove = System.nanoTime();

    /** The server sends whole blobs only. */
    static final class RangesIgnoredException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    PartTransfer(RegistryClient client, URI blob, long blobSize, PartialBlob partial, FileChannel file, Part part,
            BooleanSupplier cancelled) {
        this.client = client;
        this.blob = blob;
        this.blobSize = blobSize;
        this.partial = partial;
        this.file = file;
        this.part = part;
        this.completed = part.completed();
        this.cancelled = cancelled;
    }

    long completed() {
        return completed;
    }

    /** Breaks a connection off that has moved nothing for so long; the next try makes a new one. */
    void breakOffIfIdle(Duration stall) {
        if (System.nanoTime() - lastMove > stall.toNanos()) {
            abort();
        }
    }

    void abort() {
        InputStream open = body;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // It was to end, and it ends.
                return;
            }
        }
    }

    @Override
    public void run() {
        int failures = 0;
        while (completed < part.size()) {
            if (cancelled.getAsBoolean()) {
                throw new CancellationException("request canceled");
            }
            long before = completed;
            try {
                fetch();
            } catch (IOException e) {
                failures = completed > before ? 1 : failures + 1;
                String what = "pulling " + blob.getPath().substring(blob.getPath().lastIndexOf('/') + 1);
                if (failures >= client.settings().tries()) {
                    throw new RegistryException("%s: gave up after %d tries: %s".formatted(what, failures,
                            RegistryClient.reason(e)), e);
                }
                client.pause(what, failures, e, cancelled);
            }
        }
    }

    private void fetch() throws IOException {
        long from = part.offset() + completed;
        HttpResponse<InputStream> response = client.send(Call.get(blob).with("Range", "bytes=%d-%d".formatted(from,
                part.offset() + part.size() - 1)));
        int status = response.statusCode();
        if (status == 200 && from != 0) {
            response.body().close();
            throw new RangesIgnoredException();
        }
        if (status == 206) {
            requireRange(response, from);
        } else if (status != 200) {
            throw new RegistryException(status == 404
                    ? "the registry does not have the blob %s".formatted(blob.getPath())
                    : "%s: %d: %s".formatted(blob.getPath(), status, RegistryClient.errorText(response)));
        }
        lastMove = System.nanoTime();
        try (InputStream in = response.body()) {
            body = in;
            copy(in);
        } finally {
            body = null;
            save();
        }
    }

    /** A range of something else would only show when the whole blob is checked, after an hour perhaps. */
    private void requireRange(HttpResponse<InputStream> response, long from) throws IOException {
        Optional<String> header = response.headers().firstValue("Content-Range");
        Matcher range = CONTENT_RANGE.matcher(header.orElse(""));
        boolean right = range.matches() && Long.parseLong(range.group(1)) == from
                && (range.group(3).equals("*") || Long.parseLong(range.group(3)) == blobSize);
        if (!right) {
            response.body().close();
            throw new RegistryException("%s: asked for bytes from %d of %d, the registry sends '%s'".formatted(blob
                    .getPath(), from, blobSize, header.orElse("no range")));
        }
    }

    private void copy(InputStream in) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        long saved = System.nanoTime();
        while (completed < part.size()) {
            int count = in.read(buffer, 0, (int) Math.min(buffer.length, part.size() - completed));
            if (count < 0) {
                throw new TransientException("the connection was cut after %d of %d bytes".formatted(completed, part
                        .size()), Optional.empty());
            }
            write(ByteBuffer.wrap(buffer, 0, count));
            completed += count;
            lastMove = System.nanoTime();
            if (lastMove - saved > SAVE.toNanos()) {
                save();
                saved = lastMove;
            }
        }
    }

    /** Failures of the disk are not the network's: trying again would not help. */
    private void write(ByteBuffer bytes) {
        long position = part.offset() + completed;
        try {
            while (bytes.hasRemaining()) {
                position += file.write(bytes, position);
            }
        } catch (IOException e) {
            throw cancelled.getAsBoolean()
                    ? new CancellationException("request canceled")
                    : new EngineException("the model store cannot be written: " + RegistryClient.reason(e), e);
        }
    }

    private void save() {
        try {
            partial.save(part.withCompleted(completed));
        } catch (IOException e) {
            throw new EngineException("the model store cannot be written: " + RegistryClient.reason(e), e);
        }
    }
}
