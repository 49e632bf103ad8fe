package io.github.jnpu.convert.gguf;

import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.convert.model.ModelTensor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/**
 * A GGUF file, mapped: its header is read at once, its tensors are views of the file.
 *
 * <p>Every name, count, dimension and offset is checked when the file is opened, so a tensor that is handed out lies
 * inside the file. Thread-safe, but {@link #close()} must wait until nobody reads tensors any more.
 */
public final class GgufFile implements ModelSource {
    private final String location;
    private final Optional<Path> file;
    private final long byteSize;
    private final Arena arena;
    private final Metadata metadata;
    private final Map<String, ModelTensor> tensors;

    /** Metadata that remembers how it was stored, so that it can be written again. */
    record Pairs(String location, Map<String, Object> values, Map<String, GgufValueType> types) implements Metadata {}

    /**
     * @param arena
     *            closed with this file; null where the memory is somebody else's
     */
    private GgufFile(MemorySegment bytes, String location, Optional<Path> file, Arena arena) {
        GgufReader reader = new GgufReader(bytes, location).read();
        this.location = location;
        this.file = file;
        this.byteSize = bytes.byteSize();
        this.arena = arena;
        this.metadata = new Pairs(location, reader.metadata(), reader.metadataTypes());
        this.tensors = reader.tensors();
    }

    /**
     * Maps a file and reads its header.
     *
     * @throws ModelFormatException
     *             if it cannot be read or is malformed
     */
    public static GgufFile open(Path path) {
        String location = path.toString();
        // Opening a named pipe would wait for a writer.
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new ModelFormatException("%s: %s, not a file".formatted(location,
                    Files.isDirectory(path) ? "a directory" : "a device or pipe"));
        }
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return new GgufFile(bytes, location, Optional.of(path), arena);
        } catch (IOException e) {
            arena.close();
            throw new ModelFormatException("%s: %s".formatted(location, reason(path, e)), e);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    private static String reason(Path path, IOException e) {
        if (!Files.exists(path)) {
            return "no such file";
        }
        return e instanceof AccessDeniedException ? "permission denied" : "cannot be read: " + e.getMessage();
    }

    /**
     * Reads a file that is in memory already; {@link #close()} leaves the memory alone.
     *
     * @throws ModelFormatException
     *             if it is malformed
     */
    public static GgufFile of(MemorySegment bytes, String location) {
        return new GgufFile(bytes, location, Optional.empty(), null);
    }

    @Override
    public String location() {
        return location;
    }

    @Override
    public Optional<Path> file() {
        return file;
    }

    @Override
    public Metadata metadata() {
        return metadata;
    }

    @Override
    public Collection<ModelTensor> tensors() {
        return tensors.values();
    }

    @Override
    public Optional<ModelTensor> tensor(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    @Override
    public long byteSize() {
        return byteSize;
    }

    @Override
    public synchronized void close() {
        if (arena != null && arena.scope().isAlive()) {
            arena.close();
        }
    }

    @Override
    public String toString() {
        return location;
    }
}
