package io.github.jnpu.server.api;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;

/** Whose API a route belongs to: how it writes content types and errors. */
enum Dialect {
    OLLAMA("application/json; charset=utf-8", "application/x-ndjson", false) {
        @Override
        Object error(int status, String message) {
            return new ErrorAnswer(message);
        }

        @Override
        Buffer streamedError(int status, String message) {
            return WireJson.encodeLine(error(status, message));
        }
    },
    OPENAI("application/json", "text/event-stream", false) {
        @Override
        Object error(int status, String message) {
            return OpenAiError.of(status, message);
        }

        @Override
        Buffer streamedError(int status, String message) {
            return WireJson.encodeEvent(error(status, message));
        }
    },
    /** {@code /v1/responses}: errors are OpenAI's, but events have names. */
    RESPONSES("application/json", "text/event-stream", true) {
        @Override
        Object error(int status, String message) {
            return OpenAiError.of(status, message);
        }

        @Override
        Buffer streamedError(int status, String message) {
            return WireJson.encodeEvent("error",
                    new OpenAiError.Event("error", OpenAiError.type(status), message, null));
        }
    },
    ANTHROPIC("application/json", "text/event-stream", true) {
        @Override
        Object error(int status, String message) {
            return AnthropicError.of(status, message);
        }

        @Override
        Buffer streamedError(int status, String message) {
            return WireJson.encodeEvent("error", error(status, message));
        }
    };

    private static final String KEY = Dialect.class.getName();

    private final String jsonType;
    private final String streamType;
    private final boolean uncached;

    /** @param uncached whether streams say that nobody may keep them, as Ollama has it on some routes */
    Dialect(String jsonType, String streamType, boolean uncached) {
        this.jsonType = jsonType;
        this.streamType = streamType;
        this.uncached = uncached;
    }

    /** The dialect of a request; Ollama's where nobody said. */
    static Dialect of(RoutingContext routing) {
        Dialect dialect = routing.get(KEY);
        return dialect == null ? OLLAMA : dialect;
    }

    /** Has a request answered in this dialect, whatever happens to it later. */
    void speak(RoutingContext routing) {
        routing.put(KEY, this);
        routing.next();
    }

    /** The content type of an answer in one piece. */
    String jsonType() {
        return jsonType;
    }

    /** Writes the head of an answer in pieces. */
    void beginStream(HttpServerResponse response) {
        response.setChunked(true).putHeader("Content-Type", streamType);
        if (uncached) {
            response.putHeader("Cache-Control", "no-cache");
        }
    }

    /** An error that is the whole answer. */
    abstract Object error(int status, String message);

    /** An error that ends a stream. */
    abstract Buffer streamedError(int status, String message);
}
