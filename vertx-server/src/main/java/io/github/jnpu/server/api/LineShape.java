package io.github.jnpu.server.api;

import io.vertx.core.buffer.Buffer;

import java.util.List;

/** The shape of Ollama's own routes: a stream is lines of JSON, and the last one looks like a whole answer without text. */
interface LineShape extends AnswerShape {

    /** A piece of the answer. */
    Object piece(String content, String thinking, List<CalledTool> calls);

    @Override
    default AnswerStream stream() {
        return new AnswerStream() {
            @Override
            public Buffer piece(String content, String thinking, List<CalledTool> calls) {
                return WireJson.encodeLine(LineShape.this.piece(content, thinking, calls));
            }

            @Override
            public Buffer end(String reason, List<Integer> context, Metrics metrics) {
                return WireJson.encodeLine(whole("", null, null, reason, context, metrics));
            }
        };
    }
}
