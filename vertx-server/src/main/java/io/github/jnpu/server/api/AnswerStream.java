package io.github.jnpu.server.api;

import io.vertx.core.buffer.Buffer;

import java.util.List;

/** Writes one answer in pieces, as bytes of the wire; none where there is nothing to say. For one thread. */
interface AnswerStream {

    /** A piece of the answer. Thinking and calls are {@code null} where there are none. */
    Buffer piece(String content, String thinking, List<CalledTool> calls);

    /**
     * What ends the answer.
     *
     * @param context
     *            prompt and answer as token ids; {@code null} to leave it out
     */
    Buffer end(String reason, List<Integer> context, Metrics metrics);
}
