package io.github.jnpu.probe.source;

import io.github.jnpu.probe.Memory;
import io.github.jnpu.probe.SystemInfo;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What an operating system can be asked for: this machine's, or a captured tree's of another. No call throws, blocks for longer than
 * the source's time limit or returns more than its size limit; what could not be read is remembered for the report. Thread-safe.
 */
public interface SystemSource {
    /** Which system this is. */
    SystemInfo.Family family();

    /** How much of a file {@link #text(String)} reads, in bytes: more than any file of {@code /sys} holds. */
    int MAX_TEXT = 64 << 10;

    /** The first {@value #MAX_TEXT} bytes of a file; see {@link #text(String, int)}. */
    default Optional<String> text(String path) {
        return text(path, MAX_TEXT);
    }

    /**
     * A file's text, read as UTF-8 or, where it is none, as ISO 8859-1; empty if absent or unreadable. Of a longer file the
     * beginning, and {@link #unread()} tells.
     *
     * @param path
     *            absolute, with forward slashes: {@code /proc/cpuinfo}
     */
    Optional<String> text(String path, int maxBytes);

    /** Names in a folder, sorted; none if absent or unreadable. */
    List<String> names(String folder);

    /** Where a symbolic link points, as written in it; empty if it is none. */
    Optional<String> link(String path);

    /** A device node or any other file, links followed, as {@code ls -lnL} shows it; empty if absent. Opens nothing. */
    Optional<Node> node(String path);

    /**
     * Whether this process may read and write a file, access control lists included; empty where only the permission letters are
     * known, as in a captured tree. Opens nothing.
     */
    default Optional<Boolean> accessible(String path) {
        return Optional.empty();
    }

    /** A value of the Windows registry, numbers in decimal; empty if absent. {@code key} begins with {@code HKEY_LOCAL_MACHINE\}. */
    default Optional<String> registryValue(String key, String name) {
        return Optional.empty();
    }

    /** Names of a registry key's subkeys, sorted; none if absent. */
    default List<String> registryKeys(String key) {
        return List.of();
    }

    /** The device manager's code for hardware that the registry remembers and that is not there: CM_PROB_PHANTOM. */
    int NOT_CONNECTED = 45;

    /**
     * The problem code that Windows' device manager gives a device, as in cfg.h: 0 if there is none, {@value #NOT_CONNECTED} if the device
     * is not there; empty where that cannot be found out.
     *
     * @param instance
     *            as under the registry's {@code Enum}: {@code PCI\VEN_8086&DEV_643E&SUBSYS_...&REV_04\3&11583659&0&58}
     */
    default OptionalInt deviceProblem(String instance) {
        return OptionalInt.empty();
    }

    /** Cores and caches where a call tells of them and no file: Windows. */
    default Optional<ProcessorTopology> topology() {
        return Optional.empty();
    }

    /** Main memory where a call tells of it and no file: Windows and macOS. */
    default Optional<Memory> memory() {
        return Optional.empty();
    }

    /** The version in a Windows library's resources: {@code 32.0.100.4239}; empty if the file is absent or states none. */
    default Optional<String> fileVersion(String path) {
        return Optional.empty();
    }

    /** A macOS sysctl's value as {@code sysctl -n} prints it; empty if absent. */
    default Optional<String> sysctl(String name) {
        return Optional.empty();
    }

    /** The environment of the process that would use the devices; only the variables that the probe has a use for. */
    Map<String, String> environment();

    /** What could not be read though it was there: path or key, and why; sorted. */
    List<String> unread();

    /**
     * A file as it lies in its folder.
     *
     * @param type
     *            as {@code ls} shows it: {@code -}, {@code d}, {@code c}, {@code b}
     * @param mode
     *            the nine permission letters: {@code rw-rw----}; a {@code +} after them says that a list adds to them
     * @param owner
     *            name or number
     * @param group
     *            name or number
     */
    record Node(char type, String mode, String owner, String group) {}
}
