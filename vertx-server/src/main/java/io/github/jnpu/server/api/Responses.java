package io.github.jnpu.server.api;

import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.ModelBusyException;
import io.github.jnpu.engine.PromptTooLongException;
import io.github.jnpu.engine.chat.ChatTemplateException;
import io.github.jnpu.engine.grammar.GrammarException;
import io.github.jnpu.server.model.QueueFullException;
import io.github.jnpu.server.model.ShuttingDownException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.concurrent.CancellationException;

/** Ends requests, with an answer or with an error; on the event loop. */
final class Responses {
    private static final Logger LOGGER = LoggerFactory.getLogger(Responses.class);

    private Responses() {}

    static void json(RoutingContext routing, Object answer) {
        HttpServerResponse response = routing.response();
        if (!response.ended() && !response.closed()) {
            response.putHeader("Content-Type", Dialect.of(routing).jsonType()).end(WireJson.encode(answer));
        }
    }

    /** As {@link #json}, with the content type that Ollama gives to create, pull and push. */
    static void plainJson(RoutingContext routing, Object answer) {
        HttpServerResponse response = routing.response();
        if (!response.ended() && !response.closed()) {
            response.putHeader("Content-Type", "application/json").end(WireJson.encode(answer));
        }
    }

    /** A stream that is over as soon as it has begun. */
    static void stream(RoutingContext routing, Buffer events) {
        HttpServerResponse response = routing.response();
        if (!response.ended() && !response.closed()) {
            Dialect.of(routing).beginStream(response);
            response.end(events);
        }
    }

    static void text(RoutingContext routing, int status, String text) {
        routing.response().setStatusCode(status).putHeader("Content-Type", "text/plain").end(text);
    }

    static void empty(RoutingContext routing, int status) {
        routing.response().setStatusCode(status).end();
    }

    /** An error: as the answer, or as the last line of one that has begun. */
    static void fail(RoutingContext routing, Throwable failure) {
        int status = status(failure);
        String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        if (failure instanceof ModelBusyException) {
            message = "server busy, please try again.  maximum pending requests exceeded";
        }
        boolean expected = failure instanceof ApiException || failure instanceof EngineException
                || failure instanceof ModelFormatException || failure instanceof CancellationException;
        if (!expected) {
            LOGGER.error("{} {} failed", routing.request().method(), routing.request().path(), failure);
        } else if (status >= 500 && status != 503) {
            LOGGER.warn("{} {}: {}", routing.request().method(), routing.request().path(), message);
        }
        HttpServerResponse response = routing.response();
        if (response.ended() || response.closed()) {
            return;
        }
        Dialect dialect = Dialect.of(routing);
        if (response.headWritten()) {
            response.end(dialect.streamedError(status, message));
            return;
        }
        if (status == 413) {
            // The rest of the body is not read, so the connection cannot be used again.
            response.putHeader("Connection", "close");
        }
        response.setStatusCode(status).putHeader("Content-Type", dialect.jsonType()).end(WireJson.encode(dialect
                .error(status, message)));
    }

    /** Breaks an answer off where the client must see that it is not whole. */
    static void cut(RoutingContext routing) {
        if (!routing.response().closed()) {
            routing.request().connection().close();
        }
    }

    private static int status(Throwable failure) {
        return switch (failure) {
            case ApiException api -> api.status();
            case QueueFullException full -> 503;
            case ModelBusyException busy -> 503;
            case ShuttingDownException stopping -> 503;
            case PromptTooLongException tooLong -> 400;
            case ChatTemplateException template -> 400;
            case GrammarException grammar -> 400;
            case CancellationException cancelled -> 499;
            default -> 500;
        };
    }
}
