package io.github.jnpu.probe.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Reads files that may be anything, and only so much of them. Thread-safe. */
final class BoundedFiles {
    /** A library folder of a full desktop has some 8,000 names. */
    static final int MAX_NAMES = 16_384;

    private final UnreadLog unread;

    BoundedFiles(UnreadLog unread) {
        this.unread = unread;
    }

    /** A regular file's text; opens nothing else, because opening a pipe or a device can block or set something off. */
    Optional<String> text(String name, Path file, int maxBytes) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            if (!attributes.isRegularFile()) {
                unread.add(name, attributes.isDirectory() ? "is a folder" : "is no regular file");
                return Optional.empty();
            }
            byte[] bytes;
            try (InputStream in = Files.newInputStream(file)) {
                bytes = in.readNBytes(maxBytes + 1);
            }
            if (bytes.length > maxBytes) {
                unread.add(name, "is longer than %d bytes; the rest was not read".formatted(maxBytes));
                return Optional.of(decode(bytes, maxBytes));
            }
            return Optional.of(decode(bytes, bytes.length));
        } catch (NoSuchFileException | NotDirectoryException e) {
            return Optional.empty();
        } catch (IOException | SecurityException e) {
            complain(name, e);
            return Optional.empty();
        }
    }

    /** Kernel files are ASCII, names in them now and then UTF-8; whatever is neither must not be refused. */
    private static String decode(byte[] bytes, int length) {
        String text = new String(bytes, 0, length, StandardCharsets.UTF_8);
        return text.indexOf('\uFFFD') < 0 ? text : new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    }

    List<String> names(String name, Path folder) {
        TreeSet<String> names = new TreeSet<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                if (names.size() == MAX_NAMES) {
                    unread.add(name, "has more than %d entries; the rest was not read".formatted(MAX_NAMES));
                    break;
                }
                names.add(entry.getFileName().toString());
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            complain(name, e.getCause());
        } catch (IOException | SecurityException e) {
            complain(name, e);
        }
        return List.copyOf(names);
    }

    Optional<String> link(String name, Path path) {
        try {
            return Files.isSymbolicLink(path)
                    ? Optional.of(Files.readSymbolicLink(path).toString().replace('\\', '/'))
                    : Optional.empty();
        } catch (IOException | SecurityException e) {
            complain(name, e);
            return Optional.empty();
        }
    }

    /** A file's type, permissions and owners, symbolic links followed. */
    Optional<SystemSource.Node> node(String name, Path path) {
        try {
            if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
                BasicFileAttributes basic = Files.readAttributes(path, BasicFileAttributes.class);
                return Optional.of(new SystemSource.Node(basic.isDirectory() ? 'd' : '-', "r--r--r--", "0", "0"));
            }
            Map<String, Object> unix = Files.readAttributes(path, "unix:mode,uid,gid");
            PosixFileAttributes posix = Files.readAttributes(path, PosixFileAttributes.class);
            return Optional.of(new SystemSource.Node(type((Integer) unix.get("mode")),
                    PosixFilePermissions.toString(posix.permissions()), unix.get("uid").toString(),
                    unix.get("gid").toString()));
        } catch (NoSuchFileException | NotDirectoryException e) {
            return Optional.empty();
        } catch (IOException | SecurityException e) {
            complain(name, e);
            return Optional.empty();
        }
    }

    /** The file type bits as in stat(2). */
    private static char type(int mode) {
        return switch (mode & 0170000) {
            case 0040000 -> 'd';
            case 0020000 -> 'c';
            case 0060000 -> 'b';
            case 0120000 -> 'l';
            case 0010000 -> 'p';
            case 0140000 -> 's';
            default -> '-';
        };
    }

    boolean isDirectory(Path path) {
        return Files.isDirectory(path);
    }

    boolean isThere(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    private void complain(String name, Exception e) {
        unread.add(name, switch (e) {
            case AccessDeniedException denied -> "permission denied";
            case FileSystemLoopException loop -> "a cycle of links";
            // The message repeats the file's name, the reason alone does not.
            case FileSystemException file when file.getReason() != null -> file.getReason();
            default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        });
    }
}
