package io.github.jnpu.engine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A finished generation.
 *
 * @param text
 *            all text handed to the listener, stop string excluded
 * @param tokens
 *            the sampled tokens, the end-of-generation token excluded
 * @param stopString
 *            the stop string that ended it, if one did
 * @param promptTokens
 *            the whole prompt, reused prefix included
 * @param cachedTokens
 *            how many of them were still in the KV cache
 * @param promptDuration
 *            time in prefill
 * @param decodeDuration
 *            time from the first sampled token to the end
 */
public record GenerationResult(String text, List<Integer> tokens, FinishReason finishReason,
        Optional<String> stopString, int promptTokens, int cachedTokens, Duration promptDuration,
        Duration decodeDuration) {
    public GenerationResult {
        tokens = List.copyOf(tokens);
    }
}
