package io.github.jnpu.server.api;

import io.github.jnpu.engine.store.BlobWriter;
import io.github.jnpu.engine.store.Digest;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/**
 * Writes a request's body into the store while it comes: the event loop collects, a worker writes, and what is on the way between them
 * is bounded. On the event loop, but for the writing.
 */
final class BlobReceiver {
    private static final int MAX_PENDING_BYTES = 4 << 20;
    private static final long MAX_IDLE_MILLIS = TimeUnit.SECONDS.toMillis(60);

    private final Vertx vertx;
    private final WorkerExecutor workers;
    private final HttpServerRequest request;
    private final BlobWriter writer;
    private final Promise<Digest> result = Promise.promise();

    private Buffer pending = Buffer.buffer();
    private boolean writing;
    private boolean ended;
    private long timer;

    private BlobReceiver(Vertx vertx, WorkerExecutor workers, HttpServerRequest request, BlobWriter writer) {
        this.vertx = vertx;
        this.workers = workers;
        this.request = request;
        this.writer = writer;
    }

    /** Gives the digest of what came, which is in the store then. The request has to be paused. */
    static Future<Digest> receive(Vertx vertx, WorkerExecutor workers, HttpServerRequest request, BlobWriter writer) {
        return new BlobReceiver(vertx, workers, request, writer).start();
    }

    private Future<Digest> start() {
        restartTimer();
        request.handler(this::take);
        request.exceptionHandler(failure -> fail(ApiException.badRequest("unexpected EOF")));
        request.endHandler(ignored -> {
            ended = true;
            vertx.cancelTimer(timer);
            next();
        });
        request.resume();
        return result.future();
    }

    private void restartTimer() {
        vertx.cancelTimer(timer);
        timer = vertx.setTimer(MAX_IDLE_MILLIS, ignored -> fail(new ApiException(408,
                "no byte of the request body arrived for %d s".formatted(MAX_IDLE_MILLIS / 1000))));
    }

    private void take(Buffer part) {
        pending.appendBuffer(part);
        if (pending.length() > MAX_PENDING_BYTES) {
            request.pause();
        }
        restartTimer();
        next();
    }

    private void next() {
        if (writing || result.future().isComplete()) {
            return;
        }
        if (pending.length() == 0) {
            if (ended) {
                writing = true;
                workers.executeBlocking(this::commit, false).onComplete(result::tryComplete, this::fail);
            }
            return;
        }
        writing = true;
        byte[] bytes = pending.getBytes();
        pending = Buffer.buffer();
        workers.executeBlocking(() -> write(bytes), false).onComplete(ignored -> {
            writing = false;
            if (result.future().isComplete()) {
                discard();
                return;
            }
            request.resume();
            next();
        }, failure -> {
            writing = false;
            fail(failure);
        });
    }

    private Void write(byte[] bytes) throws IOException {
        writer.write(ByteBuffer.wrap(bytes));
        return null;
    }

    private Digest commit() throws IOException {
        try (writer) {
            return writer.commit();
        }
    }

    private void fail(Throwable failure) {
        vertx.cancelTimer(timer);
        if (result.tryFail(failure instanceof IOException e ? StoreRoutes.failure(e) : failure) && !writing) {
            discard();
        }
    }

    private void discard() {
        workers.executeBlocking(() -> {
            writer.close();
            return null;
        }, false);
    }
}
