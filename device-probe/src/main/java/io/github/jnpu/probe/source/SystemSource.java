package io.github.jnpu.probe.source;

import io.github.jnpu.probe.SystemInfo;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an operating system can be asked for: this machine's, or a captured tree's of another. No call throws, blocks for longer than
 * the source's time limit or returns more than its size limit; what could not be read is remembered for the report. Thread-safe.
 */
public interface SystemSource {
    /** Which system this is. */
    SystemInfo.Family family();

    /** A file's text, read as ISO 8859-1; empty if absent or unreadable. {@code path} is absolute: {@code /proc/cpuinfo}. */
    Optional<String> text(String path);

    /** Names in a folder, sorted; none if absent or unreadable. */
    List<String> names(String folder);

    /** Where a symbolic link points, as written in it; empty if it is none. */
    Optional<String> link(String path);

    /** A device node or any other file as {@code ls -ln} shows it; empty if absent. */
    Optional<Node> node(String path);

    /** A value of the Windows registry, numbers in decimal; empty if absent. {@code key} begins with {@code HKEY_LOCAL_MACHINE\}. */
    Optional<String> registryValue(String key, String name);

    /** Names of a registry key's subkeys, sorted; none if absent. */
    List<String> registryKeys(String key);

    /** A macOS sysctl's value as {@code sysctl -n} prints it; empty if absent. */
    Optional<String> sysctl(String name);

    /** The environment of the process that would use the devices. */
    Map<String, String> environment();

    /** What could not be read though it was there: path or key, and why; sorted. */
    List<String> unread();

    /**
     * A file as it lies in its folder.
     *
     * @param type
     *            as {@code ls} shows it: {@code -}, {@code d}, {@code l}, {@code c}, {@code b}
     * @param mode
     *            the nine permission letters: {@code rw-rw----}
     * @param owner
     *            name or number
     * @param group
     *            name or number
     */
    record Node(char type, String mode, String owner, String group) {}
}
