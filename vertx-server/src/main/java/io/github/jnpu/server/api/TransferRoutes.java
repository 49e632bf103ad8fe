package io.github.jnpu.server.api;

import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.registry.ModelRegistry;
import io.github.jnpu.engine.registry.RegistryReference;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.TransferListener;
import io.github.jnpu.engine.store.TransferProgress;
import io.github.jnpu.server.create.ModelCreation;
import io.github.jnpu.server.create.RefusedModelException;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.ext.web.RoutingContext;

import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;

/**
 * {@code /api/pull}, {@code /api/push} and {@code /api/create}: work that takes minutes, each on a thread of its own, told line by
 * line. A client that goes ends it.
 */
final class TransferRoutes {
    private final ModelStore store;
    private final ModelRegistry registry;
    private final WorkerExecutor workers;
    private final RequestBody bodies;
    private final ExecutorService threads = Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name(
            "jnpu-transfer-", 0).factory());
    private volatile boolean closing;

    private record Line(String status, String digest, Long total, Long completed) {
        static Line of(TransferProgress progress) {
            return new Line(progress.status(), progress.digest().orElse(null), positive(progress.total()), positive(
                    progress.completed()));
        }

        private static Long positive(long number) {
            return number > 0 ? number : null;
        }
    }

    private record Status(String status) {}

    /** What a request asks for. */
    @FunctionalInterface
    private interface Work {
        void run(TransferListener listener) throws IOException;
    }

    private record Call(Work work, boolean stream) {}

    TransferRoutes(ModelStore store, ModelRegistry registry, WorkerExecutor workers, RequestBody bodies) {
        this.store = store;
        this.registry = registry;
        this.workers = workers;
        this.bodies = bodies;
    }

    /** Ends everything, as if the clients had gone. */
    void cancelAll() {
        closing = true;
        registry.close();
        threads.shutdown();
    }

    void pull(RoutingContext routing) {
        handle(routing, body -> {
            JsonFields fields = JsonFields.ofBody(body, "PullRequest");
            String text = name(fields);
            if (ModelName.parse(text).isEmpty()) {
                throw ApiException.badRequest("invalid model name");
            }
            boolean insecure = fields.bool("insecure", false);
            return new Call(listener -> registry.pull(RegistryReference.parse(text, insecure).orElseThrow(), store,
                    listener), fields.bool("stream", true));
        });
    }

    void push(RoutingContext routing) {
        handle(routing, body -> {
            JsonFields fields = JsonFields.ofBody(body, "PushRequest");
            String text = name(fields);
            if (text.isBlank()) {
                throw ApiException.badRequest("model is required");
            }
            boolean insecure = fields.bool("insecure", false);
            return new Call(listener -> registry.push(RegistryReference.parse(text, insecure).orElseThrow(
                    () -> ApiException.badRequest("invalid model name")), store, listener),
                    fields.bool("stream", true));
        });
    }

    void create(RoutingContext routing) {
        handle(routing, body -> {
            CreateBody create = CreateBody.of(body);
            return new Call(listener -> {
                try {
                    new ModelCreation(store, registry, create.request(), listener).run();
                } catch (RefusedModelException e) {
                    throw ApiException.badRequest(e.getMessage());
                }
            }, create.stream());
        });
    }

    private static String name(JsonFields fields) {
        return fields.string("model").filter(name -> !name.isEmpty()).or(() -> fields.string("name")).orElse("");
    }

    private void handle(RoutingContext routing, Function<byte[], Call> read) {
        Client client = new Client(routing.response());
        bodies.read(routing.request())
                .compose(body -> workers.executeBlocking(() -> read.apply(body.getBytes()), false))
                .onComplete(call -> {
                    Context context = Vertx.currentContext();
                    try {
                        threads.execute(() -> run(routing, context, client, call));
                    } catch (RejectedExecutionException e) {
                        Responses.fail(routing, new EngineException("the server is shutting down", e));
                    }
                }, failure -> Responses.fail(routing, failure));
    }

    private void run(RoutingContext routing, Context context, Client client, Call call) {
        LineSink sink = new LineSink(context, routing.response(), Dialect.OLLAMA);
        client.onGone(sink::close);
        TransferListener listener = new TransferListener() {
            @Override
            public void onProgress(TransferProgress progress) {
                if (isCancelled()) {
                    throw new CancellationException("request canceled");
                }
                if (call.stream()) {
                    sink.send(WireJson.encodeLine(Line.of(progress)));
                }
            }

            @Override
            public boolean isCancelled() {
                return closing || client.gone();
            }
        };
        try {
            call.work().run(listener);
        } catch (IOException e) {
            fail(routing, context, StoreRoutes.failure(e));
            return;
        } catch (RuntimeException | Error e) {
            fail(routing, context, e);
            return;
        }
        if (call.stream()) {
            sink.end();
        } else {
            context.runOnContext(ignored -> Responses.plainJson(routing, new Status("success")));
        }
    }

    private static void fail(RoutingContext routing, Context context, Throwable failure) {
        context.runOnContext(ignored -> Responses.fail(routing, failure));
    }
}
