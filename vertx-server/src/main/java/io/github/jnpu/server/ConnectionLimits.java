package io.github.jnpu.server;

import java.time.Duration;

/**
 * What a client may take up of the server before it is shown the door. How long an answer may wait for its reader, and how much of it,
 * belongs to the answers.
 *
 * @param head
 *            from the connection to the end of its first request's head
 * @param idle
 *            from the end of an answer to the end of the next request's head; what of the answer was not read by then is lost
 * @param body
 *            for a request's body; one that goes into the store only has to keep moving
 * @param connections
 *            open at the same time; more are closed at once
 * @param headerBytes
 *            of a request's head
 * @param lineBytes
 *            of a request's first line
 * @param bodyBytes
 *            of a request's body, except one that goes into the store
 */
public record ConnectionLimits(Duration head, Duration idle, Duration body, int connections, int headerBytes,
        int lineBytes, int bodyBytes) {
    /** Bodies: more text than any context holds. */
    public static final ConnectionLimits DEFAULT = new ConnectionLimits(Duration.ofSeconds(10), Duration.ofSeconds(75),
            Duration.ofSeconds(60), 1024, 32 << 10, 8 << 10, 16 << 20);

    public ConnectionLimits {
        if (!head.isPositive() || !idle.isPositive() || !body.isPositive() || connections < 1 || headerBytes < 1
                || lineBytes < 1 || bodyBytes < 1) {
            throw new IllegalArgumentException("limits of connections are positive");
        }
    }

    /** With other times. */
    public ConnectionLimits withTimes(Duration newHead, Duration newIdle, Duration newBody) {
        return new ConnectionLimits(newHead, newIdle, newBody, connections, headerBytes, lineBytes, bodyBytes);
    }

    public ConnectionLimits withConnections(int most) {
        return new ConnectionLimits(head, idle, body, most, headerBytes, lineBytes, bodyBytes);
    }
}
