package io.github.jnpu.server.api;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A streamed answer: lines or events written by the model's thread, sent by the event loop. What the client has not taken yet is
 * bounded: at the bound the model waits, for a limited time in all, because other requests wait for the model.
 */
final class LineSink {
    /** Some 8,000 lines of one token each. */
    private static final long MAX_PENDING_BYTES = 1 << 20;
    private static final long MAX_WAIT_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Context context;
    private final HttpServerResponse response;
    private final Dialect dialect;
    private final long maxPendingBytes;
    private final long maxWaitNanos;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition taken = lock.newCondition();
    private long pendingBytes;
    private long patience;
    /** Since when {@link #isReady} says no; 0 if it does not. */
    private long stalledSince;
    private boolean closed;

    /** The client takes the answer so slowly that the model may not wait any longer. */
    static final class SlowClientException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private SlowClientException(long pendingBytes, long waitNanos) {
            super("the client left %d KB unread for %d ms in all".formatted(pendingBytes >> 10, TimeUnit.NANOSECONDS
                    .toMillis(waitNanos)));
        }
    }

    LineSink(Context context, HttpServerResponse response, Dialect dialect) {
        this(context, response, dialect, MAX_PENDING_BYTES, MAX_WAIT_NANOS);
    }

    LineSink(Context context, HttpServerResponse response, Dialect dialect, long maxPendingBytes, long maxWaitNanos) {
        this.context = context;
        this.response = response;
        this.dialect = dialect;
        this.maxPendingBytes = maxPendingBytes;
        this.maxWaitNanos = maxWaitNanos;
        this.patience = maxWaitNanos;
    }

    /**
     * Whether the client has taken enough for more to be written. The time in which it has not counts.
     *
     * @throws SlowClientException
     *             if the client has used up the time that the model may wait
     */
    boolean isReady() {
        lock.lock();
        try {
            long now = System.nanoTime();
            boolean ready = closed || pendingBytes <= maxPendingBytes;
            if (stalledSince != 0) {
                patience -= now - stalledSince;
                stalledSince = 0;
            }
            if (!ready) {
                if (patience <= 0) {
                    throw new SlowClientException(maxPendingBytes, maxWaitNanos);
                }
                stalledSince = now;
            }
            return ready;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Hands a line over; not for the event loop.
     *
     * @throws SlowClientException
     *             if the client has used up the time that the model may wait
     */
    void send(Buffer line) {
        lock.lock();
        try {
            while (pendingBytes > maxPendingBytes && !closed) {
                if (patience <= 0) {
                    throw new SlowClientException(maxPendingBytes, maxWaitNanos);
                }
                patience = taken.awaitNanos(patience);
            }
            if (closed) {
                return;
            }
            pendingBytes += line.length();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the client reads", e);
        } finally {
            lock.unlock();
        }
        context.runOnContext(ignored -> write(line));
    }

    private void write(Buffer line) {
        if (response.closed() || response.ended()) {
            close();
            return;
        }
        if (!response.headWritten()) {
            dialect.beginStream(response);
        }
        // Completes when the operating system has taken the bytes.
        response.write(line).onComplete(done -> {
            lock.lock();
            try {
                pendingBytes -= line.length();
                taken.signalAll();
            } finally {
                lock.unlock();
            }
        });
    }

    /** Ends the answer after the lines so far. */
    void end() {
        context.runOnContext(ignored -> {
            if (!response.closed() && !response.ended()) {
                response.end();
            }
        });
    }

    /** The client has gone: nothing more is sent, and nobody waits. */
    void close() {
        lock.lock();
        try {
            closed = true;
            taken.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
