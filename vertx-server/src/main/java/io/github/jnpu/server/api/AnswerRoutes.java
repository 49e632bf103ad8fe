package io.github.jnpu.server.api;

import io.github.jnpu.engine.Generation;
import io.github.jnpu.engine.GenerationRequest;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.PromptTooLongException;
import io.github.jnpu.server.model.LoadRequest;
import io.github.jnpu.server.model.LoadedModels;
import io.github.jnpu.server.model.LoadedModels.Lease;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.ext.web.RoutingContext;

import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * {@code /api/generate} and {@code /api/chat}, and OpenAI's and Anthropic's routes for the same. The event loop only carries bytes: requests are read and prompts laid out
 * on worker threads, models load on the loader's, and text comes from the model's own.
 */
final class AnswerRoutes {
    private final CallReader reader;
    private final LoadedModels loaded;
    private final WorkerExecutor workers;
    private final RequestBody bodies;
    private final Set<Generation> running = ConcurrentHashMap.newKeySet();

    AnswerRoutes(CallReader reader, LoadedModels loaded, WorkerExecutor workers, RequestBody bodies) {
        this.reader = reader;
        this.loaded = loaded;
        this.workers = workers;
        this.bodies = bodies;
    }

    void generate(RoutingContext routing) {
        handle(routing, reader::generate);
    }

    void chat(RoutingContext routing) {
        handle(routing, reader::chat);
    }

    /** {@code /v1/chat/completions}. */
    void chatCompletions(RoutingContext routing) {
        handle(routing, body -> {
            OpenAiRequest request = OpenAiRequest.chat(body);
            return reader.chat(request.fields(), request.rules());
        });
    }

    /** {@code /v1/completions}. */
    void completions(RoutingContext routing) {
        handle(routing, body -> {
            OpenAiRequest request = OpenAiRequest.completion(body);
            return reader.generate(request.fields(), request::completionShape);
        });
    }

    /** {@code /v1/responses}. */
    void responses(RoutingContext routing) {
        handle(routing, body -> {
            ResponseRequest request = ResponseRequest.of(body);
            return reader.chat(request.fields(), request.rules());
        });
    }

    /** {@code /v1/messages}. */
    void messages(RoutingContext routing) {
        handle(routing, body -> {
            AnthropicRequest request = AnthropicRequest.messages(body);
            return reader.chat(request.fields(), request.rules());
        });
    }

    /** {@code /v1/messages/count_tokens}. */
    void countTokens(RoutingContext routing) {
        handle(routing, body -> {
            AnthropicRequest request = AnthropicRequest.count(body);
            return reader.chat(request.fields(), request.rules());
        });
    }

    /** Stops all generations; their answers end as if the clients had gone. */
    void cancelAll() {
        running.forEach(Generation::cancel);
    }

    private void handle(RoutingContext routing, Function<byte[], AnswerCall> read) {
        long start = System.nanoTime();
        Client client = new Client(routing.response());
        bodies.read(routing.request()).compose(body -> workers.executeBlocking(() -> read.apply(body.getBytes()),
                false)).onComplete(call -> {
                    switch (call) {
                        case AnswerCall.Answered(Object answer) -> Responses.json(routing, answer);
                        case AnswerCall.Load load -> load(routing, client, load);
                        case AnswerCall.Generate generate -> generate(routing, client, generate, start);
                    }
                }, failure -> Responses.fail(routing, failure));
    }

    private void load(RoutingContext routing, Client client, AnswerCall.Load load) {
        Context context = Vertx.currentContext();
        loaded.acquire(request(load, client)).whenComplete((lease, failure) -> {
            if (lease != null) {
                lease.release();
            }
            context.runOnContext(ignored -> {
                if (failure != null) {
                    Responses.fail(routing, unwrap(failure));
                } else if (load.shape().streamsLoads()) {
                    Responses.stream(routing, load.shape().stream(0).end(null, AnswerEnd.LOADED));
                } else {
                    Responses.json(routing, load.shape().loaded("load"));
                }
            });
        });
    }

    private void generate(RoutingContext routing, Client client, AnswerCall.Generate call, long start) {
        Context context = Vertx.currentContext();
        long loadStart = System.nanoTime();
        loaded.acquire(request(call.load(), client)).whenComplete((lease, failure) -> {
            long loadNanos = System.nanoTime() - loadStart;
            context.runOnContext(ignored -> {
                if (failure != null) {
                    Responses.fail(routing, unwrap(failure));
                    return;
                }
                workers.executeBlocking(() -> {
                    begin(routing, context, client, lease, call, start, loadNanos);
                    return null;
                }, false).onFailure(problem -> {
                    lease.release();
                    Responses.fail(routing, problem);
                });
            });
        });
    }

    /** Lays out the prompt and hands it to the model; on a worker thread. */
    private void begin(RoutingContext routing, Context context, Client client, Lease lease, AnswerCall.Generate call,
            long start, long loadNanos) {
        LanguageModel model = lease.model();
        PromptRenderer.Prompt prompt;
        try {
            prompt = call.prompt().apply(model);
        } catch (PromptTooLongException e) {
            if (!call.renderOnly() || !call.load().shape().countsOnly()) {
                throw e;
            }
            lease.release();
            context.runOnContext(ignored -> Responses.json(routing, call.load().shape().rendered("", e
                    .promptTokens())));
            return;
        }
        if (call.renderOnly() || client.gone()) {
            lease.release();
            context.runOnContext(ignored -> Responses.json(routing, call.load().shape().rendered(prompt.text(),
                    prompt.tokens().length)));
            return;
        }
        LineSink sink = new LineSink(context, routing.response(), Dialect.of(routing));
        client.onGone(sink::close);
        GenerationAnswer answer = new GenerationAnswer(routing, context, sink, lease, call, prompt, start, loadNanos);
        GenerationRequest request = new GenerationRequest(prompt.tokens(), call.sampling(), call.maxTokens(), call
                .stop(), prompt.specialTokens(), prompt.held(call.grammar()), call.logprobs(),
                call.limits().shiftKeep(model, prompt.tokens().length));
        Generation generation = model.generate(request, answer);
        running.add(generation);
        generation.result().whenComplete((result, failure) -> running.remove(generation));
        client.onGone(generation::cancel);
    }

    private static LoadRequest request(AnswerCall.Load load, Client client) {
        return new LoadRequest(load.model(), load.contextLength(), load.threads(), load.useMmap(),
                load.place(), load.keepAlive(), client::gone);
    }

    private static Throwable unwrap(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
