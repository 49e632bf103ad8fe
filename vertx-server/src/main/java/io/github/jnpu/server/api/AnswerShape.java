package io.github.jnpu.server.api;

/** How a route writes what a model says. */
interface AnswerShape {

    /**
     * A writer for an answer in pieces.
     *
     * @param promptTokens
     *            how long the prompt is; 0 where only a model is loaded
     */
    AnswerStream stream(int promptTokens);

    /** An answer in one piece. */
    Object whole(AnswerPart all, AnswerEnd end);

    /** The answer to a request that only loads or unloads. */
    Object loaded(String reason);

    /** Whether a request that only loads is answered with a stream, too. */
    default boolean streamsLoads() {
        return false;
    }

    /**
     * The answer to a request that only renders.
     *
     * @param tokens
     *            how many the prompt has
     */
    Object rendered(String prompt, int tokens);

    /** Whether {@link #rendered} wants the number of tokens only, so that a prompt may be longer than the context. */
    default boolean countsOnly() {
        return false;
    }
}
