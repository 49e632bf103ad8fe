package io.github.jnpu.server.api;

/** Tokens of a request and of its answer, as OpenAI's clients count them. */
record TokenUsage(long promptTokens, long completionTokens, long totalTokens) {
    static final TokenUsage NONE = new TokenUsage(0, 0, 0);

    static TokenUsage of(Metrics metrics) {
        long prompt = orZero(metrics.promptEvalCount());
        long completion = orZero(metrics.evalCount());
        return new TokenUsage(prompt, completion, prompt + completion);
    }

    private static long orZero(Long count) {
        return count == null ? 0 : count;
    }
}
