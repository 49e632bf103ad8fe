package io.github.jnpu.engine;

import io.github.jnpu.convert.model.ModelSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A folder with weights as they were laid out for computing: one file for each model file, which its name tells by path, size and
 * time of change. Bounded: files that were not used for longest make room. Several processes may use it at once.
 */
final class WeightCache {
    private static final System.Logger LOGGER = System.getLogger(WeightCache.class.getName());
    /** For all files together; some ten models of eight billion 4-bit parameters. */
    private static final long MAX_BYTES = 64L << 30;
    private static final String SUFFIX = ".packed";
    private static final String DRAFT_SUFFIX = ".partial";
    /** A draft that nobody has written to for so long is what a crash has left. */
    private static final Duration ABANDONED = Duration.ofHours(1);
    private static final int MAX_NAME = 80;

    private record Entry(Path path, long bytes, FileTime used) {}

    private WeightCache() {}

    /** The file for a model, there or not; empty if nothing is to be kept of it. */
    static Optional<Path> file(ModelSource source, ModelOptions options) {
        if (options.weightCache().isEmpty() || !options.useMmap() || source.file().isEmpty()) {
            return Optional.empty();
        }
        Path folder = options.weightCache().get();
        Path model = source.file().get();
        try {
            Path file = folder.resolve(name(model.toRealPath()));
            if (Files.isRegularFile(file)) {
                Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
            } else {
                makeRoom(folder, source.byteSize(), MAX_BYTES);
            }
            return Optional.of(file);
        } catch (IOException | UncheckedIOException e) {
            LOGGER.log(Level.WARNING, "{0}: laid-out weights are not kept: {1}", folder, e.toString());
            return Optional.empty();
        }
    }

    private static String name(Path model) throws IOException {
        String identity = ModelIdentity.of(model);
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(identity.getBytes(StandardCharsets.UTF_8));
            String readable = model.getFileName().toString().replaceAll("[^A-Za-z0-9._-]", "_");
            return "%s-%s%s".formatted(readable.substring(0, Math.min(MAX_NAME, readable.length())),
                    HexFormat.of().formatHex(digest, 0, 8), SUFFIX);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Deletes what was used longest ago until so many bytes more fit. */
    static void makeRoom(Path folder, long bytes, long maxBytes) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<Entry> entries = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path path : (Iterable<Path>) files::iterator) {
                BasicFileAttributes attributes;
                try {
                    attributes = Files.readAttributes(path, BasicFileAttributes.class);
                } catch (NoSuchFileException e) {
                    // Another process has moved its draft or made room.
                    continue;
                }
                String name = path.getFileName().toString();
                if (!attributes.isRegularFile()) {
                    continue;
                }
                if (name.endsWith(SUFFIX)) {
                    entries.add(new Entry(path, attributes.size(), attributes.lastModifiedTime()));
                } else if (name.endsWith(DRAFT_SUFFIX)
                        && attributes.lastModifiedTime().toInstant().isBefore(Instant.now().minus(ABANDONED))) {
                    Files.deleteIfExists(path);
                }
            }
        }
        entries.sort(Comparator.comparing(Entry::used));
        long total = bytes + entries.stream().mapToLong(Entry::bytes).sum();
        for (Entry entry : entries) {
            if (total <= maxBytes) {
                return;
            }
            LOGGER.log(Level.INFO, "{0} makes room: the folder may hold {1} MB", entry.path, maxBytes / 1_000_000);
            Files.deleteIfExists(entry.path);
            total -= entry.bytes;
        }
    }
}
