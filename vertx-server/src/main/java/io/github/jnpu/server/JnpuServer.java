package io.github.jnpu.server;

import io.github.jnpu.engine.ModelOptions;
import io.github.jnpu.server.api.ApiRouter;
import io.github.jnpu.server.model.EmbeddingModels;
import io.github.jnpu.server.model.LoadedModels;
import io.github.jnpu.server.model.MemoryBudget;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CompletionException;

/**
 * The HTTP server: Ollama's API and OpenAI's over the models of one store.
 *
 * <pre>{@code
 * try (JnpuServer server = JnpuServer.start(ServerOptions.of(System.getenv()))) {
 *     System.out.println("http://127.0.0.1:" + server.port());
 * }
 * }</pre>
 */
public final class JnpuServer implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(JnpuServer.class);

    /** Threads that read requests and stores and lay prompts out; models have threads of their own. */
    private static final int WORKERS = 8;

    private final Vertx vertx;
    private final LoadedModels loaded;
    private final EmbeddingModels embedding;
    private final ApiRouter api;
    private final HttpServer http;
    private final ConnectionGuard guard;
    private final Duration grace;
    private final Object closeLock = new Object();
    private boolean closed;

    private JnpuServer(ServerOptions options) throws IOException {
        InetAddress address = resolve(options.host());
        // Nothing is served from the class path, so Vert.x needs no folder of its own in the temporary files.
        this.vertx = Vertx.vertx(new VertxOptions().setFileSystemOptions(new FileSystemOptions()
                .setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        this.loaded = new LoadedModels(options.keepAlive(), options.maxLoadedModels(), options.maxQueue(),
                ModelOptions.DEFAULT.withCacheType(options.cacheType()).withRepack(options.repack())
                        .withWeightCache(options.weightCache()).withPlace(options.place())
                        .withParallel(options.numParallel()),
                MemoryBudget.of(options.maxMemory()));
        this.embedding = new EmbeddingModels(options.keepAlive(), options.maxLoadedModels(), options
                .place());
        WorkerExecutor workers = vertx.createSharedWorkerExecutor("jnpu-requests", WORKERS);
        this.api = new ApiRouter(vertx, workers, options.store(), loaded, embedding, options.origins(), address, options
                .contextLength(), options.goTemplate(), options.connections().bodyBytes(), options.connections().body(),
                options.apiKey(), JnpuVersion.semantic());
        this.guard = new ConnectionGuard(vertx, options.connections(), api.router());
        this.grace = options.grace();
        this.http = vertx.createHttpServer(new HttpServerOptions().setHost(address.getHostAddress()).setPort(options
                .port()).setMaxHeaderSize(options.connections().headerBytes())
                .setMaxInitialLineLength(options.connections().lineBytes()).setHandle100ContinueAutomatically(true)
                // As Ollama, HTTP/1.1 only; and a machine that has vanished is noticed some day.
                .setHttp2ClearTextEnabled(false).setTcpKeepAlive(true));
        try {
            http.connectionHandler(guard).requestHandler(guard::handle).listen().toCompletionStage()
                    .toCompletableFuture().join();
        } catch (CompletionException e) {
            loaded.close();
            embedding.close();
            vertx.close();
            throw new IOException("cannot listen on %s port %d: %s".formatted(options.host(), options.port(), e
                    .getCause() instanceof BindException
                            ? "the address is in use or not of this machine"
                            : String.valueOf(e.getCause().getMessage())),
                    e.getCause());
        }
        workers.executeBlocking(() -> {
            options.store().writer().sweep();
            return null;
        }, false).onFailure(failure -> LOGGER.warn("the model store is not swept: {}", failure.toString()));
        if (!address.isLoopbackAddress() && options.apiKey().isEmpty()) {
            LOGGER.warn(
                    "Whoever reaches {} may use, change and delete models: set JNPU_API_KEY, or listen on 127.0.0.1 only",
                    address.getHostAddress());
        }
        LOGGER.info("Listening on {}:{} (version {})", address.getHostAddress(), http.actualPort(), JnpuVersion.full());
    }

    private static InetAddress resolve(String host) throws IOException {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new IOException("cannot listen on '%s': there is no such host".formatted(host), e);
        }
    }

    /**
     * Starts a server; it runs until it is closed.
     *
     * @throws UncheckedIOException
     *             one line that says why, if it cannot listen
     */
    public static JnpuServer start(ServerOptions options) {
        try {
            return new JnpuServer(options);
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    /** The port that it listens on. */
    public int port() {
        return http.actualPort();
    }

    /** Closes the server when the JVM is told to end (SIGTERM, Ctrl-C). */
    public void closeOnShutdown() {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("jnpu-shutdown").unstarted(this::close));
    }

    /** Takes no more requests, lets answers go on for a while, cuts them off then, and frees the models. */
    @Override
    public void close() {
        close(grace);
    }

    /**
     * What is going on, for people and tests.
     *
     * @param connections
     *            that are open
     * @param answers
     *            that use a model or wait for their turn with it
     * @param loads
     *            that wait
     */
    record Activity(int connections, int answers, int loads) {}

    Activity activity() {
        return new Activity(guard.open(), loaded.users(), loaded.waiting());
    }

    /** As {@link #close()}, with another time for the answers that are on their way. */
    public void close(Duration patience) {
        synchronized (closeLock) {
            if (closed) {
                return;
            }
            closed = true;
            int answers = loaded.users();
            LOGGER.info("Stopping{}", answers == 0
                    ? ""
                    : ": %d answers may go on for %d s".formatted(answers, patience.toSeconds()));
            // Who asks whether the server is ready hears it before connections are refused.
            loaded.drain();
            http.shutdown(patience).toCompletionStage().toCompletableFuture().join();
            int left = loaded.users();
            if (left > 0) {
                LOGGER.warn("{} answers were cut off", left);
            }
            api.cancelGenerations();
            loaded.close();
            embedding.close();
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }
}
