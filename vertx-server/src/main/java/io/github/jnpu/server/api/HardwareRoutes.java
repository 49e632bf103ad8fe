package io.github.jnpu.server.api;

import io.github.jnpu.server.hardware.HardwareJson;
import io.github.jnpu.server.hardware.HardwareMonitor;
import io.github.jnpu.server.hardware.Health;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;

import java.util.function.Predicate;

/**
 * {@code /api/hardware} and {@code /health}: what the machine has, what runs where, and whether the server takes requests. Ollama has
 * neither.
 */
final class HardwareRoutes {
    private final HardwareMonitor monitor;
    private final WorkerExecutor workers;

    HardwareRoutes(HardwareMonitor monitor, WorkerExecutor workers) {
        this.monitor = monitor;
        this.workers = workers;
    }

    void hardware(RoutingContext routing) {
        workers.executeBlocking(() -> HardwareJson.bytes(monitor.hardware()), false)
                .onComplete(answer -> answer(routing, 200, answer), failure -> Responses.fail(routing, failure));
    }

    /** Everything; the status is that of {@link #ready}. */
    void health(RoutingContext routing) {
        check(routing, Health::ready);
    }

    /** 200 as long as the process answers and its workers work; else restart it. */
    void live(RoutingContext routing) {
        check(routing, Health::live);
    }

    /** 200 if requests are taken, else 503. */
    void ready(RoutingContext routing) {
        check(routing, Health::ready);
    }

    private void check(RoutingContext routing, Predicate<Health> good) {
        workers.executeBlocking(monitor::health, false).onComplete(
                health -> answer(routing, good.test(health) ? 200 : 503, HardwareJson.bytes(health)),
                failure -> Responses.fail(routing, failure));
    }

    private static void answer(RoutingContext routing, int status, byte[] json) {
        if (!routing.response().ended() && !routing.response().closed()) {
            routing.response().setStatusCode(status).putHeader("Content-Type", "application/json; charset=utf-8")
                    .putHeader("Cache-Control", "no-store").end(Buffer.buffer(json));
        }
    }
}
