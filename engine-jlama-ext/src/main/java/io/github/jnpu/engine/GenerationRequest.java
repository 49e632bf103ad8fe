package io.github.jnpu.engine;

import io.github.jnpu.engine.grammar.Grammar;
import io.github.jnpu.engine.sampling.SamplingOptions;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
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
 * @param grammar
 *            what the answer must belong to; where it ends by itself it does, with any weights. A limit of tokens or a stop string
 *            may cut it off
 * @param logprobs
 *            how many of the likeliest tokens the listener hears of beside each that was drawn, 0 or more; empty where it wants no
 *            probabilities, which cost nothing then
 * @param shiftKeep
 *            what happens where the context is full: the first so many tokens stay, half of the others go, the oldest first, and
 *            the generation goes on; empty to end it there. Without a limit of tokens, a generation that goes on ends at ten times
 *            the context
 */
public record GenerationRequest(int[] prompt, SamplingOptions sampling, int maxTokens, List<String> stop,
        Set<String> spelledTokens, Optional<Grammar> grammar, OptionalInt logprobs, OptionalInt shiftKeep) {
    public GenerationRequest {
        Objects.requireNonNull(sampling, "sampling");
        Objects.requireNonNull(grammar, "grammar");
        Objects.requireNonNull(logprobs, "logprobs");
        Objects.requireNonNull(shiftKeep, "shiftKeep");
        stop = List.copyOf(stop);
        spelledTokens = Set.copyOf(spelledTokens);
        if (prompt.length == 0) {
            throw new IllegalArgumentException("an empty prompt has nothing to continue");
        }
        if (logprobs.isPresent() && logprobs.getAsInt() < 0) {
            throw new IllegalArgumentException("logprobs must be 0 or more, is " + logprobs.getAsInt());
        }
        if (shiftKeep.isPresent() && shiftKeep.getAsInt() < 0) {
            throw new IllegalArgumentException("shiftKeep must be 0 or more, is " + shiftKeep.getAsInt());
        }
        if (stop.stream().anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException("an empty stop string would stop every text at once");
        }
    }

    /** A request without probabilities, which ends where the context is full. */
    public GenerationRequest(int[] prompt, SamplingOptions sampling, int maxTokens, List<String> stop,
            Set<String> spelledTokens, Optional<Grammar> grammar) {
        this(prompt, sampling, maxTokens, stop, spelledTokens, grammar, OptionalInt.empty(), OptionalInt.empty());
    }

    /** A request for free text. */
    public GenerationRequest(int[] prompt, SamplingOptions sampling, int maxTokens, List<String> stop) {
        this(prompt, sampling, maxTokens, stop, Set.of(), Optional.empty());
    }

    /** A request with the default sampling and no limit but the context. */
    public static GenerationRequest of(int[] prompt) {
        return new GenerationRequest(prompt, SamplingOptions.DEFAULT, -1, List.of());
    }

    public GenerationRequest withSampling(SamplingOptions newSampling) {
        return new GenerationRequest(prompt, newSampling, maxTokens, stop, spelledTokens, grammar, logprobs, shiftKeep);
    }

    public GenerationRequest withMaxTokens(int newMaxTokens) {
        return new GenerationRequest(prompt, sampling, newMaxTokens, stop, spelledTokens, grammar, logprobs, shiftKeep);
    }

    public GenerationRequest withStop(List<String> newStop) {
        return new GenerationRequest(prompt, sampling, maxTokens, newStop, spelledTokens, grammar, logprobs, shiftKeep);
    }

    public GenerationRequest withSpelledTokens(Set<String> newSpelledTokens) {
        return new GenerationRequest(prompt, sampling, maxTokens, stop, newSpelledTokens, grammar, logprobs, shiftKeep);
    }

    public GenerationRequest withGrammar(Grammar newGrammar) {
        return withGrammar(Optional.of(newGrammar));
    }

    /** The same with another grammar, or with none. */
    public GenerationRequest withGrammar(Optional<Grammar> newGrammar) {
        return new GenerationRequest(prompt, sampling, maxTokens, stop, spelledTokens, newGrammar, logprobs, shiftKeep);
    }

    /** The same with probabilities: see {@link #logprobs}. */
    public GenerationRequest withLogprobs(OptionalInt newLogprobs) {
        return new GenerationRequest(prompt, sampling, maxTokens, stop, spelledTokens, grammar, newLogprobs, shiftKeep);
    }

    /** The same with another way on where the context is full: see {@link #shiftKeep}. */
    public GenerationRequest withShiftKeep(OptionalInt newShiftKeep) {
        return new GenerationRequest(prompt, sampling, maxTokens, stop, spelledTokens, grammar, logprobs, newShiftKeep);
    }
}
