package io.github.jnpu.server.api;

import io.github.jnpu.engine.GenerationResult;

/** Figures at the end of an answer: durations in nanoseconds, counts in tokens; zero is left out. */
record Metrics(Long totalDuration, Long loadDuration, Long promptEvalCount, Long promptEvalDuration, Long evalCount,
        Long evalDuration) {
    static final Metrics NONE = new Metrics(null, null, null, null, null, null);

    static Metrics of(GenerationResult result, long totalNanos, long loadNanos) {
        return new Metrics(positive(totalNanos), positive(loadNanos), positive(result.promptTokens()),
                positive(result.promptDuration().toNanos()), positive(result.tokens().size()),
                positive(result.decodeDuration().toNanos()));
    }

    private static Long positive(long value) {
        return value > 0 ? value : null;
    }
}
