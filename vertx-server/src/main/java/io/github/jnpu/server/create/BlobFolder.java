package io.github.jnpu.server.create;

import io.github.jnpu.engine.store.BlobStore;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Blobs under the names that they had in a model's folder, as long as it is read. */
final class BlobFolder implements AutoCloseable {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}");

    private final Path path;

    private BlobFolder(Path path) {
        this.path = path;
    }

    static BlobFolder of(BlobStore blobs) throws IOException {
        return new BlobFolder(Files.createDirectory(blobs.temporary()));
    }

    Path path() {
        return path;
    }

    /**
     * Gives a blob a name. The name comes from a client.
     *
     * @throws RefusedModelException
     *             if it is none that a model's file has
     */
    void add(String name, Path blob) throws IOException {
        if (!NAME.matcher(name).matches()) {
            throw new RefusedModelException("file '%s' is not one of a safetensors model".formatted(name));
        }
        Path link = path.resolve(name);
        try {
            Files.createLink(link, blob);
        } catch (FileAlreadyExistsException e) {
            throw new RefusedModelException("file '%s' is given twice".formatted(name), e);
        } catch (UnsupportedOperationException | IOException e) {
            // Some file systems know no second names.
            Files.copy(blob, link);
        }
    }

    @Override
    public void close() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(path);
    }
}
