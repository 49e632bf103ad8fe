package io.github.jnpu.engine.placement;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Devices that failed while this process ran: no model is put on them again before the next start. Thread-safe. */
public final class SetAside {
    private static final Map<String, String> REASONS = new ConcurrentHashMap<>();

    private SetAside() {}

    /** From now on nothing is placed there; the first reason stays. */
    static void add(String target, String reason) {
        REASONS.putIfAbsent(target, reason);
    }

    static Optional<String> reason(String target) {
        return Optional.ofNullable(REASONS.get(target)).map(reason -> "set aside until the next start: " + reason);
    }

    /** All of them, by what users write, with the reasons. */
    public static Map<String, String> all() {
        return Map.copyOf(REASONS);
    }

    /** Gives all of them another chance. */
    public static void clear() {
        REASONS.clear();
    }
}
