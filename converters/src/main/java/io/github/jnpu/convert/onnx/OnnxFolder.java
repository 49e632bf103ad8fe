package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.onnx.Initializer.Computed;
import io.github.jnpu.convert.onnx.Initializer.Stored;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * A folder with graphs and one file of constants for all of them, as runtimes open them by path. It appears under its name only when it is
 * complete; until then it is written beside it, on the same volume.
 */
public final class OnnxFolder {
    /** The name of a graph that is alone in its folder. */
    public static final String GRAPH_FILE = "model.onnx";
    private static final long WRITE_BYTES = 64 << 20;

    private OnnxFolder() {}

    /** Writes one graph, {@link #GRAPH_FILE}, and its constants, {@link OnnxModel#DATA_FILE}. */
    public static void write(Path folder, OnnxModel model) throws IOException {
        write(folder, Map.of(GRAPH_FILE, model));
    }

    /**
     * Writes graphs that have the same constants, for example one for prefill and one for decode. In memory are as many constants at a time
     * as there are processors.
     *
     * @param folder
     *            must not exist, or be empty; the one above it exists
     * @param graphs
     *            by the names of their files
     * @throws FileAlreadyExistsException
     *             if something is in the folder
     * @throws IllegalArgumentException
     *             if there is no graph, or their constants are not the same
     */
    public static void write(Path folder, Map<String, OnnxModel> graphs) throws IOException {
        List<Initializer> constants = sharedConstants(graphs.values());
        Path target = folder.toAbsolutePath();
        if (Files.exists(target) && !isEmptyFolder(target)) {
            throw new FileAlreadyExistsException(target.toString(), null, "an ONNX model needs a folder of its own");
        }
        Path draft = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
        Files.createDirectory(draft);
        try {
            for (Map.Entry<String, OnnxModel> graph : graphs.entrySet()) {
                Files.write(draft.resolve(graph.getKey()), graph.getValue().proto(), StandardOpenOption.CREATE_NEW);
            }
            try (FileChannel file = FileChannel.open(draft.resolve(OnnxModel.DATA_FILE), StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE)) {
                write(constants, file);
            }
            // Windows moves no folder onto another, not even an empty one.
            Files.deleteIfExists(target);
            try {
                Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException _) {
                Files.move(draft, target);
            }
        } catch (UncheckedIOException e) {
            delete(draft, e);
            throw e.getCause();
        } catch (IOException | RuntimeException | Error e) {
            delete(draft, e);
            throw e;
        }
    }

    private static List<Initializer> sharedConstants(Collection<OnnxModel> graphs) {
        List<List<String>> lists = graphs.stream()
                .map(graph -> graph.initializers().stream().map(Initializer::toString).toList()).distinct().toList();
        if (lists.size() != 1) {
            throw new IllegalArgumentException("%d graphs with %d sets of constants in one folder".formatted(
                    graphs.size(), lists.size()));
        }
        return graphs.iterator().next().initializers();
    }

    private static boolean isEmptyFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            return !files.iterator().hasNext();
        }
    }

    private static void write(List<Initializer> constants, FileChannel file) {
        long[] offsets = new long[constants.size()];
        for (int i = 1; i < offsets.length; i++) {
            offsets[i] = offsets[i - 1] + constants.get(i - 1).byteSize();
        }
        IntStream.range(0, offsets.length).parallel().forEach(i -> {
            switch (constants.get(i).content()) {
                case Stored(MemorySegment data) -> write(data, file, offsets[i]);
                case Computed content -> {
                    try (Arena arena = Arena.ofConfined()) {
                        MemorySegment memory = arena.allocate(constants.get(i).byteSize(), Long.BYTES);
                        content.fill(memory);
                        write(memory, file, offsets[i]);
                    }
                }
            }
        });
    }

    private static void write(MemorySegment memory, FileChannel file, long offset) {
        for (long at = 0; at < memory.byteSize(); at += WRITE_BYTES) {
            ByteBuffer part = memory.asSlice(at, Math.min(WRITE_BYTES, memory.byteSize() - at)).asByteBuffer();
            try {
                for (long place = offset + at; part.hasRemaining();) {
                    place += file.write(part, place);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Removes what is not complete; what keeps that from happening is told with what went wrong before. */
    private static void delete(Path draft, Throwable failure) {
        try {
            delete(draft);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /** Removes a folder of this kind and the files in it. */
    public static void delete(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
