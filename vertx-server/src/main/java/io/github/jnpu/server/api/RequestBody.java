package io.github.jnpu.server.api;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;

import java.time.Duration;

/**
 * Reads request bodies whole, up to a limit of bytes and of time. Vert.x's BodyHandler is of no use here: it takes curl's
 * default content type for a form.
 */
final class RequestBody {
    private final Vertx vertx;
    private final int maxBytes;
    private final long maxMillis;

    RequestBody(Vertx vertx, int maxBytes, Duration maxTime) {
        this.vertx = vertx;
        this.maxBytes = maxBytes;
        this.maxMillis = maxTime.toMillis();
    }

    /**
     * Fails with an {@link ApiException}: 413 for a body that is too long, 408 for one that does not come, 415 for one that is
     * compressed.
     */
    Future<Buffer> read(HttpServerRequest request) {
        String encoding = request.getHeader("Content-Encoding");
        if (encoding != null && !encoding.strip().equalsIgnoreCase("identity")) {
            return Future.failedFuture(new ApiException(415,
                    "the request body is compressed, which is not supported; send it without Content-Encoding"));
        }
        Promise<Buffer> promise = Promise.promise();
        if (announcedLength(request) > maxBytes) {
            request.pause();
            return Future.failedFuture(tooLong());
        }
        Buffer body = Buffer.buffer();
        long timer = vertx.setTimer(maxMillis, ignored -> promise.tryFail(new ApiException(408,
                "the request body did not arrive within %d s".formatted(maxMillis / 1000))));
        request.handler(part -> {
            if (body.length() + part.length() > maxBytes) {
                promise.tryFail(tooLong());
                request.pause();
            } else {
                body.appendBuffer(part);
            }
        });
        request.exceptionHandler(failure -> promise.tryFail(ApiException.badRequest("unexpected EOF")));
        request.endHandler(ignored -> promise.tryComplete(body));
        return promise.future().onComplete(ignored -> vertx.cancelTimer(timer));
    }

    /** The length that the client announces; 0 where it does not. Netty has refused what is no number. */
    private static long announcedLength(HttpServerRequest request) {
        String length = request.getHeader("Content-Length");
        return length == null ? 0 : length.length() > 18 ? Long.MAX_VALUE : Long.parseLong(length.strip());
    }

    private ApiException tooLong() {
        return new ApiException(413, "the request body is longer than %d bytes".formatted(maxBytes));
    }
}
