package io.github.jnpu.server.model;

import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.backend.MemoryEstimate;
import io.github.jnpu.probe.HardwareProbe;

import java.util.Collection;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * How much memory models may take: not more than is free now, a container's limit obeyed, and not more than the operator allows. What
 * loaded models will still take when texts fill their caches is promised to them. Thread-safe.
 */
public final class MemoryBudget {
    private static final long KIB = 1 << 10;
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    private final OptionalLong maximum;
    private final LongSupplier available;

    private MemoryBudget(OptionalLong maximum, LongSupplier available) {
        this.maximum = maximum;
        this.available = available;
    }

    /**
     * @param maximum
     *            bytes that all models may take together; empty for what the machine has; 0 for no check at all
     */
    public static MemoryBudget of(OptionalLong maximum) {
        return new MemoryBudget(maximum, () -> HardwareProbe.local().memory().availableBytes());
    }

    /** What one more model may take, in bytes. */
    long room(Collection<MemoryEstimate> loaded) {
        if (maximum.isPresent() && maximum.getAsLong() == 0) {
            return Long.MAX_VALUE;
        }
        long allowed = maximum.isEmpty()
                ? Long.MAX_VALUE
                : maximum.getAsLong() - loaded.stream().mapToLong(MemoryEstimate::residentBytes).sum();
        long free = available.getAsLong();
        // Caches grow after a model was loaded. How much of one is there already is not known, so all of it is kept free.
        long left = free == 0 ? Long.MAX_VALUE : free - loaded.stream().mapToLong(MemoryEstimate::cacheBytes).sum();
        return Math.max(0, Math.min(allowed, left));
    }

    /** What Ollama says. */
    static EngineException refusal(long need, long room) {
        return new EngineException("model requires more system memory (%s) than is available (%s)".formatted(words(
                need), words(room)));
    }

    private static String words(long bytes) {
        if (bytes >= GIB) {
            return String.format(Locale.ROOT, "%.1f GiB", (double) bytes / GIB);
        }
        if (bytes >= MIB) {
            return String.format(Locale.ROOT, "%.1f MiB", (double) bytes / MIB);
        }
        return bytes >= KIB ? String.format(Locale.ROOT, "%.1f KiB", (double) bytes / KIB) : bytes + " B";
    }
}
