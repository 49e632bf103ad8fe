package io.github.jnpu.probe;

/**
 * Main memory in bytes.
 *
 * @param totalBytes
 *            what this process may use at most: the machine's memory or its container's limit, whichever is less; 0 where the
 *            system does not tell
 * @param availableBytes
 *            what it could take now without swapping, caches that the system would give up included; 0 where the system does
 *            not tell
 * @param limited
 *            whether a container's limit is what counts
 */
public record Memory(long totalBytes, long availableBytes, boolean limited) {
    public static final Memory UNKNOWN = new Memory(0, 0, false);
}
