package io.github.jnpu.engine.registry;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** A request failed in a way that may be over soon. */
final class TransientException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Null where the server does not say. */
    private final Duration retryAfter;

    TransientException(String message, Optional<Duration> retryAfter) {
        super(message);
        this.retryAfter = retryAfter.orElse(null);
    }

    Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
