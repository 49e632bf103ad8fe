package io.github.jnpu.engine.placement;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What was found out about devices, kept in the user's cache folder, a small file for each finding: a device is checked and measured once for each
 * model and version. Losing it costs that second again, nothing else, so failures to read or write are not errors. Thread-safe; processes share it.
 */
public final class PlacementMemory {
    /** The folder that is used instead of the user's, as a system property. */
    public static final String FOLDER_PROPERTY = "jnpu.placement.memory";
    private static final System.Logger LOGGER = System.getLogger(PlacementMemory.class.getName());
    private static final int MAX_FILES = 1000;
    private static final int MAX_BYTES = 10_000;

    private final Path folder;

    public PlacementMemory(Path folder) {
        this.folder = folder;
    }

    /** The one of this user: in {@code XDG_CACHE_HOME} or {@code ~/.cache}, {@code LOCALAPPDATA}, or {@code ~/Library/Caches}. */
    public static PlacementMemory ofUser() {
        String named = System.getProperty(FOLDER_PROPERTY);
        return new PlacementMemory(named == null ? userFolder() : Path.of(named));
    }

    private static Path userFolder() {
        Path home = Path.of(System.getProperty("user.home", "."));
        String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        Path caches;
        if (system.startsWith("windows")) {
            caches = environment("LOCALAPPDATA").orElse(home.resolve("AppData").resolve("Local"));
        } else if (system.startsWith("mac")) {
            caches = home.resolve("Library").resolve("Caches");
        } else {
            caches = environment("XDG_CACHE_HOME").orElse(home.resolve(".cache"));
        }
        return caches.resolve("jnpu").resolve("placement");
    }

    private static Optional<Path> environment(String name) {
        return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isBlank()).map(Path::of)
                .filter(Path::isAbsolute);
    }

    /** What was remembered under a key. */
    Optional<String> get(String key) {
        Path file = file(key);
        try {
            if (Files.size(file) > MAX_BYTES) {
                return Optional.empty();
            }
            List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
            return lines.size() == 2 && lines.get(1).equals(key) ? Optional.of(lines.getFirst()) : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, () -> "%s cannot be read: %s".formatted(file, e));
            return Optional.empty();
        }
    }

    /** Remembers a line. */
    void put(String key, String value) {
        Path file = file(key);
        try {
            Files.createDirectories(folder);
            Path draft = Files.createTempFile(folder, "draft", ".tmp");
            Files.write(draft, List.of(value, key), StandardCharsets.UTF_8);
            Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            makeRoom();
        } catch (IOException | UncheckedIOException e) {
            LOGGER.log(Level.DEBUG, () -> "%s cannot be written: %s".formatted(file, e));
        }
    }

    private void makeRoom() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> all = files.sorted(Comparator.comparing(PlacementMemory::changed)).toList();
            for (Path oldest : all.subList(0, Math.max(0, all.size() - MAX_FILES))) {
                Files.deleteIfExists(oldest);
            }
        }
    }

    private static FileTime changed(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            return FileTime.from(Instant.EPOCH);
        }
    }

    private Path file(String key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return folder.resolve(HexFormat.of().formatHex(digest, 0, 16) + ".txt");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
