package io.github.jnpu.engine.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/**
 * A blob that is being written. It has no name before {@link #commit}, which is the only way for it to become visible; what was not
 * committed goes with {@link #close}, or with the next sweep if the process dies. Not thread-safe.
 */
public final class BlobWriter implements AutoCloseable {
    private final BlobStore store;
    private final Path temporary;
    private final FileChannel channel;
    private final MessageDigest hash = Digest.sha256();
    private long size;
    private boolean committed;

    BlobWriter(BlobStore store) throws IOException {
        this.store = store;
        this.temporary = store.temporary();
        this.channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /** Appends what remains in the buffer. */
    public void write(ByteBuffer bytes) throws IOException {
        size += bytes.remaining();
        hash.update(bytes.duplicate());
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** The bytes so far. */
    public long size() {
        return size;
    }

    /** Puts the blob into the store under the digest of what was written; if it is there already, nothing changes. */
    public Digest commit() throws IOException {
        Digest digest = Digest.finished(hash);
        channel.force(true);
        channel.close();
        store.publish(temporary, digest);
        committed = true;
        return digest;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (!committed) {
            Files.deleteIfExists(temporary);
        }
    }
}
