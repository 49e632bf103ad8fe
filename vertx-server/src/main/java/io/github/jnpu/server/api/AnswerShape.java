package io.github.jnpu.server.api;

import java.util.List;

/** How a route writes what a model says. */
interface AnswerShape {

    /**
     * A writer for an answer in pieces.
     *
     * @param promptTokens
     *            how long the prompt is; 0 where only a model is loaded
     */
    AnswerStream stream(int promptTokens);

    /**
     * An answer in one piece.
     *
     * @param context
     *            prompt and answer as token ids; {@code null} to leave it out
     */
    Object whole(AnswerPart all, String reason, List<Integer> context, Metrics metrics);

    /** The answer to a request that only loads or unloads. */
    Object loaded(String reason);

    /** Whether a request that only loads is answered with a stream, too. */
    default boolean streamsLoads() {
        return false;
    }

    /** The answer to a request that only renders. */
    Object rendered(String prompt);
}
