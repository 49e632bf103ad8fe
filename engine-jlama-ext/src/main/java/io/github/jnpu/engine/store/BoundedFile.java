package io.github.jnpu.engine.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A small file read whole, whatever its real size: the length that a file system reports may be anything. */
final class BoundedFile {
    private BoundedFile() {}

    static byte[] read(Path file, long limit) throws IOException {
        if (!Files.isRegularFile(file) && Files.exists(file)) {
            throw new IOException(file + " is no regular file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(Math.toIntExact(limit + 1));
            if (bytes.length > limit) {
                throw new IOException("%s is larger than %d bytes".formatted(file, limit));
            }
            return bytes;
        }
    }
}
