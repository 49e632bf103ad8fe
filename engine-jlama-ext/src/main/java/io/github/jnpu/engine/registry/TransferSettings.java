package io.github.jnpu.engine.registry;

import java.time.Duration;

/**
 * How stubbornly and in what pieces blobs move.
 *
 * @param stall
 *            a connection that moves nothing for so long is given up and made anew
 * @param backOff
 *            the wait before the second try; each further one doubles it
 * @param tries
 *            of one request; those that moved something do not count
 * @param parts
 *            ranges that a blob is fetched in at a time, where the limits of their size allow it
 * @param minPartBytes
 *            so that small blobs take few requests
 * @param maxPartBytes
 *            so that little is lost
 */
public record TransferSettings(Duration stall, Duration backOff, int tries, int parts, long minPartBytes,
        long maxPartBytes) {
    /** Ollama's own. */
    public static final TransferSettings DEFAULT = new TransferSettings(Duration.ofSeconds(30), Duration.ofSeconds(1),
            6,
            16, 100_000_000, 1_000_000_000);

    /** The size comes from the registry; each part is a file and a task here. */
    private static final long MAX_PARTS = 5000;

    public TransferSettings {
        if (!stall.isPositive() || backOff.isNegative() || tries < 1 || parts < 1 || minPartBytes < 1
                || maxPartBytes < minPartBytes) {
            throw new IllegalArgumentException("times, counts and sizes are positive");
        }
    }

    long partBytes(long size) {
        long wanted = Math.clamp(Math.ceilDiv(size, (long) parts), minPartBytes, maxPartBytes);
        return Math.max(wanted, Math.ceilDiv(size, MAX_PARTS));
    }
}
