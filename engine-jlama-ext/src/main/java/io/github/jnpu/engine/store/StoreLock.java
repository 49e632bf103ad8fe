package io.github.jnpu.engine.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Locks that hold between threads and between processes; a process that dies loses its own. All of a store are single bytes of one
 * empty file, far behind its end: nothing has to be made or swept for a blob that somebody downloads.
 *
 * <p>Other programs do not know them. Against those only atomic moves help.
 */
final class StoreLock implements AutoCloseable {
    private static final String FILE = ".jnpu-lock";
    /** The byte of whoever changes manifests or deletes blobs. */
    private static final long CHANGES = 0;

    private static final Map<Path, Bytes> OPEN = new HashMap<>();

    /**
     * The file while this process holds one of its bytes. Only one channel may be open: closing a second one would release the locks of
     * the first on POSIX systems.
     */
    private static final class Bytes {
        final FileChannel channel;
        final Set<Long> held = new HashSet<>();
        int users;

        Bytes(FileChannel channel) {
            this.channel = channel;
        }
    }

    private final Path file;
    private final Bytes bytes;
    private final long position;
    private FileLock lock;

    private StoreLock(Path file, Bytes bytes, long position) {
        this.file = file;
        this.bytes = bytes;
        this.position = position;
    }

    /** Waits for the right to change manifests and to delete blobs. */
    static StoreLock ofChanges(Path root) throws IOException {
        StoreLock lock = enter(root, CHANGES);
        try {
            lock.await();
            return lock;
        } catch (IOException | RuntimeException | Error e) {
            lock.leave();
            throw e;
        }
    }

    /** The right to write the parts of a blob; empty while another process or thread has it. */
    static Optional<StoreLock> ofDownload(Path root, Digest digest) throws IOException {
        // 60 bits of the digest: two blobs that share them wait for each other, and nothing else happens.
        StoreLock lock = enter(root, 1 + Long.parseLong(digest.hex().substring(0, 15), 16));
        try {
            if (lock.tryTake()) {
                return Optional.of(lock);
            }
        } catch (IOException | RuntimeException | Error e) {
            lock.leave();
            throw e;
        }
        lock.leave();
        return Optional.empty();
    }

    private static StoreLock enter(Path root, long position) throws IOException {
        Files.createDirectories(root);
        Path file = root.toRealPath().resolve(FILE);
        synchronized (OPEN) {
            Bytes bytes = OPEN.get(file);
            if (bytes == null) {
                bytes = new Bytes(FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ,
                        StandardOpenOption.WRITE));
                OPEN.put(file, bytes);
            }
            bytes.users++;
            return new StoreLock(file, bytes, position);
        }
    }

    private void leave() throws IOException {
        synchronized (OPEN) {
            if (--bytes.users == 0) {
                OPEN.remove(file);
                bytes.channel.close();
            }
        }
    }

    private boolean tryTake() throws IOException {
        synchronized (bytes) {
            if (!bytes.held.add(position)) {
                return false;
            }
        }
        try {
            lock = bytes.channel.tryLock(position, 1, false);
        } finally {
            if (lock == null) {
                forget();
            }
        }
        return lock != null;
    }

    private void await() throws IOException {
        synchronized (bytes) {
            while (!bytes.held.add(position)) {
                try {
                    bytes.wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted while another thread changes the model store", e);
                }
            }
        }
        try {
            lock = bytes.channel.lock(position, 1, false);
        } finally {
            if (lock == null) {
                forget();
            }
        }
    }

    private void forget() {
        synchronized (bytes) {
            bytes.held.remove(position);
            bytes.notifyAll();
        }
    }

    @Override
    public void close() throws IOException {
        try {
            lock.release();
        } finally {
            forget();
            leave();
        }
    }
}
