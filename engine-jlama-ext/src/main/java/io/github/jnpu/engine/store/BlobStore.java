package io.github.jnpu.engine.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongConsumer;

/**
 * The blobs of a store: files that are called after the SHA-256 of their content, so that a file with a name is whole and never
 * changes. Thread-safe, and safe beside other processes.
 */
public final class BlobStore {
    static final String TEMPORARY_PREFIX = "jnpu-tmp-";
    private static final int BUFFER_BYTES = 1 << 20;

    private final Path root;

    BlobStore(Path root) {
        this.root = root;
    }

    Path folder() {
        return root.resolve("blobs");
    }

    /** Where a blob is, or would be. */
    public Path path(Digest digest) {
        return folder().resolve(digest.fileName());
    }

    /** The size of a blob in bytes; empty if the store does not have it. */
    public Optional<Long> size(Digest digest) throws IOException {
        Path file = path(digest);
        try {
            return Files.isRegularFile(file) ? Optional.of(Files.size(file)) : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    public boolean contains(Digest digest) {
        return Files.isRegularFile(path(digest));
    }

    /**
     * Keeps the sweep away from a blob that is about to be used: its age starts anew.
     *
     * @return false if the store does not have it, or no more: others may delete what no manifest lists at any moment
     */
    public boolean touch(Digest digest) throws IOException {
        try {
            Files.setLastModifiedTime(path(digest), FileTime.from(Instant.now()));
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Begins a blob whose digest is not known yet. */
    public BlobWriter begin() throws IOException {
        return new BlobWriter(this);
    }

    /** Stores some bytes. */
    public Digest put(byte[] bytes) throws IOException {
        try (BlobWriter writer = begin()) {
            writer.write(ByteBuffer.wrap(bytes));
            return writer.commit();
        }
    }

    /**
     * Stores a copy of a file.
     *
     * @param progress
     *            hears how many bytes are done; what it throws ends the copying
     */
    public Digest put(Path file, LongConsumer progress) throws IOException {
        try (InputStream in = Files.newInputStream(file); BlobWriter writer = begin()) {
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                writer.write(ByteBuffer.wrap(buffer, 0, count));
                progress.accept(writer.size());
            }
            return writer.commit();
        }
    }

    /** A file to write a large blob to, for {@link #adopt}; the sweep takes it if that never comes. */
    public Path temporary() throws IOException {
        Files.createDirectories(folder());
        return folder().resolve(TEMPORARY_PREFIX + UUID.randomUUID());
    }

    /** Makes a complete file of {@link #temporary} a blob; the file is gone then. */
    public Digest adopt(Path file, LongConsumer progress) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Digest digest = hash(file, progress);
        publish(file, digest);
        return digest;
    }

    /** The whole of a small blob. */
    public byte[] read(Digest digest, int limit) throws IOException {
        return BoundedFile.read(path(digest), limit);
    }

    /** Starts or takes up the download of a blob; empty while another process or thread is at it. */
    public Optional<PartialBlob> download(Digest digest) throws IOException {
        Files.createDirectories(folder());
        Optional<StoreLock> lock = StoreLock.ofDownload(root, digest);
        return lock.map(held -> new PartialBlob(this, digest, held));
    }

    /** The digest of a file's content. */
    static Digest hash(Path file, LongConsumer progress) throws IOException {
        MessageDigest hash = Digest.sha256();
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            long done = 0;
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                hash.update(buffer, 0, count);
                done += count;
                progress.accept(done);
            }
        }
        return Digest.finished(hash);
    }

    /** Gives a complete file its name. What it is called after is on the disk before its name is. */
    void publish(Path complete, Digest digest) throws IOException {
        Path target = path(digest);
        if (size(digest).orElse(-1L) == Files.size(complete) && touch(digest)) {
            Files.delete(complete);
            return;
        }
        moveDurably(complete, target);
    }

    /** Moves a file that is on the disk already, in place of another one if there is one, and waits for the disk. */
    static void moveDurably(Path source, Path target) throws IOException {
        Files.move(source, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        forceFolder(target.getParent());
    }

    /** A name is only safe from a power cut once its folder is on the disk. Windows has no such call and needs none. */
    static void forceFolder(Path folder) throws IOException {
        if (!System.getProperty("os.name").startsWith("Windows")) {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }
}
