package io.github.jnpu.engine.registry;

import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.store.BlobStore;
import io.github.jnpu.engine.store.Digest;
import io.github.jnpu.engine.store.Manifest.Layer;
import io.github.jnpu.engine.store.PartialBlob;
import io.github.jnpu.engine.store.PartialBlob.Part;
import io.github.jnpu.engine.store.TransferListener;
import io.github.jnpu.engine.store.TransferProgress;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One blob on its way into the store, for all who want it at the same time: a thread of its own fetches it in ranges, whoever joins
 * follows. Thread-safe.
 */
final class BlobDownload {
    private static final Duration REPORT = Duration.ofMillis(60);
    private static final Duration OTHER_PROCESS = Duration.ofMillis(250);

    private final RegistryClient client;
    private final RegistryReference reference;
    private final BlobStore blobs;
    private final Layer layer;

    private final CompletableFuture<Void> fetched = new CompletableFuture<>();
    private volatile List<PartTransfer> transfers = List.of();
    private volatile boolean cancelled;
    /** Guarded by this; null before the lock is taken and after the blob is in the store. */
    private PartialBlob partial;
    private Thread thread;
    /** Guarded by {@link BlobDownloads}. */
    int users;

    BlobDownload(RegistryClient client, RegistryReference reference, BlobStore blobs, Layer layer) {
        this.client = client;
        this.reference = reference;
        this.blobs = blobs;
        this.layer = layer;
    }

    void start() {
        thread = Thread.ofVirtual().name("jnpu-pull-" + layer.digest().shortHex()).start(() -> {
            try {
                run();
                fetched.complete(null);
            } catch (IOException e) {
                fetched.completeExceptionally(new UncheckedIOException(e));
            } catch (RuntimeException | Error e) {
                fetched.completeExceptionally(e);
            }
        });
    }

    private void run() throws IOException {
        Optional<PartialBlob> mine = blobs.download(layer.digest());
        while (mine.isEmpty()) {
            // Another process is at it, and leaves the blob, or its parts if it dies.
            sleep(OTHER_PROCESS);
            requireWanted();
            if (isStored()) {
                return;
            }
            mine = blobs.download(layer.digest());
        }
        PartialBlob held = mine.get();
        synchronized (this) {
            partial = held;
        }
        if (isStored()) {
            return;
        }
        List<Part> parts = held.parts(layer.size());
        long missing = layer.size() - parts.stream().mapToLong(Part::completed).sum();
        if (missing > held.usableSpace()) {
            throw new RegistryException("not enough space for %s in the model store: %d MB are missing, %d MB are free"
                    .formatted(layer.digest().shortHex(), missing / 1_000_000, held.usableSpace() / 1_000_000));
        }
        if (parts.isEmpty()) {
            parts = plan(client.settings().partBytes(layer.size()));
        }
        try {
            transfer(held, parts);
        } catch (PartTransfer.RangesIgnoredException e) {
            held.discard();
            transfer(held, plan(Math.max(1, layer.size())));
        }
    }

    private boolean isStored() throws IOException {
        return blobs.size(layer.digest()).orElse(-1L) == layer.size();
    }

    private List<Part> plan(long partBytes) {
        List<Part> parts = new ArrayList<>();
        for (long offset = 0; offset < layer.size(); offset += partBytes) {
            parts.add(new Part(parts.size(), offset, Math.min(partBytes, layer.size() - offset), 0));
        }
        return parts;
    }

    private void transfer(PartialBlob held, List<Part> parts) throws IOException {
        for (Part part : parts) {
            held.save(part);
        }
        try (FileChannel file = held.open();
                ExecutorService threads = Executors.newFixedThreadPool(client.settings().parts(),
                        Thread.ofVirtual().factory())) {
            List<PartTransfer> all = parts.stream().map(part -> new PartTransfer(client, reference.blob(layer.digest()
                    .toString()), layer.size(), held, file, part, () -> cancelled)).toList();
            transfers = all;
            ExecutorCompletionService<Void> running = new ExecutorCompletionService<>(threads);
            all.forEach(transfer -> running.submit(transfer, null));
            try {
                follow(running, all);
            } catch (RuntimeException | Error e) {
                threads.shutdownNow();
                all.forEach(PartTransfer::abort);
                throw e;
            }
        }
    }

    /** Waits for all parts, gives up connections that move nothing, and throws the first failure. */
    private void follow(ExecutorCompletionService<Void> running, List<PartTransfer> all) {
        Duration stall = client.settings().stall();
        for (int done = 0; done < all.size();) {
            try {
                Future<Void> finished = running.poll(Math.max(1, stall.toMillis() / 4), TimeUnit.MILLISECONDS);
                all.forEach(transfer -> transfer.breakOffIfIdle(stall));
                requireWanted();
                if (finished != null) {
                    finished.get();
                    done++;
                }
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case RuntimeException failure -> throw failure;
                    case Error failure -> throw failure;
                    default -> throw new IllegalStateException(e.getCause());
                }
            } catch (InterruptedException e) {
                throw cancellation();
            }
        }
    }

    private void requireWanted() {
        if (cancelled) {
            throw cancellation();
        }
    }

    private static CancellationException cancellation() {
        return new CancellationException("request canceled");
    }

    private static void sleep(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            throw cancellation();
        }
    }

    private long completed() {
        return transfers.stream().mapToLong(PartTransfer::completed).sum();
    }

    /** Waits until all bytes are there, and reports how many; throws what went wrong. */
    void follow(TransferListener listener) {
        String status = "pulling " + layer.digest().shortHex();
        long reported = -1;
        while (true) {
            if (listener.isCancelled()) {
                throw cancellation();
            }
            try {
                fetched.get(REPORT.toMillis(), TimeUnit.MILLISECONDS);
                listener.onProgress(TransferProgress.of(status, layer.digest(), layer.size(), layer.size()));
                return;
            } catch (TimeoutException e) {
                long now = completed();
                if (now != reported) {
                    listener.onProgress(TransferProgress.of(status, layer.digest(), layer.size(), now));
                    reported = now;
                }
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case UncheckedIOException failure -> throw new EngineException("pulling %s: %s".formatted(layer
                            .digest().shortHex(), RegistryClient.reason(failure.getCause())), failure.getCause());
                    case RuntimeException failure -> throw failure;
                    case Error failure -> throw failure;
                    default -> throw new IllegalStateException(e.getCause());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw cancellation();
            }
        }
    }

    /**
     * Checks the bytes and puts the blob into the store; the first who asks does the work.
     *
     * @throws RegistryException
     *             if the bytes are not those of the digest; they are deleted
     */
    synchronized void verify(TransferListener listener) throws IOException {
        if (partial == null || isStored()) {
            return;
        }
        Digest found = partial.finish(_ -> {
            if (listener.isCancelled()) {
                throw cancellation();
            }
        });
        partial.close();
        partial = null;
        if (!found.equals(layer.digest())) {
            throw new RegistryException(
                    "digest mismatch, file must be downloaded again: want %s, got %s".formatted(layer
                            .digest(), found));
        }
    }

    /** Ends it; what has been fetched stays for the next time. Returns when nothing moves any more. */
    void end() throws IOException {
        cancelled = true;
        transfers.forEach(PartTransfer::abort);
        thread.interrupt();
        try {
            fetched.handle((_, _) -> null).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
        synchronized (this) {
            if (partial != null) {
                partial.close();
                partial = null;
            }
        }
    }
}
