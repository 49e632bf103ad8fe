package io.github.jnpu.server.api;

import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.grammar.Grammar;
import io.github.jnpu.engine.placement.PlacementWish;
import io.github.jnpu.engine.sampling.SamplingOptions;
import io.github.jnpu.engine.store.StoredModel;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/** What a request to generate or chat comes to, once it has been checked. */
sealed interface AnswerCall {

    /** Nothing is left to do. */
    record Answered(Object answer) implements AnswerCall {}

    /** Only load the model. */
    record Load(StoredModel model, int contextLength, int threads, boolean useMmap,
            Optional<PlacementWish> place, Optional<Duration> keepAlive,
            AnswerShape shape)
            implements
                AnswerCall {}

    /**
     * Generate.
     *
     * @param prompt
     *            lays the prompt out for the loaded model
     * @param withContext
     *            whether the answer carries its token ids
     * @param renderOnly
     *            whether the prompt's text is the answer
     * @param grammar
     *            what the answer, without its thoughts, is held to
     * @param logprobs
     *            how many of the likeliest tokens are told in each place; empty for no probabilities
     * @param limits
     *            what goes where text is longer than the context
     */
    record Generate(Load load, Function<LanguageModel, PromptRenderer.Prompt> prompt, SamplingOptions sampling,
            int maxTokens, List<String> stop, boolean stream, boolean withContext,
            boolean renderOnly, Optional<Grammar> grammar, OptionalInt logprobs,
            ContextLimits limits) implements AnswerCall {}
}
