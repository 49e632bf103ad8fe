package io.github.jnpu.engine.placement;

/** What a stage has done. One thread writes, any may read: figures that belong together may be a moment apart. */
final class StageActivity {
    /** What is older counts for half and less. */
    private static final long WINDOW_NANOS = 10_000_000_000L;

    private volatile long tokens;
    private volatile double recentTokens;
    private volatile double recentNanos;
    private volatile long movedTokens;
    private volatile long movedBytes;
    private volatile long moveNanos;

    void ran(int count, long nanos) {
        double fade = recentNanos > WINDOW_NANOS ? 0.5 : 1;
        tokens += count;
        recentTokens = recentTokens * fade + count;
        recentNanos = recentNanos * fade + nanos;
    }

    /** The KV cache of some tokens came from another device. */
    void moved(int count, long bytes, long nanos) {
        movedTokens += count;
        movedBytes += bytes;
        moveNanos += nanos;
    }

    long tokens() {
        return tokens;
    }

    /** Lately; 0 before the first. */
    double tokensPerSecond() {
        return recentNanos == 0 ? 0 : recentTokens * 1e9 / recentNanos;
    }

    long movedTokens() {
        return movedTokens;
    }

    long movedBytes() {
        return movedBytes;
    }

    long moveNanos() {
        return moveNanos;
    }
}
