package io.github.jnpu.server.api;

import java.util.List;

/** How a route writes what a model says. Thinking and calls are {@code null} where there are none. */
interface AnswerShape {

    /** A writer for an answer in pieces. */
    AnswerStream stream();

    /**
     * An answer in one piece.
     *
     * @param context
     *            prompt and answer as token ids; {@code null} to leave it out
     */
    Object whole(String content, String thinking, List<CalledTool> calls, String reason, List<Integer> context,
            Metrics metrics);

    /** The answer to a request that only loads or unloads. */
    Object loaded(String reason);

    /** Whether a request that only loads is answered with a stream, too. */
    default boolean streamsLoads() {
        return false;
    }

    /** The answer to a request that only renders. */
    Object rendered(String prompt);
}
