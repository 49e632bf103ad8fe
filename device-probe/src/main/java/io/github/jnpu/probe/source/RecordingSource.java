package io.github.jnpu.probe.source;

import io.github.jnpu.probe.SystemInfo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Remembers what was read from a source of files, so that it can be written as a {@link CapturedTree}. Of the lists of users and groups it
 * keeps those of the system and this process's own. Thread-safe.
 */
public final class RecordingSource implements Recording {
    /** Numbers of people begin here on every common distribution; 65534 is "nobody". */
    private static final int FIRST_PERSON = 1000;

    private final SystemSource source;
    private final Map<String, String> texts = new TreeMap<>();
    private final Map<String, String> links = new TreeMap<>();
    private final Map<String, Node> nodes = new TreeMap<>();
    private final TreeSet<String> folders = new TreeSet<>();
    private final TreeSet<String> accessible = new TreeSet<>();

    private Map<String, String> environment = Map.of();

    public RecordingSource(SystemSource source) {
        this.source = source;
    }

    @Override
    public SystemInfo.Family family() {
        return source.family();
    }

    @Override
    public synchronized Optional<String> text(String path, int maxBytes) {
        Optional<String> text = source.text(path, maxBytes);
        text.ifPresent(content -> texts.put(path, content));
        return text;
    }

    @Override
    public synchronized List<String> names(String folder) {
        List<String> names = source.names(folder);
        if (!names.isEmpty()) {
            folders.add(folder);
        }
        return names;
    }

    @Override
    public synchronized Optional<String> link(String path) {
        Optional<String> target = source.link(path);
        target.ifPresent(to -> links.put(path, to));
        return target;
    }

    @Override
    public synchronized Optional<Node> node(String path) {
        Optional<Node> node = source.node(path);
        node.ifPresent(there -> nodes.put(path, there));
        return node;
    }

    @Override
    public synchronized Optional<Boolean> accessible(String path) {
        Optional<Boolean> answer = source.accessible(path);
        if (answer.isPresent() && answer.get()) {
            accessible.add(path);
        }
        return answer;
    }

    @Override
    public synchronized Map<String, String> environment() {
        environment = source.environment();
        return environment;
    }

    @Override
    public List<String> unread() {
        return source.unread();
    }

    @Override
    public synchronized void writeTo(Path root) throws IOException {
        Files.createDirectories(root);
        try (var entries = Files.list(root)) {
            if (entries.findAny().isPresent()) {
                throw new IOException("%s is not empty".formatted(root));
            }
        }
        for (Map.Entry<String, String> text : texts.entrySet()) {
            write(root, text.getKey(), withoutPeople(text.getKey(), text.getValue()));
        }
        for (Map.Entry<String, String> link : links.entrySet()) {
            write(root, link.getKey() + CapturedTree.LINK_SUFFIX, link.getValue() + "\n");
        }
        for (String folder : folders) {
            Files.createDirectories(place(root, folder));
        }
        for (Map.Entry<String, Node> node : nodes.entrySet()) {
            String path = node.getKey();
            if (node.getValue().type() == 'd') {
                Files.createDirectories(place(root, path));
            } else if (node.getValue().type() == '-' && !texts.containsKey(path)) {
                writeEmpty(root, links.containsKey(path) ? target(path, links.get(path)) : path);
            }
        }
        Files.writeString(root.resolve(CapturedTree.DEVICE_LIST), deviceList());
        StringBuilder variables = new StringBuilder();
        environment.forEach((name, value) -> {
            if (value.indexOf('\n') < 0) {
                variables.append(name).append('=').append(value).append('\n');
            }
        });
        Files.writeString(root.resolve(CapturedTree.ENVIRONMENT), variables);
    }

    private static void write(Path root, String path, String content) throws IOException {
        Path file = place(root, path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content, StandardOpenOption.CREATE_NEW);
    }

    /** What was only seen to be there, a library as a rule. */
    private static void writeEmpty(Path root, String path) throws IOException {
        if (Files.notExists(place(root, path))) {
            write(root, path, "");
        }
    }

    private static String target(String link, String target) {
        return target.startsWith("/") ? target : link.substring(0, link.lastIndexOf('/') + 1) + target;
    }

    private static Path place(Path root, String path) {
        Path place = root;
        for (String part : path.split("/+")) {
            if (part.equals("..")) {
                place = place.equals(root) ? root : place.getParent();
            } else if (!part.isEmpty() && !part.equals(".")) {
                place = place.resolve(FileNames.encode(part));
            }
        }
        return place;
    }

    private String deviceList() {
        StringBuilder list = new StringBuilder();
        String folder = "";
        for (Map.Entry<String, Node> entry : nodes.entrySet()) {
            Node node = entry.getValue();
            if (node.type() != 'c' && node.type() != 'b') {
                continue;
            }
            int slash = entry.getKey().lastIndexOf('/');
            if (!entry.getKey().substring(0, slash).equals(folder)) {
                folder = entry.getKey().substring(0, slash);
                list.append('\n').append(folder).append(":\n");
            }
            // The letters do not show what an access control list adds; a plus does.
            boolean byList = accessible.contains(entry.getKey()) && !node.mode().endsWith("+")
                    && !node.mode().startsWith("rw", 6);
            list.append("%s%s%s 1 %s %s 0, 0 Jan 1 00:00 %s\n".formatted(node.type(), node.mode(), byList ? "+" : "",
                    node.owner(), node.group(), entry.getKey().substring(slash + 1)));
        }
        return list.toString();
    }

    private String withoutPeople(String path, String text) {
        if (!path.equals("/etc/passwd") && !path.equals("/etc/group")) {
            return text;
        }
        List<String> own = texts.getOrDefault("/proc/self/status", "").lines()
                .filter(line -> line.startsWith("Uid:") || line.startsWith("Gid:") || line.startsWith("Groups:"))
                .flatMap(line -> List.of(line.split("\\s+")).stream()).toList();
        StringBuilder kept = new StringBuilder();
        text.lines().forEach(line -> {
            String[] parts = line.split(":");
            if (parts.length > 2 && (own.contains(parts[2]) || isOfSystem(parts[2]))) {
                kept.append(line).append('\n');
            }
        });
        return kept.toString();
    }

    private static boolean isOfSystem(String number) {
        try {
            return Integer.parseInt(number) < FIRST_PERSON;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
