package io.github.jnpu.probe.source;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The output of {@code ls -lR} over folders of device nodes. Immutable.
 *
 * @param folders
 *            a folder's entries by name, by the folder's path
 */
record DeviceList(Map<String, Map<String, SystemSource.Node>> folders) {
    static final DeviceList EMPTY = new DeviceList(Map.of());

    /** ls writes no longer ones for device nodes; matching takes quadratic time. */
    private static final int MAX_LINE = 512;
    /** Type, permissions, links, owner, group, then size or device numbers and a date in any of ls's forms, and the name. */
    private static final Pattern ENTRY = Pattern.compile(
            "([-dlcbps])([-rwxsStT]{9}[+.@]?)\\s+\\d+\\s+(\\S+)\\s+(\\S+)\\s+(?:\\d+,\\s*)?\\d+\\s.*?(\\S+)(?: -> .*)?");

    static DeviceList parse(String listing) {
        Map<String, Map<String, SystemSource.Node>> folders = new HashMap<>();
        String folder = "";
        for (String raw : listing.lines().toList()) {
            String line = raw.strip();
            if (line.length() > MAX_LINE) {
                continue;
            }
            if (line.startsWith("/") && line.endsWith(":")) {
                folder = line.substring(0, line.length() - 1);
                folders.putIfAbsent(folder, new HashMap<>());
                continue;
            }
            Matcher entry = ENTRY.matcher(line);
            if (!folder.isEmpty() && entry.matches()) {
                folders.get(folder).put(entry.group(5), new SystemSource.Node(entry.group(1).charAt(0),
                        entry.group(2), entry.group(3), entry.group(4)));
            }
        }
        return new DeviceList(folders);
    }

    List<String> names(String folder) {
        return new ArrayList<>(folders.getOrDefault(folder, Map.of()).keySet());
    }

    Optional<SystemSource.Node> node(String path) {
        if (folders.containsKey(path)) {
            return Optional.of(new SystemSource.Node('d', "rwxr-xr-x", "0", "0"));
        }
        int slash = path.lastIndexOf('/');
        return slash < 0
                ? Optional.empty()
                : Optional.ofNullable(
                        folders.getOrDefault(path.substring(0, slash), Map.of()).get(path.substring(slash + 1)));
    }
}
