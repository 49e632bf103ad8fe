package io.github.jnpu.server.api;

import io.vertx.core.buffer.Buffer;

import java.util.List;

/** The shape of Ollama's own routes: a stream is lines of JSON, and the last one looks like a whole answer without text. */
interface LineShape extends AnswerShape {

    /** A piece of the answer. */
    Object piece(AnswerPart part);

    @Override
    default AnswerStream stream(int promptTokens) {
        return new AnswerStream() {
            @Override
            public Buffer piece(AnswerPart part) {
                return WireJson.encodeLine(LineShape.this.piece(part));
            }

            @Override
            public Buffer end(List<Logprob> logprobs, AnswerEnd end) {
                return WireJson.encodeLine(whole(AnswerPart.ofLogprobs(logprobs), end));
            }
        };
    }
}
