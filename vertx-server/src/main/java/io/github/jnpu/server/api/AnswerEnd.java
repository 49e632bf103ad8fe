package io.github.jnpu.server.api;

import java.util.List;

/**
 * What is said when an answer is over.
 *
 * @param reason
 *            in Ollama's words: {@code stop}, {@code length}, {@code load}, {@code unload}
 * @param stopString
 *            the stop string that ended it; {@code null} where none did
 * @param context
 *            prompt and answer as token ids; {@code null} to leave it out
 */
record AnswerEnd(String reason, String stopString, List<Integer> context, Metrics metrics) {
    static final AnswerEnd LOADED = of("load");

    /** The end of an answer that says nothing. */
    static AnswerEnd of(String reason) {
        return new AnswerEnd(reason, null, null, Metrics.NONE);
    }
}
