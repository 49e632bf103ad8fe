package io.github.jnpu.server.api;

import java.util.List;

/** How a route writes what a model says. Thinking and calls are {@code null} where there are none. */
interface AnswerShape {

    /** A piece of the answer. */
    Object piece(String content, String thinking, List<CalledTool> calls);

    /**
     * The last object, or the only one.
     *
     * @param context
     *            prompt and answer as token ids; {@code null} to leave it out
     */
    Object end(String content, String thinking, List<CalledTool> calls, String reason, List<Integer> context,
            Metrics metrics);

    /** The answer to a request that only loads or unloads. */
    Object loaded(String reason);

    /** The answer to a request that only renders. */
    Object rendered(String prompt);
}
