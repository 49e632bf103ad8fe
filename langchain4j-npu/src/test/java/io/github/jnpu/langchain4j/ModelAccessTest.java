package io.github.jnpu.langchain4j;

import com.sun.net.httpserver.HttpServer;
import dev.langchain4j.exception.ModelNotFoundException;
import io.github.jnpu.convert.TestModels;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.TransferListener;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A registry on a socket of this machine has one model. */
class ModelAccessTest {
    private final Map<String, byte[]> content = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private HttpServer registry;
    private String host;

    @TempDir
    Path folder;

    @BeforeEach
    void start() throws Exception {
        byte[] model = Files.readAllBytes(TestModels.stories260K());
        byte[] config = "{\"model_format\":\"gguf\",\"model_family\":\"llama\"}".getBytes(StandardCharsets.UTF_8);
        content.put("/v2/library/tiny/manifests/latest",
                """
                        {"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":%s,"layers":[%s]}"""
                        .formatted(blob("application/vnd.docker.container.image.v1+json", config), blob(
                                "application/vnd.ollama.image.model", model))
                        .getBytes(StandardCharsets.UTF_8));
        registry = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        registry.createContext("/", exchange -> {
            asked.add(exchange.getRequestURI().getPath());
            byte[] body = content.get(exchange.getRequestURI().getPath());
            String range = exchange.getRequestHeaders().getFirst("Range");
            int status = body == null ? 404 : 200;
            if (body != null && range != null) {
                String[] ends = range.substring("bytes=".length()).split("-");
                int from = Integer.parseInt(ends[0]);
                int to = ends.length < 2 ? body.length : Math.min(body.length, Integer.parseInt(ends[1]) + 1);
                exchange.getResponseHeaders().set("Content-Range", "bytes %d-%d/%d".formatted(from, to - 1,
                        body.length));
                body = Arrays.copyOfRange(body, from, to);
                status = 206;
            }
            boolean head = exchange.getRequestMethod().equals("HEAD");
            if (head && body != null) {
                exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
            }
            exchange.sendResponseHeaders(status, head || body == null ? -1 : body.length);
            if (!head && body != null) {
                exchange.getResponseBody().write(body);
            }
            exchange.close();
        });
        registry.start();
        host = "127.0.0.1:" + registry.getAddress().getPort();
    }

    private String blob(String type, byte[] bytes) throws Exception {
        String digest = "sha256:" + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        content.put("/v2/library/tiny/blobs/" + digest, bytes);
        return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}".formatted(type, digest, bytes.length);
    }

    @AfterEach
    void stop() {
        registry.stop(0);
    }

    private ModelAccess access(Optional<TransferListener> pull) throws IOException {
        Files.createDirectories(folder.resolve("store/blobs"));
        return new ModelAccess(new ModelStore(folder.resolve("store"), false), pull, true);
    }

    @Test
    void withoutPermissionNothingIsAskedFor() throws IOException {
        ModelAccess access = access(Optional.empty());
        assertThatThrownBy(() -> access.open(host + "/library/tiny")).isInstanceOf(
                io.github.jnpu.engine.ModelNotFoundException.class);
        assertThat(asked).isEmpty();
    }

    @Test
    void whatIsMissingIsPulledOnceAndThenThere() throws IOException {
        List<String> heard = new CopyOnWriteArrayList<>();
        ModelAccess access = access(Optional.of(progress -> heard.add(progress.status())));
        try (ModelSource source = access.open(host + "/library/tiny")) {
            assertThat(source.tensors()).isNotEmpty();
        }
        assertThat(heard).contains("pulling manifest", "success");
        asked.clear();
        access.open(host + "/library/tiny").close();
        assertThat(asked).isEmpty();
    }

    @Test
    void pathsAreNeverPulledAndUnknownNamesSaySo() throws IOException {
        ModelAccess access = access(Optional.of(TransferListener.NONE));
        for (String path : List.of(folder.resolve("none.gguf").toString(), host + "/library/tiny.gguf")) {
            assertThatThrownBy(() -> access.open(path)).isInstanceOf(
                    io.github.jnpu.engine.ModelNotFoundException.class);
        }
        assertThat(asked).isEmpty();
        assertThatThrownBy(() -> access.open(host + "/library/none")).isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("cannot be pulled");
    }
}
