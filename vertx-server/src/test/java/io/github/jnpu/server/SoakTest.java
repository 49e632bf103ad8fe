package io.github.jnpu.server;

import com.sun.management.UnixOperatingSystemMXBean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import static io.github.jnpu.server.ApiClient.eventually;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two hundred clients at once, half of which leave in the middle of their answers. What is left of them afterwards is in this test's
 * output. {@code -Djnpu.soak=120} makes it two minutes.
 */
class SoakTest {
    private static final int CLIENTS = 200;
    private static final Duration WARM_UP = Duration.ofSeconds(5);
    private static final Duration SOAK = Duration.ofSeconds(Integer.getInteger("jnpu.soak", 20));
    private static final String REQUEST = "{\"model\":\"tiny\",\"prompt\":\"client %d\",\"options\":{\"num_predict\":24,\"temperature\":1.5}}";

    @TempDir
    Path folder;
    private final AtomicLong whole = new AtomicLong();
    private final AtomicLong left = new AtomicLong();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    /** What a process has. */
    private record Figures(long heapBytes, long residentBytes, int threads, long files, JnpuServer.Activity activity) {
        static Figures take(JnpuServer server) throws IOException {
            for (int i = 0; i < 3; i++) {
                System.gc();
            }
            long resident = Files.exists(Path.of("/proc/self/status"))
                    ? Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith(
                            "VmRSS:")).mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", ""))).sum()
                    : 0;
            long files = ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                    ? system.getOpenFileDescriptorCount()
                    : 0;
            return new Figures(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(), resident,
                    ManagementFactory.getThreadMXBean().getThreadCount(), files, server.activity());
        }

        @Override
        public String toString() {
            return "heap after GC %.1f MB, resident %.0f MB, %d threads, %d open files, %s".formatted(heapBytes / 1e6,
                    residentBytes / 1e6, threads, files, activity);
        }
    }

    @Test
    void clientsThatComeAndGoLeaveNothingBehind() throws Exception {
        TestStore store = new TestStore(folder.resolve("store"));
        store.install("tiny", TestStore.randomModel(folder.resolve("tiny.gguf")), Map.of());
        PrintStream out = System.out;
        try (JnpuServer server = JnpuServer.start(ServerOptions.of(Map.of("OLLAMA_HOST", "127.0.0.1:0",
                "OLLAMA_CONTEXT_LENGTH", "256", "OLLAMA_NUM_PARALLEL", "4")).withStore(store.store()))) {
            Figures cold = Figures.take(server);
            run(server, WARM_UP);
            settle(server);
            Figures before = Figures.take(server);
            long wholeBefore = whole.get();
            long leftBefore = left.get();
            run(server, SOAK);
            settle(server);
            long start = System.nanoTime();
            assertThat(ask(server, 0)).contains("\"done\":true");
            long answered = System.nanoTime() - start;
            settle(server);
            Figures after = Figures.take(server);
            out.printf("%d clients for %d s: %d answers read to the end, %d left in the middle%n", CLIENTS, SOAK
                    .toSeconds(), whole.get() - wholeBefore, left.get() - leftBefore);
            out.println("at the start:   " + cold);
            out.println("after a warmup: " + before);
            out.println("at the end:     " + after);
            out.printf("a new request was answered in %d ms%n", answered / 1_000_000);

            assertThat(failures).isEmpty();
            assertThat(whole.get() - wholeBefore).isPositive();
            assertThat(left.get() - leftBefore).isPositive();
            assertThat(after.activity).isEqualTo(new JnpuServer.Activity(0, 0, 0));
            assertThat(after.threads).isLessThanOrEqualTo(before.threads + 4);
            assertThat(after.files).isLessThanOrEqualTo(before.files + 4);
            assertThat(after.heapBytes).isLessThan(before.heapBytes + (16 << 20));
            assertThat(after.residentBytes).isLessThan(before.residentBytes + (256 << 20));
        }
    }

    /** Waits until the last of those who have gone is noticed. */
    private static void settle(JnpuServer server) {
        assertThat(eventually(() -> server.activity().equals(new JnpuServer.Activity(0, 0, 0)))).as(
                () -> server.activity().toString()).isTrue();
    }

    private void run(JnpuServer server, Duration time) throws Exception {
        long end = System.nanoTime() + time.toNanos();
        List<Future<?>> clients = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < CLIENTS; i++) {
                int client = i;
                clients.add(threads.submit(() -> {
                    for (int round = client; System.nanoTime() < end; round++) {
                        try {
                            if (client % 2 == 0) {
                                assertThat(ask(server, client)).contains("\"done\":true");
                                whole.incrementAndGet();
                            } else {
                                leave(server, client, round);
                                left.incrementAndGet();
                            }
                        } catch (IOException | AssertionError e) {
                            failures.add(e);
                        }
                    }
                }));
            }
            for (Future<?> client : clients) {
                client.get(time.toSeconds() + 600, TimeUnit.SECONDS);
            }
        }
    }

    /** The last line of a whole answer. */
    private static String ask(JnpuServer server, int client) throws IOException {
        try (RawClient socket = new RawClient(server.port())) {
            socket.send(
                    "POST /api/generate HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                            .formatted(REQUEST.formatted(client).length(), REQUEST.formatted(client)));
            String last = "";
            BufferedReader lines = new BufferedReader(new InputStreamReader(socket.in(), StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = line.startsWith("{") ? line : last;
            }
            return last;
        }
    }

    /** By turns: before the answer, after its first line, in the middle of the request. */
    private static void leave(JnpuServer server, int client, int round) throws IOException {
        try (RawClient socket = new RawClient(server.port())) {
            String body = REQUEST.formatted(client);
            switch (round % 4) {
                case 0 -> socket.post("/api/generate", body);
                case 1 -> socket.send("POST /api/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n{");
                default -> {
                    socket.post("/api/generate", body);
                    socket.some();
                }
            }
        }
    }
}
