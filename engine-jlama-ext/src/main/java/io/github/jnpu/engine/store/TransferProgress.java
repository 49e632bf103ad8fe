package io.github.jnpu.engine.store;

import java.util.Optional;

/**
 * One step of a pull, push or creation.
 *
 * @param status
 *            in Ollama's words, for example {@code pulling manifest}
 * @param digest
 *            what moves, where something does
 * @param total
 *            bytes in all
 * @param completed
 *            bytes so far
 */
public record TransferProgress(String status, Optional<String> digest, long total, long completed) {
    /** A step without a size. */
    public static TransferProgress of(String status) {
        return new TransferProgress(status, Optional.empty(), 0, 0);
    }

    /** How far a blob is. */
    public static TransferProgress of(String status, Digest digest, long total, long completed) {
        return new TransferProgress(status, Optional.of(digest.toString()), total, completed);
    }
}
