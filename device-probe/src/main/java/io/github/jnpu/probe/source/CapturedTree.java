package io.github.jnpu.probe.source;

import io.github.jnpu.probe.SystemInfo;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Files of another machine, under a folder as they lay under that machine's root. Nothing outside the folder is read, wherever links
 * in it point. Its form survives Git, zip files and Windows:
 * <ul>
 * <li>a symbolic link is a file {@code NAME.link} that holds the target in one line; real links are followed, too, an absolute target
 * from the tree's root;
 * <li>characters that Windows has no place for in a file's name are written as in a URL: {@code 0000%3A00%3A0b.0};
 * <li>device nodes are lines in {@code dev.ls}, the output of {@code ls -lR /dev/accel /dev/dri} (or with {@code -n});
 * <li>environment variables are lines {@code NAME=value} in {@code environment.txt}.
 * </ul>
 * Thread-safe.
 */
public final class CapturedTree implements SystemSource {
    static final String LINK_SUFFIX = ".link";
    static final String DEVICE_LIST = "dev.ls";
    static final String ENVIRONMENT = "environment.txt";
    /** As many as Linux follows. */
    private static final int MAX_LINKS = 40;
    private static final int MAX_PATH = 4096;

    private final Path root;
    private final SystemInfo.Family family;
    private final UnreadLog unread = new UnreadLog();
    private final BoundedFiles files = new BoundedFiles(unread);
    /** Read at first use and then kept. */
    private DeviceList devices;

    public CapturedTree(Path root, SystemInfo.Family family) {
        this.root = root.toAbsolutePath().normalize();
        this.family = family;
    }

    /** Which system's files a folder holds: {@code proc} or {@code sys}, {@code *.reg} exports, or {@code sysctl.txt}. */
    public static Optional<SystemInfo.Family> family(Path root) {
        List<String> names = new BoundedFiles(new UnreadLog()).names("/", root);
        if (names.contains("proc") || names.contains("sys")) {
            return Optional.of(SystemInfo.Family.LINUX);
        }
        if (names.stream().anyMatch(name -> name.toLowerCase(Locale.ROOT).endsWith(".reg"))) {
            return Optional.of(SystemInfo.Family.WINDOWS);
        }
        return names.contains("sysctl.txt") ? Optional.of(SystemInfo.Family.MACOS) : Optional.empty();
    }

    @Override
    public SystemInfo.Family family() {
        return family;
    }

    @Override
    public Optional<String> text(String path, int maxBytes) {
        return resolve(path, true).flatMap(file -> files.text(path, file, maxBytes));
    }

    @Override
    public List<String> names(String folder) {
        TreeSet<String> names = new TreeSet<>(devices().names(folder));
        resolve(folder, true).ifPresent(file -> {
            for (String name : files.names(folder, file)) {
                boolean link = name.endsWith(LINK_SUFFIX) && name.length() > LINK_SUFFIX.length();
                names.add(FileNames.decode(link
                        ? name.substring(0, name.length() - LINK_SUFFIX.length())
                        : name));
            }
        });
        return List.copyOf(names);
    }

    @Override
    public Optional<String> link(String path) {
        // A link and what was read through it lie beside each other: NAME.link and a folder NAME.
        return resolve(path, false).flatMap(file -> files.link(path, file).or(() -> written(path, file)));
    }

    @Override
    public Optional<Node> node(String path) {
        return devices().node(path).or(() -> resolve(path, true).filter(files::isThere)
                .map(file -> new Node(files.isDirectory(file) ? 'd' : '-', "r--r--r--", "0", "0")));
    }

    @Override
    public Map<String, String> environment() {
        Map<String, String> environment = new TreeMap<>();
        text("/" + ENVIRONMENT).ifPresent(text -> text.lines().forEach(line -> {
            int equals = line.indexOf('=');
            if (equals > 0) {
                environment.put(line.substring(0, equals).strip(), line.substring(equals + 1).strip());
            }
        }));
        environment.keySet().retainAll(EnvironmentNames.ALL);
        return environment;
    }

    @Override
    public List<String> unread() {
        return unread.entries();
    }

    private synchronized DeviceList devices() {
        if (devices == null) {
            // Set before reading, which asks for the list's own node otherwise.
            devices = DeviceList.EMPTY;
            devices = DeviceList.parse(text("/" + DEVICE_LIST).orElse(""));
        }
        return devices;
    }

    /**
     * Where a path of the captured machine lies here. Follows the links itself, step by step, because the system would follow them
     * out of the tree.
     *
     * @param followLast
     *            whether the path's last part is followed if it is a link
     * @return empty if it does not exist, leaves the tree or runs in a circle
     */
    private Optional<Path> resolve(String path, boolean followLast) {
        Deque<String> rest = new ArrayDeque<>(List.of(path.split("/+")));
        Path current = root;
        int links = 0;
        while (!rest.isEmpty()) {
            String part = rest.pop();
            if (part.isEmpty() || part.equals(".")) {
                continue;
            }
            if (part.equals("..")) {
                if (current.equals(root)) {
                    unread.add(path, "points outside the tree");
                    return Optional.empty();
                }
                current = current.getParent();
                continue;
            }
            Path next = child(current, part);
            if (!followLast && rest.isEmpty()) {
                return Optional.of(next);
            }
            Optional<String> target = target(path, next);
            if (target.isEmpty()) {
                if (!files.isThere(next)) {
                    return Optional.empty();
                }
                current = next;
                continue;
            }
            if (++links > MAX_LINKS || target.get().length() > MAX_PATH) {
                unread.add(path, "a cycle of links");
                return Optional.empty();
            }
            String[] parts = target.get().split("/+");
            for (int i = parts.length - 1; i >= 0; i--) {
                rest.push(parts[i]);
            }
            if (target.get().startsWith("/")) {
                current = root;
            }
        }
        return Optional.of(current);
    }

    private Path child(Path folder, String name) {
        try {
            Path plain = folder.resolve(name);
            if (files.isThere(plain)) {
                return plain;
            }
        } catch (InvalidPathException e) {
            // A name that this system does not allow can only be there in its encoded form.
        }
        return folder.resolve(FileNames.encode(name));
    }

    private Optional<String> target(String name, Path path) {
        Optional<String> real = files.link(name, path);
        return real.isPresent() || files.isThere(path) ? real : written(name, path);
    }

    private Optional<String> written(String name, Path path) {
        Path written = path.resolveSibling(path.getFileName() + LINK_SUFFIX);
        return files.isThere(written)
                ? files.text(name + LINK_SUFFIX, written, MAX_PATH).map(String::strip)
                : Optional.empty();
    }
}
