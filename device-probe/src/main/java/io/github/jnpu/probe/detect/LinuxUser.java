package io.github.jnpu.probe.detect;

import io.github.jnpu.probe.Check;
import io.github.jnpu.probe.source.SystemSource;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The user that this process runs as, and what it may open. */
final class LinuxUser {
    private final SystemSource source;
    private final boolean contained;
    private final String uid;
    private final Set<String> groups = new TreeSet<>();
    private final List<String> groupFile;
    private final List<String> userFile;

    /**
     * @param contained
     *            whether it runs in a container, where groups come from outside
     */
    LinuxUser(SystemSource source, boolean contained) {
        this.source = source;
        this.contained = contained;
        List<String> status = Parse.lines(source, "/proc/self/status");
        // Real, effective, saved and file system's number; the last decides what may be opened.
        uid = Parse.field(status, "Uid").map(LinuxUser::last).orElse("");
        Parse.field(status, "Gid").map(LinuxUser::last).ifPresent(groups::add);
        Parse.field(status, "Groups").ifPresent(all -> groups.addAll(List.of(all.split("\\s+"))));
        groupFile = Parse.lines(source, "/etc/group");
        userFile = Parse.lines(source, "/etc/passwd");
    }

    private static String last(String numbers) {
        String[] parts = numbers.split("\\s+");
        return parts[parts.length - 1];
    }

    /** Whether a device node can be opened for reading and writing, and what to do if not. */
    Check permission(String path, SystemSource.Node node) {
        String group = nameOf(groupFile, node.group());
        String seen = "%s is %s%s %s:%s".formatted(path, node.type(), node.mode(), nameOf(userFile, node.owner()),
                group);
        Optional<Boolean> accessible = source.accessible(path);
        if (accessible.isPresent() && accessible.get()) {
            return Check.passed("permission", seen + "; this process may read and write it");
        }
        if (accessible.isEmpty()) {
            if (uid.isEmpty()) {
                return Check.unknown("permission", seen + "; who runs this process is unknown");
            }
            if (uid.equals("0") || allows(node)) {
                return Check.passed("permission", "%s; uid %s may read and write it".formatted(seen, uid));
            }
            if (node.mode().endsWith("+")) {
                return Check.unknown("permission",
                        "%s; an access control list adds to this, which was not captured".formatted(seen));
            }
        }
        return denied(node, group, seen);
    }

    private boolean allows(SystemSource.Node node) {
        // The kernel looks at the first class only that applies.
        if (numberOf(userFile, node.owner()).equals(uid)) {
            return node.mode().startsWith("rw", 0);
        }
        return node.mode().startsWith("rw", isInGroup(node) ? 3 : 6);
    }

    private boolean isInGroup(SystemSource.Node node) {
        return groups.contains(numberOf(groupFile, node.group()));
    }

    private Check denied(SystemSource.Node node, String group, String seen) {
        boolean groupMay = node.mode().startsWith("rw", 3) && !group.equals("root") && !group.equals("0");
        if (!groupMay || isInGroup(node)) {
            return Check.failed("permission", "%s; uid %s may not read and write it".formatted(seen, uid),
                    contained
                            ? "Give the node to a group on the host, and the container that group."
                            : "Give the node to group render by a rule: echo 'SUBSYSTEM==\"accel|drm\", "
                                    + "KERNEL==\"accel*|renderD*\", GROUP=\"render\", MODE=\"0660\"' | sudo tee "
                                    + "/etc/udev/rules.d/70-render.rules, then sudo udevadm control --reload, then sudo "
                                    + "udevadm trigger");
        }
        if (contained) {
            return Check.failed("permission", "%s; uid %s is not in group %s".formatted(seen, uid, group),
                    "Give the container the group: docker run --group-add $(stat -c %%g %s)".formatted(
                            seen.substring(0, seen.indexOf(' '))));
        }
        if (isMember(group)) {
            return Check.failed("permission",
                    "%s; /etc/group has the user in %s, but this login is from before that".formatted(seen, group),
                    "Log out and in again.");
        }
        return Check.failed("permission", "%s; uid %s is not in group %s".formatted(seen, uid, group),
                "Add the user to group %s: sudo usermod -aG %s $USER, then log in again.".formatted(group, group));
    }

    /** Whether the group file says so, whatever this process was started with. */
    private boolean isMember(String group) {
        String user = nameOf(userFile, uid);
        return groupFile.stream().map(line -> line.split(":", -1)).anyMatch(
                parts -> parts.length > 3 && parts[0].equals(group) && List.of(parts[3].split(",")).contains(user));
    }

    /** A name by number from a file like {@code /etc/group}; the number if it has none. */
    private static String nameOf(List<String> file, String number) {
        return find(file, 2, number, 0);
    }

    private static String numberOf(List<String> file, String name) {
        return name.equals("root") ? "0" : find(file, 0, name, 2);
    }

    private static String find(List<String> file, int key, String value, int wanted) {
        return file.stream().map(line -> line.split(":")).filter(parts -> parts.length > 2)
                .filter(parts -> parts[key].equals(value)).map(parts -> parts[wanted]).findFirst().orElse(value);
    }
}
