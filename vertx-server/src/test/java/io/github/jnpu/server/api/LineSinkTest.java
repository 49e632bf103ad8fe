package io.github.jnpu.server.api;

import io.github.jnpu.server.api.LineSink.SlowClientException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import static org.assertj.core.api.Assertions.assertThat;

/** A client that reads slowly, over a real socket. */
class LineSinkTest {
    private static final long MAX_PENDING = 64 << 10;
    /** More than the operating system buffers for a socket. */
    private static final long LONG_ANSWER = 64L << 20;
    private static final Buffer LINE = Buffer.buffer("x".repeat(1023) + "\n");

    private final Vertx vertx = Vertx.vertx();
    private final CompletableFuture<Long> sent = new CompletableFuture<>();
    private final AtomicLong received = new AtomicLong();
    private long maxWaitNanos;
    /** A field: Vert.x closes a client, and its connections, when the garbage collector finds it unused. */
    private NetClient client;
    private HttpServer server;

    @BeforeEach
    void listen() {
        client = vertx.createNetClient();
        server = await(vertx.createHttpServer().requestHandler(request -> {
            LineSink sink = new LineSink(vertx.getOrCreateContext(), request.response(), Dialect.OLLAMA, MAX_PENDING,
                    maxWaitNanos);
            request.response().closeHandler(ignored -> sink.close());
            Thread.ofPlatform().start(() -> write(sink));
        }).listen(0, "127.0.0.1"));
    }

    @AfterEach
    void close() {
        await(vertx.close());
    }

    private void write(LineSink sink) {
        long bytes = 0;
        try {
            while (bytes < LONG_ANSWER) {
                sink.send(LINE);
                bytes += LINE.length();
            }
            sink.end();
            sent.complete(bytes);
        } catch (SlowClientException e) {
            sent.completeExceptionally(e);
        }
    }

    private NetSocket connectPaused() {
        NetSocket socket = await(client.connect(server.actualPort(), "127.0.0.1"));
        socket.handler(bytes -> received.addAndGet(bytes.length())).pause();
        await(socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
        return socket;
    }

    private static <T> T await(Future<T> future) {
        return future.toCompletionStage().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    }

    @Test
    void clientThatNeverReadsIsGivenUp() {
        maxWaitNanos = TimeUnit.MILLISECONDS.toNanos(300);
        connectPaused();
        assertThat(sent.handle((bytes, failure) -> failure).orTimeout(60, TimeUnit.SECONDS).join()).isInstanceOf(
                SlowClientException.class).hasMessage("the client left 64 KB unread for 300 ms in all");
    }

    @Test
    void clientThatComesBackGetsEverything() throws InterruptedException {
        maxWaitNanos = TimeUnit.SECONDS.toNanos(60);
        NetSocket socket = connectPaused();
        // The writer is stuck by now; were it not bounded, it would be done.
        Thread.sleep(300);
        assertThat(sent).isNotDone();
        socket.resume();
        assertThat(sent.orTimeout(60, TimeUnit.SECONDS).join()).isEqualTo(LONG_ANSWER);
        assertThat(received.get()).isPositive();
    }

    @Test
    void clientThatLeavesLetsTheWriterGoOn() throws InterruptedException {
        maxWaitNanos = TimeUnit.SECONDS.toNanos(60);
        NetSocket socket = connectPaused();
        Thread.sleep(300);
        assertThat(sent).isNotDone();
        await(socket.close());
        assertThat(sent.orTimeout(60, TimeUnit.SECONDS).join()).isEqualTo(LONG_ANSWER);
    }
}
