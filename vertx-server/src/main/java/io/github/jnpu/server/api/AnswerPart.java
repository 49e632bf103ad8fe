package io.github.jnpu.server.api;

import java.util.List;

/**
 * What a model says: a piece of it, or all.
 *
 * @param thinking
 *            {@code null} where there is none, as are calls and logprobs
 * @param logprobs
 *            of the tokens since the last piece; some may belong to text that is still held back
 */
record AnswerPart(String content, String thinking, List<CalledTool> calls, List<Logprob> logprobs) {
    static final AnswerPart EMPTY = ofLogprobs(null);

    static AnswerPart ofLogprobs(List<Logprob> logprobs) {
        return new AnswerPart("", null, null, logprobs);
    }
}
