package io.github.jnpu.server.api;

import io.vertx.core.http.HttpServerResponse;

import java.util.ArrayList;
import java.util.List;

/** Whether the client of a request still waits for its answer. Thread-safe. */
final class Client {
    private final List<Runnable> actions = new ArrayList<>();
    private boolean gone;

    Client(HttpServerResponse response) {
        response.exceptionHandler(failure -> leave());
        response.closeHandler(ignored -> leave());
    }

    private void leave() {
        List<Runnable> due;
        synchronized (this) {
            gone = true;
            due = List.copyOf(actions);
            actions.clear();
        }
        due.forEach(Runnable::run);
    }

    synchronized boolean gone() {
        return gone;
    }

    /** Runs an action when the client goes; at once if it has gone. */
    void onGone(Runnable action) {
        synchronized (this) {
            if (!gone) {
                actions.add(action);
                return;
            }
        }
        action.run();
    }
}
