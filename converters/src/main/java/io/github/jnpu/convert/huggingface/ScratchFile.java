package io.github.jnpu.convert.huggingface;

import io.github.jnpu.convert.model.ModelFormatException;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Memory that the operating system may write to disk: what a model needs beside its files can be gigabytes. The file is gone from
 * the folder as soon as it is mapped, or at the end of the JVM where the system does not allow that.
 */
final class ScratchFile implements AutoCloseable {
    private final MemorySegment memory;
    private final Path path;
    private long used;

    private ScratchFile(MemorySegment memory, Path path) {
        this.memory = memory;
        this.path = path;
    }

    /** Makes room for so many bytes, which live as long as the arena. */
    static ScratchFile of(long bytes, Arena arena) {
        if (bytes == 0) {
            return new ScratchFile(MemorySegment.NULL, null);
        }
        try {
            Path path = Files.createTempFile("jnpu-", ".scratch");
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                return new ScratchFile(channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena), path);
            } catch (IOException | RuntimeException e) {
                Files.deleteIfExists(path);
                throw e;
            }
        } catch (IOException e) {
            throw new ModelFormatException("no room for %d bytes in the folder for temporary files: %s".formatted(bytes,
                    e.getMessage()), e);
        }
    }

    /**
     * The rows of queries or keys in GGUF's order: within each head, row i and row i + half become neighbours.
     *
     * @param data
     *            {@code rows} rows
     */
    MemorySegment permute(MemorySegment data, long rows, int heads) {
        MemorySegment target = memory.asSlice(used, data.byteSize());
        used += data.byteSize();
        long rowBytes = data.byteSize() / rows;
        long half = rows / heads / 2;
        for (long row = 0; row < rows; row++) {
            long head = row / (2 * half);
            long inHead = row % (2 * half);
            long source = head * 2 * half + inHead % 2 * half + inHead / 2;
            MemorySegment.copy(data, source * rowBytes, target, row * rowBytes, rowBytes);
        }
        return target.asReadOnly();
    }

    /** Takes the file's name away; the memory stays. */
    @Override
    public void close() {
        if (path != null) {
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                // Windows keeps a mapped file.
                path.toFile().deleteOnExit();
            }
        }
    }
}
