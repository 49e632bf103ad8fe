package io.github.jnpu.engine;

import io.github.jnpu.engine.sampling.SamplingOptions;

import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What to generate.
 *
 * @param prompt
 *            token ids as the model shall see them, its BOS token included; at least one; not copied
 * @param maxTokens
 *            how many tokens to sample at most; negative for as many as the context holds
 * @param stop
 *            strings that end the text where they appear, across token borders too; they are not part of the result
 * @param spelledTokens
 *            control tokens, as the vocabulary spells them, that are part of the text, which leaves them out otherwise; one
 *            that ends the generation never is
 */
public record GenerationRequest(int[] prompt, SamplingOptions sampling, int maxTokens, List<String> stop,
        Set<String> spelledTokens) {

    public GenerationRequest(int[] prompt, SamplingOptions sampling, int maxTokens, List<String> stop) {
        this(prompt, sampling, maxTokens, stop, Set.of());
    }

    public GenerationRequest {
        Objects.requireNonNull(sampling, "sampling");
        stop = List.copyOf(stop);
        spelledTokens = Set.copyOf(spelledTokens);
        if (prompt.length == 0) {
            throw new IllegalArgumentException("an empty prompt has nothing to continue");
        }
        if (stop.stream().anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException("an empty stop string would stop every text at once");
        }
    }

    /** A request with the default sampling and no limit but the context. */
    public static GenerationRequest of(int[] prompt) {
        return new GenerationRequest(prompt, SamplingOptions.DEFAULT, -1, List.of());
    }

    public GenerationRequest withSampling(SamplingOptions newSampling) {
        return new GenerationRequest(prompt, newSampling, maxTokens, stop, spelledTokens);
    }

    public GenerationRequest withMaxTokens(int newMaxTokens) {
        return new GenerationRequest(prompt, sampling, newMaxTokens, stop, spelledTokens);
    }

    public GenerationRequest withStop(List<String> newStop) {
        return new GenerationRequest(prompt, sampling, maxTokens, newStop, spelledTokens);
    }

    public GenerationRequest withSpelledTokens(Set<String> newSpelledTokens) {
        return new GenerationRequest(prompt, sampling, maxTokens, stop, newSpelledTokens);
    }
}
