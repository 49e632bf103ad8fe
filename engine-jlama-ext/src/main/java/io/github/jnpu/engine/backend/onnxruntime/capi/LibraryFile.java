package io.github.jnpu.engine.backend.onnxruntime.capi;

import io.github.jnpu.engine.backend.BackendException;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.jar.JarEntry;

/**
 * Which file is ONNX Runtime's library: the one that the user names, else the one in the jar {@code com.microsoft.onnxruntime:onnxruntime}, unpacked once
 * into a folder of the user's.
 */
public final class LibraryFile {
    /** The name that ONNX Runtime's Java API has for it. */
    public static final String PROPERTY = "onnxruntime.native.onnxruntime.path";
    public static final String SHORT_PROPERTY = "jnpu.onnxruntime";
    public static final String VARIABLE = "JNPU_ONNXRUNTIME";

    private static final String RESOURCES = "ai/onnxruntime/native/";
    /** Which the library opens by itself, beside its own file, if the jar has them. */
    private static final List<String> COMPANIONS = List.of("onnxruntime_providers_shared", "onnxruntime_providers_cuda",
            "onnxruntime_providers_tensorrt");

    private LibraryFile() {}

    /** Whether a library is named or on the class path; nothing is unpacked. */
    public static boolean isPresent(ClassLoader classPath) {
        return named().isPresent() || classPath.getResource(resource("onnxruntime")) != null;
    }

    private static Optional<String> named() {
        return Optional.ofNullable(System.getProperty(PROPERTY)).or(() -> Optional.ofNullable(System.getProperty(
                SHORT_PROPERTY))).or(() -> Optional.ofNullable(System.getenv(VARIABLE)))
                .filter(text -> !text.isBlank());
    }

    /**
     * The file, unpacked if it has to be.
     *
     * @throws BackendException
     *             if there is none, or it cannot be unpacked
     */
    static Path find(ClassLoader classPath) {
        if (named().isPresent()) {
            return requireFile(named().get(), "ONNX Runtime's library");
        }
        URL library = classPath.getResource(resource("onnxruntime"));
        if (library == null) {
            throw new BackendException(
                    "ONNX Runtime's jar has no library for %s, or is not on the class path: name its file with -D%s=FILE"
                            .formatted(platform(), PROPERTY));
        }
        try {
            Path file = unpack(library);
            for (String companion : COMPANIONS) {
                URL beside = classPath.getResource(resource(companion));
                if (beside != null) {
                    unpackTo(beside, file.resolveSibling(fileName(companion)));
                }
            }
            return file;
        } catch (IOException e) {
            throw new BackendException("ONNX Runtime's library cannot be unpacked: " + e, e);
        }
    }

    /**
     * A file that the user has named.
     *
     * @param what
     *            it is, for the message
     * @throws BackendException
     *             if there is none
     */
    static Path requireFile(String name, String what) {
        try {
            Path path = Path.of(name).toAbsolutePath();
            if (Files.isRegularFile(path)) {
                return path;
            }
            throw new BackendException("%s %s: there is no such file".formatted(what, path));
        } catch (InvalidPathException e) {
            throw new BackendException("%s '%s' is not a file's name: %s".formatted(what, name, e.getReason()), e);
        }
    }

    /** Its folder is named by size and checksum, so that another version is another file. */
    private static Path unpack(URL library) throws IOException {
        URLConnection connection = library.openConnection();
        connection.setUseCaches(false);
        String identity = "%x-%x".formatted(connection.getContentLengthLong(), connection.getLastModified());
        if (connection instanceof JarURLConnection jar) {
            JarEntry entry = jar.getJarEntry();
            identity = "%x-%x".formatted(entry.getSize(), entry.getCrc());
        }
        // Opened to be closed: the connection would keep the jar open.
        connection.getInputStream().close();
        String folder = "onnxruntime-%s-%s".formatted(platform(), identity);
        Path cache = cacheFolder();
        try {
            return unpackTo(library, cache.resolve(folder).resolve(fileName("onnxruntime")));
        } catch (IOException e) {
            // A home that is read-only, as containers have it.
            Path temporary = Files.createTempDirectory("jnpu-onnxruntime");
            Path file = unpackTo(library, temporary.resolve(fileName("onnxruntime")));
            temporary.toFile().deleteOnExit();
            file.toFile().deleteOnExit();
            return file;
        }
    }

    private static Path cacheFolder() {
        UnaryOperator<String> variable = System::getenv;
        String home = System.getProperty("user.home");
        Path caches = switch (platform().split("-")[0]) {
            case "win" -> Optional.ofNullable(variable.apply("LOCALAPPDATA")).map(Path::of).orElse(Path.of(home,
                    "AppData", "Local"));
            case "osx" -> Path.of(home, "Library", "Caches");
            default -> Optional.ofNullable(variable.apply("XDG_CACHE_HOME")).filter(text -> !text.isBlank())
                    .map(Path::of).orElse(Path.of(home, ".cache"));
        };
        return caches.resolve("jnpu");
    }

    /** Whole or not at all, as another process may do the same. */
    private static Path unpackTo(URL resource, Path file) throws IOException {
        URLConnection connection = resource.openConnection();
        connection.setUseCaches(false);
        try (InputStream in = connection.getInputStream()) {
            if (Files.isRegularFile(file) && Files.size(file) == connection.getContentLengthLong()) {
                return file;
            }
            Files.createDirectories(file.getParent());
            Path draft = Files.createTempFile(file.getParent(), "draft", ".partial");
            try {
                Files.copy(in, draft, StandardCopyOption.REPLACE_EXISTING);
                Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(draft);
            }
        }
        return file;
    }

    private static String resource(String library) {
        return RESOURCES + platform() + "/" + fileName(library);
    }

    private static String fileName(String library) {
        return switch (platform().split("-")[0]) {
            case "win" -> library + ".dll";
            case "osx" -> "lib" + library + ".dylib";
            default -> "lib" + library + ".so";
        };
    }

    /** As ONNX Runtime names folders: {@code linux-x64}. */
    private static String platform() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String processor = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return "%s-%s".formatted(system.startsWith("windows") ? "win" : system.startsWith("mac") ? "osx" : system,
                switch (processor) {
                    case "amd64", "x86_64" -> "x64";
                    case "arm64" -> "aarch64";
                    default -> processor;
                });
    }
}
