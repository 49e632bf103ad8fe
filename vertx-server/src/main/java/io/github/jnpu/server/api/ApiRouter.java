package io.github.jnpu.server.api;

import io.github.jnpu.engine.registry.ModelRegistry;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.probe.HardwareProbe;
import io.github.jnpu.server.hardware.HardwareMonitor;
import io.github.jnpu.server.model.EmbeddingModels;
import io.github.jnpu.server.model.LoadedModels;
import io.github.jnpu.server.model.ModelHeaders;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** All routes, and what every request goes through before them. */
public final class ApiRouter {
    private final Router router;
    private final AnswerRoutes answers;
    private final TransferRoutes transfers;
    private final Set<String> paths = new HashSet<>();

    private record Version(String version) {}

    /**
     * Sets the routes up.
     *
     * @param origins
     *            origins that web pages may call from, beside the default ones
     * @param listening
     *            the address that the server listens on
     * @param contextLength
     *            for requests and models that do not say; 0 for the engine's default
     * @param goTemplate
     *            whether Modelfiles' templates are taken in any case, or in none; empty to choose for each model
     * @param maxBodyTime
     *            for a request's body to arrive
     * @param apiKey
     *            what clients have to know; empty if everybody is let in
     * @param version
     *            what {@code /api/version} answers
     */
    public ApiRouter(Vertx vertx, WorkerExecutor workers, ModelStore store, LoadedModels loaded,
            EmbeddingModels embedding, List<String> origins, InetAddress listening, int contextLength,
            Optional<Boolean> goTemplate, int maxBodyBytes, Duration maxBodyTime, Optional<String> apiKey,
            String version) {
        this.router = Router.router(vertx);
        ModelHeaders headers = new ModelHeaders(goTemplate);
        RequestBody bodies = new RequestBody(vertx, maxBodyBytes, maxBodyTime);
        this.answers = new AnswerRoutes(new CallReader(store, headers, loaded, contextLength), loaded, workers, bodies);
        EmbedRoutes embed = new EmbedRoutes(store, headers, embedding, workers, bodies, contextLength);
        HardwareMonitor monitor = new HardwareMonitor(HardwareProbe.local(), loaded, version);
        HardwareRoutes hardware = new HardwareRoutes(monitor, workers);
        ModelRoutes models = new ModelRoutes(store, headers, loaded, monitor, workers, bodies);
        StoreRoutes stored = new StoreRoutes(vertx, store, loaded, embedding, workers, bodies);
        this.transfers = new TransferRoutes(store, new ModelRegistry("jnpu/" + version), workers, bodies);

        router.route().handler(new OriginPolicy(origins));
        router.route().handler(new HostPolicy(listening));
        router.route().handler(this::redirectTrailingSlash);
        router.route("/v1/*").handler(Dialect.OPENAI::speak);
        router.route("/v1/responses").handler(Dialect.RESPONSES::speak);
        router.route("/v1/messages").handler(Dialect.ANTHROPIC::speak);
        router.route("/v1/messages/*").handler(Dialect.ANTHROPIC::speak);
        // After the dialects: who is not let in is told so in his own.
        apiKey.ifPresent(key -> router.route().handler(new KeyPolicy(key)));
        add("/", routing -> Responses.text(routing, 200, "Ollama is running"), HttpMethod.GET, HttpMethod.HEAD);
        add("/api/version", routing -> Responses.json(routing, new Version(version)), HttpMethod.GET, HttpMethod.HEAD);
        add("/api/tags", models::tags, HttpMethod.GET, HttpMethod.HEAD);
        add("/api/ps", models::ps, HttpMethod.GET);
        add("/api/show", models::show, HttpMethod.POST);
        add("/api/copy", stored::copy, HttpMethod.POST);
        add("/api/delete", stored::delete, HttpMethod.DELETE);
        add("/api/blobs/:digest", stored::blob, HttpMethod.HEAD, HttpMethod.POST);
        add("/api/create", transfers::create, HttpMethod.POST);
        add("/api/pull", transfers::pull, HttpMethod.POST);
        add("/api/push", transfers::push, HttpMethod.POST);
        add("/api/generate", answers::generate, HttpMethod.POST);
        add("/api/chat", answers::chat, HttpMethod.POST);
        add("/api/embed", embed::embed, HttpMethod.POST);
        add("/api/embeddings", embed::embeddings, HttpMethod.POST);
        add("/v1/chat/completions", answers::chatCompletions, HttpMethod.POST);
        add("/v1/completions", answers::completions, HttpMethod.POST);
        add("/v1/responses", answers::responses, HttpMethod.POST);
        add("/v1/messages", answers::messages, HttpMethod.POST);
        add("/v1/messages/count_tokens", answers::countTokens, HttpMethod.POST);
        add("/v1/embeddings", embed::openAiEmbeddings, HttpMethod.POST);
        add("/v1/models", models::openAiModels, HttpMethod.GET);
        add("/v1/models/:model", models::openAiModel, HttpMethod.GET);
        add("/api/hardware", hardware::hardware, HttpMethod.GET);
        add("/health", hardware::health, HttpMethod.GET, HttpMethod.HEAD);
        add("/health/live", hardware::live, HttpMethod.GET, HttpMethod.HEAD);
        add("/health/ready", hardware::ready, HttpMethod.GET, HttpMethod.HEAD);
        router.route().handler(routing -> Responses.text(routing, 404, "404 page not found"));
        router.route().failureHandler(routing -> Responses.fail(routing, routing.failure() == null
                ? new ApiException(routing.statusCode(), "bad request")
                : routing.failure()));
    }

    private void add(String path, Handler<RoutingContext> handler, HttpMethod... methods) {
        paths.add(path);
        for (HttpMethod method : methods) {
            router.route(method, path).handler(handler);
        }
        String allowed = Arrays.stream(methods).map(HttpMethod::name).collect(Collectors.joining(", "));
        router.route(path).handler(routing -> {
            routing.response().putHeader("Allow", allowed);
            Responses.text(routing, 405, "405 method not allowed");
        });
    }

    private void redirectTrailingSlash(RoutingContext routing) {
        String path = routing.request().path();
        String bare = path != null && path.endsWith("/") ? path.substring(0, path.length() - 1) : "";
        if (bare.isEmpty() || !paths.contains(bare)) {
            routing.next();
            return;
        }
        String query = routing.request().query();
        routing.response().putHeader("Location", query == null ? bare : bare + "?" + query);
        Responses.empty(routing, routing.request().method().equals(HttpMethod.GET) ? 301 : 307);
    }

    /** What the HTTP server calls. */
    public Router router() {
        return router;
    }

    /** Stops all generations and transfers, for a server that cannot wait for them. */
    public void cancelGenerations() {
        answers.cancelAll();
        transfers.cancelAll();
    }
}
