package io.github.jnpu.server.api;

import io.vertx.core.buffer.Buffer;

import java.util.List;

/** Writes one answer in pieces, as bytes of the wire; none where there is nothing to say. For one thread. */
interface AnswerStream {

    /** A piece of the answer. */
    Buffer piece(AnswerPart part);

    /**
     * What ends the answer.
     *
     * @param logprobs
     *            of tokens behind the last piece; {@code null} where there are none
     */
    Buffer end(List<Logprob> logprobs, AnswerEnd end);
}
