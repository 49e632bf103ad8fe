package io.github.jnpu.server;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Closes connections that ask nothing: those whose first request does not come, byte after byte or not at all (slowloris), and those that
 * have their answer and neither read it nor ask again. A connection that waits for an answer is left alone, however long that takes: Vert.x'
 * own timeouts would cut off a model that loads.
 */
final class ConnectionGuard implements Handler<HttpConnection> {
    private static final Logger LOGGER = LoggerFactory.getLogger(ConnectionGuard.class);
    private static final long NO_TIMER = -1;

    private final Vertx vertx;
    private final ConnectionLimits limits;
    private final Handler<HttpServerRequest> next;
    private final ConcurrentHashMap<HttpConnection, Visit> visits = new ConcurrentHashMap<>();
    private final AtomicInteger open = new AtomicInteger();

    /** One connection; only its event loop changes it. */
    private static final class Visit {
        private int requests;
        private long timer = NO_TIMER;
    }

    /**
     * @param next
     *            what answers requests
     */
    ConnectionGuard(Vertx vertx, ConnectionLimits limits, Handler<HttpServerRequest> next) {
        this.vertx = vertx;
        this.limits = limits;
        this.next = next;
    }

    /** A new connection. */
    @Override
    public void handle(HttpConnection connection) {
        if (open.incrementAndGet() > limits.connections()) {
            open.decrementAndGet();
            LOGGER.info("a connection from {} is refused: {} are open", connection.remoteAddress(), limits
                    .connections());
            connection.close();
            return;
        }
        Visit visit = new Visit();
        visits.put(connection, visit);
        connection.closeHandler(ignored -> {
            if (visits.remove(connection) != null) {
                open.decrementAndGet();
            }
            stopTimer(visit);
        });
        startTimer(connection, visit, limits.head());
    }

    /** A request whose head is here. */
    void handle(HttpServerRequest request) {
        HttpConnection connection = request.connection();
        Visit visit = visits.get(connection);
        if (visit == null) {
            // It was refused, and this came with the first packet.
            return;
        }
        visit.requests++;
        stopTimer(visit);
        request.response().endHandler(ignored -> {
            visit.requests--;
            if (visit.requests == 0 && visits.containsKey(connection)) {
                startTimer(connection, visit, limits.idle());
            }
        });
        next.handle(request);
    }

    /** How many connections there are. */
    int open() {
        return open.get();
    }

    private void startTimer(HttpConnection connection, Visit visit, Duration time) {
        stopTimer(visit);
        visit.timer = vertx.setTimer(time.toMillis(), ignored -> {
            LOGGER.debug("{} asked nothing for {} s and is closed", connection.remoteAddress(), time.toSeconds());
            visit.timer = NO_TIMER;
            connection.close();
        });
    }

    private void stopTimer(Visit visit) {
        if (visit.timer != NO_TIMER) {
            vertx.cancelTimer(visit.timer);
            visit.timer = NO_TIMER;
        }
    }
}
