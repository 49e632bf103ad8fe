package io.github.jnpu.engine.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * A blob of which the store has parts: {@code sha256-HEX-partial}, sparse, and for each part a file
 * {@code sha256-HEX-partial-N} that says how far it is, as Ollama writes them, so that either program goes on where the other one
 * stopped. Whoever has it, has it alone among all processes until {@link #close}. Thread-safe between parts.
 */
public final class PartialBlob implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SUFFIX = "-partial";
    private static final long MAX_STATE_BYTES = 4096;
    /** Ollama makes 16 at most, or one for each gigabyte. */
    private static final int MAX_PARTS = 10_000;

    private final BlobStore store;
    private final Digest digest;
    private final StoreLock lock;

    /**
     * A range of the blob.
     *
     * @param completed
     *            bytes from its offset on that are in the file
     */
    public record Part(int number, long offset, long size, long completed) {
        public Part {
            if (number < 0 || offset < 0 || size < 0 || completed < 0 || completed > size
                    || offset > Long.MAX_VALUE - size) {
                throw new IllegalArgumentException("impossible part of a blob");
            }
        }

        public Part withCompleted(long bytes) {
            return new Part(number, offset, size, bytes);
        }

        public boolean isComplete() {
            return completed == size;
        }
    }

    PartialBlob(BlobStore store, Digest digest, StoreLock lock) {
        this.store = store;
        this.digest = digest;
        this.lock = lock;
    }

    /** Whether a file of the folder of blobs belongs to a download. */
    static boolean isPartial(String fileName) {
        return fileName.contains(SUFFIX);
    }

    private Path file() {
        return store.folder().resolve(digest.fileName() + SUFFIX);
    }

    private Path stateFile(int number) {
        return store.folder().resolve(digest.fileName() + SUFFIX + "-" + number);
    }

    /** The file to write parts into; the caller closes it. */
    public FileChannel open() throws IOException {
        return FileChannel.open(file(), StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.SPARSE);
    }

    /**
     * The parts that an earlier attempt left, in order; empty if there are none that cover a blob of this size exactly, and then
     * what there was is gone.
     */
    public List<Part> parts(long size) throws IOException {
        List<Part> parts = new ArrayList<>();
        for (Path path : stateFiles()) {
            read(path).ifPresent(parts::add);
        }
        parts.sort(Comparator.comparingLong(Part::offset));
        long end = 0;
        boolean whole = !parts.isEmpty() && Files.isRegularFile(file());
        for (Part part : parts) {
            whole &= part.offset() == end;
            end = part.offset() + part.size();
        }
        // A file that is shorter than what was written into it has been cut by somebody.
        long reached = parts.stream().filter(part -> part.completed() > 0)
                .mapToLong(part -> part.offset() + part.completed()).max().orElse(0);
        if (whole && end == size && reached <= Files.size(file())) {
            return parts;
        }
        discard();
        return List.of();
    }

    private static Optional<Part> read(Path path) throws IOException {
        try {
            JsonNode state = JSON.readTree(BoundedFile.read(path, MAX_STATE_BYTES));
            return Optional.of(new Part(state.path("N").asInt(-1), state.path("Offset").asLong(-1),
                    state.path("Size").asLong(-1), state.path("Completed").asLong(-1)));
        } catch (JsonProcessingException | IllegalArgumentException | NoSuchFileException e) {
            // Ollama writes them in place, so a kill leaves half of one; the parts will not fit together then.
            return Optional.empty();
        }
    }

    /** Remembers how far a part is. */
    public void save(Part part) throws IOException {
        ObjectNode state = JSON.createObjectNode();
        state.put("N", part.number()).put("Offset", part.offset()).put("Size", part.size())
                .put("Completed", part.completed());
        Path target = stateFile(part.number());
        Path draft = target.resolveSibling(target.getFileName() + ".tmp");
        Files.write(draft, JSON.writeValueAsBytes(state));
        Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private List<Path> stateFiles() throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(store.folder(),
                digest.fileName() + SUFFIX + "-*")) {
            for (Path path : stream) {
                if (files.size() == MAX_PARTS) {
                    throw new IOException("%s has more than %d parts; delete them".formatted(file(), MAX_PARTS));
                }
                files.add(path);
            }
        }
        return files;
    }

    /** The bytes that may still be written to the disk that the store is on. */
    public long usableSpace() throws IOException {
        return Files.getFileStore(store.folder()).getUsableSpace();
    }

    /**
     * Checks the complete file and puts it into the store; if it is not what its digest says, it is deleted.
     *
     * @param progress
     *            hears how many bytes are read; what it throws leaves the file for another time
     * @return what its content really hashes to
     */
    public Digest finish(LongConsumer progress) throws IOException {
        try (FileChannel channel = open()) {
            channel.force(true);
        }
        Digest found = BlobStore.hash(file(), progress);
        if (found.equals(digest)) {
            store.publish(file(), digest);
        }
        discard();
        return found;
    }

    /** Deletes what there is of it. */
    public void discard() throws IOException {
        // The states go first: data without states is not taken up again.
        for (Path path : stateFiles()) {
            Files.deleteIfExists(path);
        }
        Files.deleteIfExists(file());
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
