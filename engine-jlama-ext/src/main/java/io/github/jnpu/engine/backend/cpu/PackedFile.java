package io.github.jnpu.engine.backend.cpu;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A file with weights as they are laid out in memory, to be mapped the next time.
 *
 * <p>Format: eight bytes {@code JNPUPACK}; the length of the description, an int, little endian as all; the description, which names
 * the layout and each matrix with its size; zeros up to a multiple of 64 KiB; the matrices one after the other. A file is written under another
 * name and moved when it is complete and on the disk, so what is there under its own name is whole. Its numbers are not checked:
 * whoever can write there can also write models.
 */
final class PackedFile implements AutoCloseable {
    private static final System.Logger LOGGER = System.getLogger(PackedFile.class.getName());
    private static final byte[] MAGIC = "JNPUPACK".getBytes(StandardCharsets.US_ASCII);
    /** No less than the page of any processor that Java runs on. */
    private static final long PAGE = 64 << 10;
    /** A description has some fifty bytes for each matrix. */
    private static final int MAX_DESCRIPTION = 16 << 20;

    private final Path path;
    private final Path draft;
    private final FileChannel channel;
    private final byte[] description;
    /** Why the file cannot be kept; null as long as it can. */
    private final AtomicReference<IOException> failure = new AtomicReference<>();
    private boolean complete;

    private PackedFile(Path path, Path draft, FileChannel channel, byte[] description) {
        this.path = path;
        this.draft = draft;
        this.channel = channel;
        this.description = description;
    }

    private static byte[] describe(String layout, Collection<WeightMatrix> matrices) {
        StringBuilder text = new StringBuilder(layout).append('\n');
        for (WeightMatrix matrix : matrices) {
            text.append("%d %d %d\n".formatted(matrix.rows(), matrix.columns(), matrix.packedBytes()));
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static long start(byte[] description) {
        return (MAGIC.length + Integer.BYTES + description.length + PAGE - 1) / PAGE * PAGE;
    }

    private static long bytes(Collection<WeightMatrix> matrices) {
        return matrices.stream().mapToLong(WeightMatrix::packedBytes).sum();
    }

    /**
     * Maps a file, if it is there and holds just these matrices.
     *
     * @return the memory of each, in their order
     */
    static Optional<List<MemorySegment>> map(Path path, String layout, Collection<WeightMatrix> matrices, Arena arena) {
        if (!Files.isRegularFile(path)) {
            return Optional.empty();
        }
        byte[] description = describe(layout, matrices);
        long start = start(description);
        long length = bytes(matrices);
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            if (file.size() != start + length || !Arrays.equals(readDescription(file), description)) {
                LOGGER.log(Level.INFO, "{0} was made for another layout and is replaced", path);
                return Optional.empty();
            }
            MemorySegment weights = file.map(FileChannel.MapMode.READ_ONLY, start, length, arena);
            List<MemorySegment> parts = new ArrayList<>();
            long at = 0;
            for (WeightMatrix matrix : matrices) {
                parts.add(weights.asSlice(at, matrix.packedBytes()));
                at += matrix.packedBytes();
            }
            return Optional.of(parts);
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "{0} cannot be read, so weights are laid out anew: {1}", path, e.toString());
            return Optional.empty();
        }
    }

    private static byte[] readDescription(FileChannel file) throws IOException {
        ByteBuffer head = read(file, 0, MAGIC.length + Integer.BYTES);
        byte[] magic = new byte[MAGIC.length];
        head.get(magic);
        int length = head.getInt();
        if (!Arrays.equals(magic, MAGIC) || length < 0 || length > MAX_DESCRIPTION) {
            return new byte[0];
        }
        return read(file, head.capacity(), length).array();
    }

    private static ByteBuffer read(FileChannel file, long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining() && file.read(buffer, position + buffer.position()) > 0) {
            // Each time some more.
        }
        return buffer.rewind();
    }

    /**
     * Begins a file that takes the place of the one at this path when it is complete. Empty, with a warning in the log, if it cannot be
     * written.
     */
    static Optional<PackedFile> create(Path path, String layout, Collection<WeightMatrix> matrices) {
        byte[] description = describe(layout, matrices);
        try {
            Files.createDirectories(path.getParent());
            long needed = start(description) + bytes(matrices);
            long free = Files.getFileStore(path.getParent()).getUsableSpace();
            if (free < needed) {
                LOGGER.log(Level.WARNING,
                        "{0}: laid-out weights need {1} MB, and {2} MB of disk are free; they are not kept",
                        path, needed / 1_000_000, free / 1_000_000);
                return Optional.empty();
            }
            Path draft = Files.createTempFile(path.getParent(), path.getFileName().toString(), ".partial");
            FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE);
            return Optional.of(new PackedFile(path, draft, channel, description));
        } catch (IOException e) {
            warn(path, e);
            return Optional.empty();
        }
    }

    private static void warn(Path path, IOException e) {
        LOGGER.log(Level.WARNING, "{0} cannot be written, so laid-out weights are not kept: {1}", path, e.toString());
    }

    /** Writes part of the matrices; threads may share the work. After a failure it does nothing. */
    void write(MemorySegment part, long offset) {
        if (failure.get() != null) {
            return;
        }
        try {
            ByteBuffer buffer = part.asByteBuffer();
            while (buffer.hasRemaining()) {
                channel.write(buffer, start(description) + offset + buffer.position());
            }
        } catch (IOException e) {
            failure.compareAndSet(null, e);
        }
    }

    /** Everything is written: puts the file in its place. */
    void complete() {
        try {
            if (failure.get() != null) {
                throw failure.get();
            }
            ByteBuffer head = ByteBuffer.allocate(MAGIC.length + Integer.BYTES + description.length)
                    .order(ByteOrder.LITTLE_ENDIAN).put(MAGIC).putInt(description.length).put(description).flip();
            while (head.hasRemaining()) {
                channel.write(head, head.position());
            }
            channel.force(true);
            channel.close();
            move();
            complete = true;
        } catch (IOException e) {
            warn(path, e);
        }
    }

    private void move() throws IOException {
        try {
            Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(draft, path, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Throws away what was not completed. */
    @Override
    public void close() {
        try {
            channel.close();
            if (!complete) {
                Files.deleteIfExists(draft);
            }
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "{0} is left over: {1}", draft, e.toString());
        }
    }
}
